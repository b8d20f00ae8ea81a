"""Forgets a customer: what a run folder holds of one person is taken out, file by file, each whole or not at all."""

import csv
import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, diags

from medgan_fashion.base.files import write_whole
from medgan_fashion.fashion.data.purchases import Purchases, find_customer, known_as, load_purchases, save_purchases
from medgan_fashion.fashion.recommend.files import load_recommender, save_recommender
from medgan_fashion.fashion.recommend.model import FactorModel
from medgan_fashion.fashion.recommend.recommenders import Neighbourhood

# ---------------------------------------------------------------------------------------------------------------------
# Forgetting a customer, whole folders: replaced or removed so that a kill at any moment loses nothing.


# stages whose pictures are made for single customers; each may say for whom (rows) in asked.json
PERSONAL = ("design_garments", "design_controls", "restyle_photos")
_LEFT, _DRAFT = ".forget.", ".draft"


def _put_aside(folder: Path) -> Path:
    return folder.rename(folder.with_name(f"{_LEFT}{folder.name}.{secrets.token_hex(6)}.old"))


def drop(folder: Path) -> None:
    """Removes a folder: gone by one rename, then deleted."""
    shutil.rmtree(_put_aside(folder))


def swap(folder: Path, fill: Callable[[Path], object]) -> None:
    """Puts a changed copy of a folder in its place; a kill between the two renames is made good by `finish`."""
    draft = folder.with_name(f"{_LEFT}{folder.name}.{secrets.token_hex(6)}{_DRAFT}")
    shutil.copytree(folder, draft)
    fill(draft)
    aside = _put_aside(folder)
    draft.rename(folder)
    shutil.rmtree(aside)


def finish(run: Path) -> None:
    """Clears up after a kill: a draft whose folder is gone was whole, and takes its place."""
    for left in sorted(run.rglob(f"{_LEFT}*")):
        folder = left.with_name(left.name.removeprefix(_LEFT).rsplit(".", 2)[0])
        if left.name.endswith(_DRAFT) and not folder.exists():
            left.rename(folder)
        else:
            shutil.rmtree(left)


def forget_reports(run: Path) -> list[str]:
    """Removes the written reports whole: they show customers in pictures and figures, too."""
    told = []
    for folder in (run / "report", run / "report_shareable"):
        if folder.is_dir():
            drop(folder)
            told.append(f"removed {folder.name}")
    return told


def forget_designs(run: Path, rows: set[int]) -> list[str]:
    """Removes stages whose pictures were made for those customers, or for nobody knows whom."""
    told = []
    for name in PERSONAL:
        for folder in sorted(p for p in (run / "stages" / name).glob("*") if p.is_dir()):
            asked = folder / "asked.json"
            if asked.is_file() and not rows & set(json.loads(asked.read_text())):
                continue
            drop(folder)
            told.append(f"removed {folder.relative_to(run)} (pictures made for customers, perhaps for others, too)")
    return told


def forget_drawn(run: Path, name: str) -> list[str]:
    """What `design` and `restyle` wrote into the run for the customer: pictures first, what says for whom last."""
    told = []
    for path in [path for kind in ("designs.json", "restyled.json") for path in sorted(run.rglob(kind))]:
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if isinstance(about, dict) and name in about.get("for", ()):
            for made in [*sorted(path.parent.glob("*.png")), path]:
                made.unlink()
            told.append(f"removed {path.relative_to(run)} and the pictures beside it")
            if path.parent != run and not any(path.parent.iterdir()):
                path.parent.rmdir()
    return told


# ---------------------------------------------------------------------------------------------------------------------
# Forgetting a customer, the pictures of the report: those that nothing in the summary refers to any more.


_OF_CUSTOMERS = ("design_", "restyled_", "arm_")  # the others show items and the GAN's drawings for nobody


def referred(summary: dict[str, Any]) -> set[str]:
    """Keys of pictures that the summary's customers and restyled photos name."""
    keys = {part["pictures"] for one in summary.get("customers", []) for part in one.get("categories", [])}
    for row in summary.get("restyled", []):
        keys |= {row["pictures"], f"{row['pictures']}_photo"}
    return keys


def forget_pictures(run: Path) -> list[str]:
    """Takes pictures made for customers who are no longer in results/summary.json out of results/pictures.npz.

    Those of the arms go altogether: they hold one picture for each judged customer, without saying whose.
    """
    path, summary = run / "results" / "pictures.npz", run / "results" / "summary.json"
    if not path.is_file() or not summary.is_file():
        return []
    kept = referred(json.loads(summary.read_text(encoding="utf-8")))
    with np.load(path) as arrays:
        left = {k: arrays[k] for k in arrays.files if k in kept or not k.startswith(_OF_CUSTOMERS)}
        gone = len(arrays.files) - len(left)
    if not gone:
        return []
    write_whole(path, lambda draft: _save(draft, left))
    return [f"removed {gone} pictures made for customers from {path.relative_to(run)}"]


