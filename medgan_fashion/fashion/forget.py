"""Forgets a customer: what a run folder holds of one person is taken out, file by file, each whole or not at all."""

import csv
import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from medgan_fashion.fashion.customer_ids import known_as
from medgan_fashion.fashion.forget_pictures import forget_pictures
from medgan_fashion.fashion.forgetting import scrub, without_pairs, without_vector
from medgan_fashion.fashion.purchases import load_purchases, save_purchases
from medgan_fashion.fashion.recommender_files import load_recommender, save_recommender
from medgan_fashion.gan.files import write_whole

# stages whose pictures are made for single customers; each may say for whom (rows) in asked.json
PERSONAL = ("design_garments", "design_controls", "restyle_photos")
_LEFT = ".forget."
_TEXT = (".yaml", ".yml", ".jsonl", ".log", ".txt", ".md")


def _files(run: Path, *endings: str) -> Iterator[Path]:
    yield from sorted(p for p in run.rglob("*") if p.is_file() and p.suffix.lower() in endings)


def _purchase_folders(run: Path) -> list[Path]:
    return sorted(p.parent for p in run.rglob("customers.json") if (p.parent / "customer.npy").is_file())


def _drop(folder: Path) -> None:
    """Removes a folder: gone by one rename, then deleted."""
    aside = folder.with_name(f"{_LEFT}{secrets.token_hex(6)}")
    folder.rename(aside)
    shutil.rmtree(aside)


def _swap(folder: Path, fill: Callable[[Path], object]) -> None:
    """Puts a changed copy of a folder in its place."""
    draft = folder.with_name(f"{_LEFT}{secrets.token_hex(6)}")
    shutil.copytree(folder, draft)
    fill(draft)
    _drop(folder)
    draft.rename(folder)


def _forget_designs(run: Path, rows: set[int]) -> list[str]:
    told = []
    for name in PERSONAL:
        for folder in sorted(p for p in (run / "stages" / name).glob("*") if p.is_dir()):
            asked = folder / "asked.json"
            if asked.is_file() and not rows & set(json.loads(asked.read_text())):
                continue
            _drop(folder)
            told.append(f"removed {folder.relative_to(run)} (pictures made for customers; a next run makes the others)")
    return told


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
        if path.name == "customers.json":
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
            told.append(f"removed {path.relative_to(run)} (it showed the customer; run again to write it anew)")
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
        _swap(folder, lambda draft, left=left: save_purchases(left, draft))
        told.append(f"removed {len(purchases) - len(left)} purchases from {folder.relative_to(run)}")
    return told


def forget_customer(run: Path, customer: str) -> list[str]:
    """Takes a customer's vector, likes, designs and results out of a run folder.

    Pages that show the customer are removed. The row stays, empty, so that nobody else's moves. Each file is changed
    whole or not at all, purchases last: after a kill the same call goes on where it stopped.

    Args:
        customer: the shop's ID or the pseudonym.

    Returns:
        a line for each thing removed, then what cannot be: what networks learned from all customers together.

    Raises:
        ValueError: no such folder, or no such customer in it.
    """
    if not run.is_dir():
        raise ValueError(f"{run} is no folder: give the folder of a run")
    name = known_as(customer)
    for left in sorted(run.rglob(f"{_LEFT}*")):
        shutil.rmtree(left)
    rows = {folder: load_purchases(folder).customers for folder in _purchase_folders(run)}
    found = {folder: names.index(name) for folder, names in rows.items() if name in names}
    told = _forget_designs(run, set(found.values())) if found else []
    told += _forget_rows(run, {name, customer.strip()}) + _forget_results(run, name, customer.strip())
    told += forget_pictures(run) if told else []
    told += _forget_vectors(run, name) + _forget_purchases(run, list(found), name)
    if not told:
        raise ValueError(f"{run} holds nothing of a customer '{customer}': check the ID (leading zeros count)")
    told.append("what networks and items' vectors learned from all customers together stays: train again without them")
    told.append("the shop's own tables are not touched: take the customer out there before the next run")
    return told
