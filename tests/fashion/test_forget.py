import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.data.purchases import PREFIX, Purchases, load_purchases, save_purchases
from medgan_fashion.fashion.recommend.files import load_recommender, save_recommender
from medgan_fashion.fashion.recommend.model import FactorModel, Prior
from medgan_fashion.fashion.recommend.recommenders import Neighbourhood
from medgan_fashion.fashion.run import forget
from medgan_fashion.fashion.run.forget import (
    check_forgotten,
    forget_customer,
    forgotten,
    scrub,
    without_forgotten,
    without_pairs,
    without_vector,
)
from medgan_fashion.imaging.cases.pseudonyms import pseudonym

ANN, BOB, EVE = (pseudonym(b"a key that only tests use", identity, PREFIX) for identity in ("0042", "7", "8"))
ITEMS = ("a", "b")


def bought() -> Purchases:
    weight, time = np.ones(4, dtype=np.float32), np.arange(4.0)
    return Purchases((ANN, BOB, EVE), np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), weight, time)


def factors() -> FactorModel:
    theta, phi = np.arange(6, dtype=np.float32).reshape(3, 2), np.ones((2, 2), dtype=np.float32)
    prior = Prior(np.array([9.0, 8.0]), np.eye(2))
    bias, known = np.zeros(2, dtype=np.float32), np.ones(2, dtype=np.bool_)
    return FactorModel("bpr", (ANN, BOB, EVE), ITEMS, theta, phi, bias, known, prior)


def neighbours() -> Neighbourhood:
    likes = bought().likes(2)
    alike = (likes.T @ likes).tocsr()
    return Neighbourhood("item_knn", (ANN, BOB, EVE), ITEMS, likes, alike, np.ones(2, dtype=np.bool_))


def make_run(run: Path) -> Path:
    """A run folder as the chain leaves it: two sets of purchases, two models, designs, lists, results, a page."""
    import pyarrow as pa
    from pyarrow import parquet

    for key in ("one", "two"):
        folder = run / "stages" / "purchases" / key
        folder.mkdir(parents=True)
        save_purchases(bought(), folder)
    for key, model in (("f", factors()), ("n", neighbours())):
        (run / "stages" / "fit_recommender" / key).mkdir(parents=True)
        save_recommender(model, run / "stages" / "fit_recommender" / key / "recommender.safetensors")
    for key, rows in (("his", [1, 2]), ("others", [0, 2])):
        (run / "stages" / "design_garments" / key).mkdir(parents=True)
        (run / "stages" / "design_garments" / key / "asked.json").write_text(json.dumps(rows))
    (run / "stages" / "restyle_photos" / "unknown").mkdir(parents=True)
    (run / "results").mkdir()
    table = pa.table({"customer": [ANN, BOB, BOB], "rank": [1, 1, 2], "item": ["a", "a", "b"]})
    parquet.write_table(table, run / "results" / "lists.parquet")
    (run / "results" / "lists.csv").write_text(f"customer,item\n{ANN},a\n{BOB},a\n")
    summary = {
        "customers": [ANN, BOB, "7"],
        "rows": [{"customer": BOB, "z": 1}, {"customer": ANN, "z": 2}],
        "size": "7",
    }
    (run / "results" / "summary.json").write_text(json.dumps(summary))
    (run / "results" / "broken.json").write_text("{")
    (run / "report.html").write_text(f"<p>{BOB}</p>")
    for name in ("report", "report_shareable", "drawn", "walked", "for_ann"):
        (run / name).mkdir()
    (run / "report" / "report.html").write_text("<p>what he bought, without his name</p>")
    for folder, kind, who in (("drawn", "design", BOB), ("walked", "restyled", BOB), ("for_ann", "design", ANN)):
        about = "designs.json" if kind == "design" else "restyled.json"
        (run / folder / about).write_text(json.dumps({"for": [who]}))
        (run / folder / f"{kind}_1.png").write_bytes(b"a picture")
    (run / "walked" / "mine.txt").write_text("a note")
    (run / "config.yaml").write_text(f"customers: [{BOB}]\n")
    return run


