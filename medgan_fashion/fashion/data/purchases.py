"""Purchases: which customer (a pseudonym) bought, liked, viewed or returned which item; read, and split for judging."""

import datetime
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.fashion.config import PURCHASE_COLUMNS, WEIGHTS, PurchaseConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.tables import Problem, find_columns, parse_numbers, read_table
from medgan_fashion.imaging.cases.pseudonyms import pseudonym, pseudonym_key

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


# ---------------------------------------------------------------------------------------------------------------------
# Purchases: which customer bought, liked, viewed or returned which item, one row for each pair.


_ARRAYS = ("customer", "item", "weight", "time")


@dataclass(frozen=True)
class Purchases:
    """M pairs of U customers and N items; every pair stands once.

    Args:
        customers: U pseudonyms ("C-..."), never the shop's own IDs.
        customer: int64 (M,) into `customers`.
        item: int64 (M,), row of the catalogue.
        weight: float32 (M,); above 0 a like (a purchase weighs 1), below 0 a dislike.
        time: float64 (M,), seconds since 1970, NaN where unknown.
    """

    customers: tuple[str, ...]
    customer: NDArray[np.int64]
    item: NDArray[np.int64]
    weight: NDArray[np.float32]
    time: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, rows: ArrayLike) -> "Purchases":
        """Those pairs (numbers or a mask) alone; the customers stay as they are."""
        chosen = np.asarray(rows)
        return Purchases(self.customers, *(getattr(self, name)[chosen] for name in _ARRAYS))

    def likes(self, n_items: int) -> "csr_matrix":
        """Positive weights as a sparse table (U, n_items)."""
        from scipy.sparse import csr_matrix

        liked = self.weight > 0
        where = (self.customer[liked], self.item[liked])
        return csr_matrix((self.weight[liked], where), shape=(len(self.customers), n_items))

    def seen(self, n_items: int) -> "csr_matrix":
        """1 where a customer has had to do with an item in any way (U, n_items): what is not recommended again."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(self), dtype=np.float32)
        return csr_matrix((ones, (self.customer, self.item)), shape=(len(self.customers), n_items))


def save_purchases(purchases: Purchases, folder: Path) -> None:
    """Writes arrays and customers.json into an existing folder."""
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(purchases, name))
    (folder / "customers.json").write_text(json.dumps(purchases.customers))


def load_purchases(folder: Path) -> Purchases:
    """Reads what `save_purchases` wrote."""
    customers = tuple(json.loads((folder / "customers.json").read_text()))
    return Purchases(customers, *(np.load(folder / f"{name}.npy") for name in _ARRAYS))


# ---------------------------------------------------------------------------------------------------------------------
# The split of purchases for judging a ranking: one held back for validation and one for test from each customer.


LEAST = 3  # likes of warm items that a customer must have to give two away


@dataclass(frozen=True)
class Split:
    """Four parts of the purchases.

    `train`: what recommenders learn from, dislikes among it; `validation`, `test`: one like of a warm item from
    each customer with at least three, by time the last two where times are known; `cold`: likes of held-out items.
    """

    train: Purchases
    validation: Purchases
    test: Purchases
    cold: Purchases


def split_purchases(purchases: Purchases, catalogue: Catalogue, seed: int) -> Split:
    """Leave-last-two-out by time (unknown times count as oldest), ties shuffled by `seed`.

    Purchases of held-out items go to `cold` and are in no training.
    """
    cold, liked = catalogue.held_out[purchases.item], purchases.weight > 0
    part = np.where(cold, np.where(liked, 3, -1), 0)
    rows = np.flatnonzero(liked & ~cold)
    from_last, count = _from_last(purchases.customer[rows], purchases.time[rows], seed)
    gives = (count >= LEAST) & (from_last < 2)
    part[rows[gives]] = 2 - from_last[gives]
    return Split(*(purchases.take(part == number) for number in range(4)))


def _from_last(
    customer: NDArray[np.int64], time: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each pair (M,) how many of its customer's pairs come later, and how many that customer has."""
    shuffle = np.random.default_rng((seed, 41)).permutation(len(customer))
    order = np.lexsort((shuffle, np.nan_to_num(time, nan=-np.inf), customer))
    counts = np.bincount(customer, minlength=int(customer.max(initial=0)) + 1)
    ends = np.cumsum(counts)
    from_last = np.empty(len(customer), dtype=np.int64)
    from_last[order] = ends[customer[order]] - 1 - np.arange(len(customer))
    return from_last, counts[customer]


