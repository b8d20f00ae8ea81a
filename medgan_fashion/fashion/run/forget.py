"""Forgets a customer: what a run folder holds of one person is taken out, file by file, each whole or not at all."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from medgan_fashion.base.files import write_whole
from medgan_fashion.fashion.data.customer_ids import find_customer, known_as
from medgan_fashion.fashion.data.purchases import load_purchases, save_purchases
from medgan_fashion.fashion.recommend.files import load_recommender, save_recommender
from medgan_fashion.fashion.run.forget_folders import finish, forget_designs, forget_drawn, forget_reports, swap
from medgan_fashion.fashion.run.forget_pictures import forget_pictures
from medgan_fashion.fashion.run.forgetting import scrub, without_pairs, without_vector
from medgan_fashion.fashion.run.forgotten import FILE, remember

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
