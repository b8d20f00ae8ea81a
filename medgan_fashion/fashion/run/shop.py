"""A shop as the chain sees it: catalogue, purchases and their split, from the user's tables or the embedded sample."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.plain import to_key
from medgan_fashion.fashion.config import CatalogueConfig, GarmentsConfig, SampleConfig
from medgan_fashion.fashion.data.catalogue import (
    Catalogue,
    gather_items,
    load_catalogue,
    picture_path,
    read_catalogue,
    save_catalogue,
)
from medgan_fashion.fashion.data.dvbpr_arrays import read_dvbpr
from medgan_fashion.fashion.data.purchases import (
    Purchases,
    Split,
    load_purchases,
    read_purchases,
    save_purchases,
    split_purchases,
)
from medgan_fashion.fashion.data.tables import Problem, read_table
from medgan_fashion.fashion.run.forget import without_forgotten
from medgan_fashion.fashion.sample.catalogue import write_sample
from medgan_fashion.fashion.sample.customers import KnownTastes, known_to_be, load_tastes, simulate_customers
from medgan_fashion.runs.engine.stage import Stored, complete, stage, store

Say = Callable[[str], object]
_VERSION = 1  # raise it when the pictures of the same tables change
MOST_NEWCOMERS = 500
NEWCOMERS = 0.2  # share of customers whom one more recommender never sees, to be known by a few likes alone


@dataclass(frozen=True)
class Shop:
    """Everything that a run starts from.

    Args:
        source: name of the catalogue's table, without a path.
        customers: "real", or "simulated" where tastes are known because we made them.
        tastes: the known tastes of simulated customers, in the order of `purchases.customers`.
        newcomers: bool (U,), customers whom the recommender of the new-customer experiment is not shown.
    """

    source: str
    customers: str
    catalogue: Catalogue
    purchases: Purchases
    split: Split
    newcomers: NDArray[np.bool_]
    tastes: KnownTastes | None
    problems: tuple[Problem, ...]


@stage(version=1)
def sample_shop(work: Path, sample: SampleConfig, size: int, seed: int) -> None:
    """The embedded sample: rendered garments and customers whose taste is known."""
    write_sample(work, replace(sample, size=size), seed)


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def _pictures_key(table: Path, config: CatalogueConfig) -> str:
    """Hash over the table's and its pictures' bytes and how they are read."""
    items, _, _ = gather_items(read_table(table), table.name, config)
    with ThreadPoolExecutor(2) as pool:
        hashes = list(pool.map(_hash, [picture_path(table, item.image, config) for item in items]))
    parts = [_VERSION, _hash(table), hashes, to_key(config)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


def open_catalogue(table: Path, config: CatalogueConfig, run: Path, say: Say) -> tuple[Catalogue, tuple[Problem, ...]]:
    """The catalogue, from the run's cache where neither table nor pictures changed."""
    if not table.is_file():
        raise ValueError(f"no catalogue at {table}: give --data catalogue=TABLE with columns item,image,category")

    def fill(work: Path) -> None:
        catalogue, problems = read_catalogue(table, config, say)
        save_catalogue(catalogue, work)
        (work / "problems.json").write_text(json.dumps([asdict(problem) for problem in problems]))

    folder = store(run, "pictures", _pictures_key(table, config), fill).folder
    rows = json.loads((folder / "problems.json").read_text())
    return load_catalogue(folder), tuple(Problem(**row) for row in rows)


def _limited(catalogue: Catalogue, limit: int, seed: int) -> Catalogue:
    """`limit` random items, in the table's order; whole styles may be cut, none changes sides."""
    if not limit or limit >= len(catalogue):
        return catalogue
    return catalogue.take(np.sort(np.random.default_rng((seed, 43)).permutation(len(catalogue))[:limit]))


def _kept(purchases: Purchases, catalogue: Catalogue, limited: Catalogue) -> Purchases:
    """The purchases of the items that are left, with their new rows."""
    where = {item: row for row, item in enumerate(limited.items)}
    row = np.array([where.get(item, -1) for item in catalogue.items], dtype=np.int64)
    left = purchases.take(row[purchases.item] >= 0)
    return replace(left, item=row[left.item])


def _newcomers(purchases: Purchases, split: Split, likes: int, seed: int) -> NDArray[np.bool_]:
    """A share of the customers who have a purchase to be tested on and likes enough to be known by."""
    enough = np.bincount(split.train.customer[split.train.weight > 0], minlength=len(purchases.customers)) >= likes
    tested = np.isin(np.arange(len(purchases.customers)), split.test.customer)
    candidates = np.flatnonzero(enough & tested)
    count = min(round(NEWCOMERS * len(candidates)), MOST_NEWCOMERS)
    chosen = np.random.default_rng((seed, 44)).permutation(candidates)[:count]
    return np.isin(np.arange(len(purchases.customers)), chosen)