# ---------------------------------------------------------------------------------------------------------------------
# Customers are pseudonyms from the door on: keyed hashes of the shop's own IDs.


PREFIX = "C-"
_PSEUDONYM = re.compile(r"C-[0-9a-f]{10}")


def customer_pseudonyms(identities: Iterable[str]) -> dict[str, str]:
    """The shop's ID -> "C-" and 10 hexadecimal digits, under this user's key (imaging.pseudonyms)."""
    key = pseudonym_key()
    return {identity: pseudonym(key, identity, PREFIX) for identity in identities}


def find_customer(customer: str, known: Collection[str]) -> str | None:
    """The one of those pseudonyms that is meant by the shop's ID or by the pseudonym itself; None where none is.

    An ID may look like a pseudonym ("C-0000012345"), so it is looked up as it is given before it is hashed.

    Raises:
        ValueError: empty.
    """
    customer = customer.strip()
    if not customer:
        raise ValueError("no customer given: use the shop's ID or the pseudonym C-...")
    names = (customer, customer_pseudonyms([customer])[customer])
    return next((name for name in names if name in known), None)


def known_as(customer: str) -> str:
    """The pseudonym of a customer given by the shop's ID or by the pseudonym itself, where it cannot be looked up.

    Raises:
        ValueError: empty.
    """
    customer = customer.strip()
    if not customer:
        raise ValueError("no customer given: use the shop's ID or the pseudonym C-...")
    return customer if _PSEUDONYM.fullmatch(customer) else customer_pseudonyms([customer])[customer]


# ---------------------------------------------------------------------------------------------------------------------
# A shop's table of purchases becomes Purchases: customers hashed, events weighed, one row for each pair.


_MILLISECONDS = 1e11  # seconds would be the year 5138
Floats = NDArray[np.float64]


def parse_time(value: str) -> float:
    """Seconds since 1970 of a number of seconds or an ISO date; a date without a zone is UTC.

    Raises:
        ValueError: neither, or milliseconds.
    """
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = datetime.datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("is neither seconds nor an ISO date such as 2024-05-31") from None
        seconds = (date if date.tzinfo else date.replace(tzinfo=datetime.UTC)).timestamp()
    if not abs(seconds) < _MILLISECONDS:
        raise ValueError("is no number of seconds since 1970 (divide milliseconds by 1000)")
    return seconds


def event_weights(events: Sequence[str], weights: dict[str, float], table: str) -> Floats:
    """Weight (M,) of each event; an empty one is a purchase.

    Raises:
        ValueError: an event without a weight.
    """
    known = {name.lower(): weight for name, weight in {**WEIGHTS, **weights}.items()}
    out = np.empty(len(events))
    for i, event in enumerate(events):
        name = event.lower() or "purchase"
        if name not in known:
            raise ValueError(
                f"row {i + 1} of {table} has the event '{event}', known are {', '.join(known)}: "
                f"give its weight with --set purchases.weights.{name}=NUMBER"
            )
        out[i] = known[name]
    return out


def merge_events(pair: NDArray[np.int64], weight: Floats, time: Floats) -> tuple[Floats, Floats]:
    """One weight and time (P,) for each pair, from all of its events (M,); `pair` numbers them 0 to P - 1.

    Rule: repeated events count once, and the strongest like counts. A return or dislike stands unless a later event
    of at least its size (a purchase, not a view) overrules it; then only what came after it counts. Where times are
    unknown, likes came first: a return after a purchase is no like. The time is that of the last event that counts.
    """
    n = int(pair.max(initial=-1)) + 1
    negative = weight < 0
    worst, last_no, last_yes = np.zeros(n), np.full(n, -np.inf), np.full(n, -np.inf)
    np.minimum.at(worst, pair[negative], weight[negative])
    np.maximum.at(last_no, pair[negative], np.nan_to_num(time[negative], nan=np.inf))
    early = np.nan_to_num(time, nan=-np.inf)
    strong = ~negative & (weight >= -worst[pair])
    np.maximum.at(last_yes, pair[strong], early[strong])
    disliked = (worst < 0) & ~(last_yes > last_no)
    counts = np.where(disliked[pair], negative, ~negative & ((worst[pair] == 0) | (early > last_no[pair])))
    best, last = np.zeros(n), np.full(n, -np.inf)
    np.maximum.at(best, pair[counts], weight[counts])
    np.maximum.at(last, pair[counts], early[counts])
    return np.where(disliked, worst, best), np.where(np.isfinite(last), last, np.nan)