@pytest.mark.parametrize("customer", ["7", BOB])
def test_everything_of_a_customer_goes(customer: str, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    run = make_run(tmp_path / "run")
    told = forget_customer(run, customer)
    for key in ("one", "two"):
        left = load_purchases(run / "stages" / "purchases" / key)
        assert left.customers == (ANN, "forgotten-1", EVE)
        assert left.customer.tolist() == [0, 2]
        assert left.time.tolist() == [0, 3]
    for key in ("f", "n"):
        model = load_recommender(run / "stages" / "fit_recommender" / key / "recommender.safetensors")
        assert model.customers == (ANN, "forgotten-1", EVE)
    assert sorted(p.name for p in (run / "stages" / "design_garments").iterdir()) == ["others"]
    assert not list((run / "stages" / "restyle_photos").iterdir())
    assert pq.read_table(run / "results" / "lists.parquet")["customer"].to_pylist() == [ANN]
    with (run / "results" / "lists.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["customer", "item"], [ANN, "a"]]
    summary = json.loads((run / "results" / "summary.json").read_text())
    assert summary["rows"] == [{"customer": ANN, "z": 2}]
    assert summary["size"] == "7"
    assert BOB not in summary["customers"]
    assert ("7" in summary["customers"]) == (customer == BOB)
    assert not (run / "report.html").exists()
    assert not (run / "report").exists()
    assert not (run / "report_shareable").exists()
    assert not (run / "drawn").exists()
    assert sorted(p.name for p in (run / "walked").iterdir()) == ["mine.txt"]
    assert sorted(p.name for p in (run / "for_ann").iterdir()) == ["design_1.png", "designs.json"]
    assert forgotten(run) == (BOB,)
    assert sum("removed 2 purchases" in line for line in told) == 2
    assert "config.yaml still names" in "\n".join(told)
    assert told[-3] == f"forgotten.json keeps {BOB} alone, so that no run in {run} brings the customer back"
    assert "stays: train again" in told[-2]
    assert "run with a new --out" in told[-1]
    mentioned = [p for p in sorted(run.rglob("*")) if p.is_file() and BOB.encode() in p.read_bytes()]
    assert mentioned == [run / "config.yaml", run / "forgotten.json"]
    assert not [p for p in run.rglob("*") if p.name.startswith(".")]


def test_unknown_customers_and_folders(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    with pytest.raises(ValueError, match=r"nothing of a customer '42'.*leading zeros"):
        forget_customer(run, "42")
    assert {p: p.read_bytes() for p in run.rglob("*") if p.is_file()} == before
    (run / "config.yaml").unlink()
    forget_customer(run, "7")
    with pytest.raises(ValueError, match="nothing of a customer '7'"):
        forget_customer(run, "7")
    with pytest.raises(ValueError, match="is no folder"):
        forget_customer(tmp_path / "none", "7")


def test_a_kill_in_the_middle_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path / "run")

    def killed(model: object, path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(forget, "save_recommender", killed)
    with pytest.raises(KeyboardInterrupt):
        forget_customer(run, "7")
    monkeypatch.undo()
    (run / "stages" / "purchases" / ".forget.abc").mkdir()
    told = forget_customer(run, "7")
    assert sum("removed 2 purchases" in line for line in told) == 2
    assert not (run / "stages" / "purchases" / ".forget.abc").exists()


def test_an_id_that_looks_like_a_pseudonym(tmp_path: Path) -> None:
    identity = "C-0000012345"
    name = pseudonym(b"a key that only tests use", identity, PREFIX)
    folder = tmp_path / "stages" / "purchases" / "one"
    folder.mkdir(parents=True)
    save_purchases(replace(bought(), customers=(ANN, name, EVE)), folder)
    forget_customer(tmp_path, identity)
    assert load_purchases(folder).customers == (ANN, "forgotten-1", EVE)
    assert forgotten(tmp_path) == (name,)


def test_the_folder_remembers_whom_it_has_forgotten(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    forget_customer(run, BOB)
    check_forgotten(run)  # no run has begun here
    (run / "declared.json").write_text("{}")
    with pytest.raises(ValueError, match=r"has forgotten a customer since it was begun.*choose a new --out"):
        check_forgotten(run)
    forget_customer(run, EVE)
    assert set(forgotten(run)) == {BOB, EVE}
    left = without_forgotten(run, bought())
    assert left.customers == (ANN, "forgotten-1", "forgotten-2")
    assert left.customer.tolist() == [0]
    with pytest.raises(ValueError, match="has forgotten 2 customers"):
        check_forgotten(run)


def test_the_vector_becomes_a_strangers() -> None:
    model = without_vector(factors(), BOB)
    assert isinstance(model, FactorModel)
    assert model.theta.tolist() == [[0, 1], [9, 8], [4, 5]]
    assert model.trained is not None
    assert model.trained.tolist() == [True, False, True]
    others = without_vector(neighbours(), BOB)
    assert isinstance(others, Neighbourhood)
    assert others.likes.toarray().tolist() == [[1, 0], [0, 0], [0, 1]]
    assert others.score_items(np.array([1])).tolist() == [[0, 0]]
    with pytest.raises(ValueError, match="not in tuple"):
        without_pairs(bought(), "C-0000000000")


def test_plain_data_is_scrubbed() -> None:
    data = {BOB: 1, "a": [BOB, {"name": BOB}, {"name": ANN}], "b": BOB, "customers": {"7": 1, "8": 2}, "items": ["7"]}
    cleaned = {"a": [{"name": ANN}], "b": "forgotten", "customers": {"8": 2}, "items": ["7"]}
    assert scrub(data, BOB, "7") == cleaned
