"""Two runs for the whole session: the sample shop, and a poor shop that lacks nearly everything."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.chains.tiny_shop import Rows, gan_file, read_rows, sample_folder, tiny_chain, write_rows
from tests.made_once import made_once


@dataclass(frozen=True)
class Ran:
    """A finished run; read it, and copy the folder before changing it."""

    run: Path
    summary: dict[str, Any]


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The embedded sample at 16 pixels."""
    run = made_once(tmp_path_factory, "tiny_shop", lambda folder: tiny_chain({}, folder, {}))
    return Ran(run, json.loads((run / "results" / "summary.json").read_text()))


@pytest.fixture(scope="session")
def poor_run(tiny_run: Ran, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A user's tables at 32 pixels with a GAN of 16: no item held out, nobody with three likes, and customer 0012,
    who has sent back the only thing bought."""
    folder, sample = tmp_path_factory.mktemp("poor"), sample_folder(tiny_run.run)
    bought = [row for row in read_rows(sample / "purchases.csv") if row["event"] == "purchase"]
    few: Rows = []
    for who in sorted({row["customer"] for row in bought}):
        few += [row for row in bought if row["customer"] == who][:2]
    back = {"customer": "0012", "item": "000001", "time": "", "event": "return"}
    items = [row | {"image": str(sample / row["image"])} for row in read_rows(sample / "catalogue.csv")]
    tables = {
        "catalogue": write_rows(folder / "shop.csv", items),
        "purchases": write_rows(folder / "bought.csv", [*few, back]),
    }
    changes = {
        "catalogue": {"size": 32, "hold_out": 0.0},
        "gan": {"model": str(gan_file(tiny_run.run))},
        "recommenders": {"compare": ["popularity", "item_knn", "dvbpr"]},
        "customers": ["0012"],
    }
    return Ran(folder / "run", tiny_chain(tables, folder / "run", changes))