def _unusable(
    customers: Sequence[str], items: Sequence[str], known: dict[str, int]
) -> tuple[list[bool], list[Problem]]:
    """Which rows can be used, and why the others cannot: unknown items with their counts."""
    usable = [bool(customer) and item in known for customer, item in zip(customers, items, strict=True)]
    problems = [Problem(i + 1, items[i], "no customer") for i, customer in enumerate(customers) if not customer]
    unknown = Counter(item for customer, item in zip(customers, items, strict=True) if customer and item not in known)
    first: dict[str, int] = {}
    for i, item in enumerate(items, start=1):
        first.setdefault(item, i)
    for item, count in unknown.most_common():
        rows = f"{count} rows name" if count > 1 else "1 row names"
        problems.append(Problem(first[item], item, f"{rows} this item, which is not in the catalogue"))
    return usable, problems


def _repeats(pair: NDArray[np.int64], n_rows: int) -> list[Problem]:
    merged = n_rows - (int(pair.max(initial=-1)) + 1)
    reason = f"{merged} rows repeat a customer and an item: merged"
    return [Problem(0, "", reason, left_out=False)] if merged else []


def build_purchases(
    identities: Sequence[str], item: NDArray[np.int64], weight: Floats, time: Floats
) -> tuple[Purchases, list[Problem]]:
    """Events (M,) of the shop's customers as Purchases, with customers in the order of their pseudonyms."""
    names = customer_pseudonyms(dict.fromkeys(identities))
    customers = tuple(sorted(set(names.values())))
    number = {name: i for i, name in enumerate(customers)}
    customer = np.array([number[names[identity]] for identity in identities], dtype=np.int64)
    n_items = int(item.max(initial=0)) + 1
    code, pair = np.unique(customer * n_items + item, return_inverse=True)
    weights, times = merge_events(pair, weight, time)
    problems = _repeats(pair, len(item))
    if len(customers) < len(names):
        reason = f"{len(names) - len(customers)} customers share a pseudonym with another and count as one"
        problems.append(Problem(0, "", reason, left_out=False))
    return Purchases(customers, code // n_items, code % n_items, weights.astype(np.float32), times), problems


def read_purchases(table: Path, catalogue: Catalogue, config: PurchaseConfig) -> tuple[Purchases, tuple[Problem, ...]]:
    """Reads customer, item and, where present, time and event from CSV or Parquet; merges them by `merge_events`.

    Returns:
        purchases sorted by customer and item, and what was left out, merged or is odd.

    Raises:
        ValueError: missing columns, an event without a weight, or no row that names an item of the catalogue.
    """
    columns = read_table(table)
    needed = ("customer", "item")
    found = find_columns(list(columns), PURCHASE_COLUMNS, needed, config.columns, table.name, "purchases")
    customers, items = (columns[found[role]] for role in needed)
    blank = [""] * len(items)
    weight = event_weights(columns[found["event"]] if "event" in found else blank, config.weights, table.name)
    times, wrong = parse_numbers(columns[found["time"]] if "time" in found else blank, items, "time", parse_time)
    known = {item: row for row, item in enumerate(catalogue.items)}
    usable, problems = _unusable(customers, items, known)
    if not any(usable):
        raise ValueError(
            f"no row of {table.name} names a customer and an item of the catalogue, the first item is '{items[0]}' "
            f"and the catalogue's '{catalogue.items[0]}': check purchases.columns, and leading zeros"
        )
    rows = np.flatnonzero(usable)
    item = np.array([known[items[i]] for i in rows], dtype=np.int64)
    purchases, notes = build_purchases([customers[i] for i in rows], item, weight[rows], np.array(times)[rows])
    return purchases, (*problems, *wrong, *notes)