def _save(path: Path, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


# ---------------------------------------------------------------------------------------------------------------------
# Taking one customer out of purchases, recommenders and tables: pure functions, and the row stays, empty.
#
# Rows of customers stand in many files at once. A row that vanished would give its neighbour's vector to somebody else
# in every file that was not rewritten with it, so the row keeps its place and loses name, likes and vector.


_PEOPLE = ("customer", "customers")  # keys under which plain data names customers


def emptied_name(row: int) -> str:
    """What stands in the place of a forgotten customer's name."""
    return f"forgotten-{row}"


def _renamed(customers: tuple[str, ...], name: str) -> tuple[tuple[str, ...], int]:
    row = customers.index(name)
    return (*customers[:row], emptied_name(row), *customers[row + 1 :]), row


def without_pairs(purchases: Purchases, name: str) -> Purchases:
    """Purchases without a customer's name and pairs; ValueError where the name is not among them."""
    customers, row = _renamed(purchases.customers, name)
    return replace(purchases.take(purchases.customer != row), customers=customers)


def without_vector(model: FactorModel | Neighbourhood, name: str) -> FactorModel | Neighbourhood:
    """A recommender that knows no more of a customer than of a stranger: the prior's mean, or no likes."""
    customers, row = _renamed(model.customers, name)
    others = np.arange(len(customers)) != row
    if isinstance(model, Neighbourhood):
        likes = csr_matrix(diags(others.astype(np.float32)) @ model.likes)
        likes.eliminate_zeros()
        return replace(model, customers=customers, likes=likes)
    theta = model.theta.copy()
    theta[row] = model.prior.mean
    trained = others if model.trained is None else model.trained & others
    return replace(model, customers=customers, theta=theta, trained=trained)


def mentions(value: Any, names: set[str]) -> bool:
    """Whether a mapping says of itself that it is about one of these customers."""
    return isinstance(value, dict) and any(value.get(key) in names for key in ("customer", "name", "id"))


def scrub(value: Any, name: str, also: str = "") -> Any:
    """Plain data without a customer: list entries and mappings about them go, and keys that are their name.

    Args:
        also: the shop's own ID, which goes only from what stands under "customer" or "customers" (it may be "7").
    """
    names = {name, also} - {""}

    def clean(part: Any, people: bool) -> Any:
        here = names if people else {name}
        if isinstance(part, dict):
            kept = {key: item for key, item in part.items() if key not in here}
            return {key: clean(item, key in _PEOPLE) for key, item in kept.items()}
        if isinstance(part, list):
            kept = [item for item in part if not (isinstance(item, str) and item in here)]
            return [clean(item, people) for item in kept if not mentions(item, names if people else {name})]
        return "forgotten" if isinstance(part, str) and part in here else part

    return clean(value, False)


# ---------------------------------------------------------------------------------------------------------------------
# Whom a run folder has forgotten: kept as pseudonyms, so that the same tables do not bring them back.


FILE = "forgotten.json"


def forgotten(run: Path) -> tuple[str, ...]:
    """Pseudonyms of the customers whom a run folder has forgotten, in order."""
    path = run / FILE
    return tuple(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def remember(run: Path, name: str) -> None:
    """Adds a pseudonym to RUN/forgotten.json."""
    names = json.dumps(sorted({*forgotten(run), name}), indent=1)
    write_whole(run / FILE, lambda draft: draft.write_text(names, encoding="utf-8"))


def without_forgotten(run: Path, purchases: Purchases) -> Purchases:
    """Purchases without names and pairs of those whom the folder has forgotten; their rows stay, empty."""
    for name in forgotten(run):
        if name in purchases.customers:
            purchases = without_pairs(purchases, name)
    return purchases


def check_forgotten(run: Path) -> None:
    """ValueError where a run has begun in a folder that has forgotten customers since: its tables are no longer what
    the run was declared for."""
    if (names := forgotten(run)) and (run / "declared.json").is_file():
        count = "a customer" if len(names) == 1 else f"{len(names)} customers"
        raise ValueError(
            f"{run} has forgotten {count} since it was begun, so it cannot be run again: take them out of the tables, "
            "and choose a new --out"
        )


_TEXT = (".yaml", ".yml", ".jsonl", ".log", ".txt", ".md")


def _files(run: Path, *endings: str) -> Iterator[Path]:
    yield from sorted(p for p in run.rglob("*") if p.is_file() and p.suffix.lower() in endings)


def _purchase_folders(run: Path) -> list[Path]:
    return sorted(p.parent for p in run.rglob("customers.json") if (p.parent / "customer.npy").is_file())


def _forget_rows(run: Path, names: set[str]) -> list[str]:
    """Rows of Parquet and CSV tables with a column `customer`."""
    import pyarrow as pa
    from pyarrow import parquet

    told = []
    for path in _files(run, ".parquet"):
        if "customer" not in parquet.read_schema(path).names:
            continue
        table = parquet.ParquetFile(path).read()
        others = [str(customer) not in names for customer in table["customer"].to_pylist()]
        if n := others.count(False):
            kept = table.filter(pa.array(others))
            write_whole(path, lambda draft, kept=kept: parquet.write_table(kept, draft))
            told.append(f"removed {n} rows from {path.relative_to(run)}")
    for path in _files(run, ".csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        if not rows or "customer" not in rows[0]:
            continue
        column = rows[0].index("customer")
        kept = [row for row in rows if len(row) <= column or row[column] not in names]
        if len(kept) < len(rows):
            write_whole(path, lambda draft, kept=kept: _write_csv(draft, kept))
            told.append(f"removed {len(rows) - len(kept)} rows from {path.relative_to(run)}")
    return told


def _write_csv(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def _forget_results(run: Path, name: str, also: str) -> list[str]:
    """JSON results without the customer, and pages that show them removed."""
    told = []
    for path in _files(run, ".json"):
        if path.name == "customers.json" or path == run / FILE:
            continue
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue  # no JSON after all, or half of one in a work folder
        cleaned = scrub(value, name, also)
        if cleaned != value:
            write_whole(path, lambda draft, cleaned=cleaned: draft.write_text(json.dumps(cleaned, indent=1)))
            told.append(f"removed the customer from {path.relative_to(run)}")
    for path in _files(run, ".html"):
        if name in path.read_text(encoding="utf-8", errors="replace"):
            path.unlink()
            told.append(f"removed {path.relative_to(run)} (it showed the customer)")
    for path in _files(run, *_TEXT):
        if name in path.read_text(encoding="utf-8", errors="replace"):
            told.append(f"{path.relative_to(run)} still names {name}: take it out by hand")
    return told


def _forget_vectors(run: Path, name: str) -> list[str]:
    told = []
    for path in sorted(run.rglob("recommender.safetensors")):
        model = load_recommender(path)
        if name in model.customers:
            save_recommender(without_vector(model, name), path)
            told.append(f"removed the vector or likes from {path.relative_to(run)}")
    return told


def _forget_purchases(run: Path, folders: list[Path], name: str) -> list[str]:
    told = []
    for folder in folders:
        purchases = load_purchases(folder)
        left = without_pairs(purchases, name)
        swap(folder, lambda draft, left=left: save_purchases(left, draft))
        told.append(f"removed {len(purchases) - len(left)} purchases from {folder.relative_to(run)}")
    return told


def _staying(run: Path, name: str) -> list[str]:
    return [
        f"{FILE} keeps {name} alone, so that no run in {run} brings the customer back",
        "what networks and items' vectors learned from all customers together stays: train again without them",
        "the shop's own tables are not touched: take the customer out there, then run with a new --out; a run "
        f"begun in {run} is refused from now on; report, recommend, design and restyle go on without the customer",
    ]


def forget_customer(run: Path, customer: str) -> list[str]:
    """Takes a customer's vector, likes, designs and results out of a run folder.

    Reports and pages that show the customer are removed. The row stays, empty, so that nobody else's moves. Each file
    is changed whole or not at all, purchases last: after a kill the same call goes on where it stopped. The pseudonym
    alone is kept, in RUN/forgotten.json, so that no run in this folder brings the customer back.

    Args:
        customer: the shop's ID or the pseudonym.

    Returns:
        a line for each thing removed, then what stays.

    Raises:
        ValueError: no such folder, or no such customer in it.
    """
    if not run.is_dir():
        raise ValueError(f"{run} is no folder: give the folder of a run")
    finish(run)
    rows = {folder: load_purchases(folder).customers for folder in _purchase_folders(run)}
    everyone = {name for names in rows.values() for name in names}
    name = find_customer(customer, everyone) or known_as(customer)
    also = customer.strip()
    found = {folder: names.index(name) for folder, names in rows.items() if name in names}
    told = forget_reports(run) + forget_designs(run, set(found.values())) if found else []
    told += forget_drawn(run, name) + _forget_rows(run, {name, also}) + _forget_results(run, name, also)
    told += forget_reports(run) + forget_pictures(run) if told else []
    told += _forget_vectors(run, name)
    if told or found:
        remember(run, name)
    told += _forget_purchases(run, list(found), name)
    if not told:
        raise ValueError(f"{run} holds nothing of a customer '{customer}': check the ID (leading zeros count)")
    return [*told, *_staying(run, name)]