def _people(
    table: Path | None, folder: Path | None, catalogue: Catalogue, config: GarmentsConfig, say: Say
) -> tuple[Purchases, KnownTastes | None, tuple[Problem, ...]]:
    if table is not None:
        if not table.is_file():
            raise ValueError(f"no purchases at {table}: give --data purchases=TABLE with columns customer,item")
        purchases, problems = read_purchases(table, catalogue, config.purchases)
        known = None if folder is None else known_to_be(load_tastes(folder / "tastes.npz"), purchases.customers)
        return purchases, known, problems
    count = config.simulated_customers
    say(f"no purchases given: simulating {count} customers with a known taste (seed {config.seed})")
    tastes, purchases = simulate_customers(catalogue, count, config.seed, config.sample)
    return purchases, tastes, ()


def _open_dvbpr(
    table: Path, people: Path | None, config: CatalogueConfig, run: Path, say: Say
) -> tuple[tuple[Catalogue, Purchases], tuple[Problem, ...]]:
    """A file of the DVBPR layout, which holds items and purchases, kept under the hash of its content."""
    if people is not None:
        raise ValueError(f"{table.name} holds its own purchases: leave --data purchases={people.name} out")
    if not table.is_file():
        raise ValueError(f"no catalogue at {table}: give --data catalogue=FILE.npy in the DVBPR layout")

    def fill(work: Path) -> None:
        lines: list[str] = []
        catalogue, purchases = read_dvbpr(table, config, lines.append)
        save_catalogue(catalogue, work)
        save_purchases(purchases, work)
        (work / "problems.json").write_text(json.dumps(lines))

    says = json.dumps([_VERSION, _hash(table), to_key(config)], sort_keys=True)
    say(f"reading {table.name}")
    folder = store(run, "pictures", hashlib.sha256(says.encode()).hexdigest()[:20], fill).folder
    lines = json.loads((folder / "problems.json").read_text())
    return (load_catalogue(folder), load_purchases(folder)), tuple(Problem(0, "", line) for line in lines)


def open_shop(inputs: dict[str, Path], run: Path, config: GarmentsConfig, say: Say = lambda text: None) -> Shop:
    """Reads --data catalogue=TABLE and purchases=TABLE, or catalogue=FILE.npy (the DVBPR layout, purchases among it).

    Without a catalogue: the embedded sample, through the same door. Without purchases: customers are simulated over
    the catalogue's pictures, and everything says so. Whom the folder has forgotten is left out.
    """
    table, people, folder = inputs.get("catalogue"), inputs.get("purchases"), None
    reading = config.catalogue
    if table is None:
        if people is not None:
            raise ValueError("purchases without a catalogue: give --data catalogue=TABLE as well")
        drawn = sample_shop.task(sample=config.sample, size=reading.size, seed=config.seed)
        if not drawn.done(run):
            say(f"no data given: drawing the sample catalogue and its customers (seed {config.seed})")
        folder = complete(drawn, run)
        table, people = folder / "catalogue.csv", folder / "purchases.csv"
        reading = replace(reading, columns={}, images=None, suffix="")
    if table.suffix == ".npy":
        (whole, everything), problems = _open_dvbpr(table, people, reading, run, say)
        tastes, more = None, ()
    else:
        whole, problems = open_catalogue(table, reading, run, say)
        everything, tastes, more = _people(people, folder, whole, config, say)
    catalogue = _limited(whole, config.limit, config.seed)
    purchases = without_forgotten(run, _kept(everything, whole, catalogue))
    tastes = None if tastes is None else replace(tastes, customers=purchases.customers)
    split = split_purchases(purchases, catalogue, config.seed)
    newcomers = _newcomers(purchases, split, config.likes, config.seed)
    name = "sample catalogue" if folder else table.stem
    kind = "simulated" if tastes is not None else "real"
    return Shop(name, kind, catalogue, purchases, split, newcomers, tastes, (*problems, *more))


def store_purchases(run: Path, purchases: Purchases) -> Stored:
    """Purchases under the hash of their content."""
    digest = hashlib.sha256(json.dumps(purchases.customers).encode())
    for name in ("customer", "item", "weight", "time"):
        digest.update(np.ascontiguousarray(getattr(purchases, name)).tobytes())
    return store(run, "purchases", digest.hexdigest()[:20], lambda folder: save_purchases(purchases, folder))
