"""The single steps on a finished run, through the command line."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medgan_fashion.cli.terminal.garments_steps import Filters
from medgan_fashion.fashion.data.purchases import load_purchases
from medgan_fashion.fashion.recommend.lists import as_lists, write_lists
from medgan_fashion.fashion.run.forget import emptied_name
from medgan_fashion.fashion.run.open import open_run
from medgan_fashion.fashion.run.stages_recommend import load_split
from tests.chains.conftest import Ran
from tests.chains.tiny_shop import Capture, sample_folder, tiny_chain, told
from tests.fashion.test_dvbpr_arrays import content, save

CUSTOMER = "K00003"  # the sample shop's own ID of a customer


def printed_items(line: str) -> list[str]:
    """The items of a printed list."""
    return re.findall(r"(\d{6}) \(", line)


def test_everybody_gets_a_list_without_what_they_have(tiny_run: Ran, tmp_path: Path, capsys: Capture) -> None:
    told(capsys, "recommend", tiny_run.run, "--k", 5, "--out", tmp_path / "all.parquet")
    lists, opened = pd.read_parquet(tmp_path / "all.parquet"), open_run(tiny_run.run)
    assert list(lists.columns) == ["customer", "rank", "item", "score"]
    assert lists.groupby("customer").size().tolist() == [5] * 60
    row = {item: number for number, item in enumerate(opened.catalogue.items)}
    who = {name: number for number, name in enumerate(opened.history.customers)}
    seen = opened.history.seen(len(row))
    assert not any(seen[who[c], row[i]] for c, i in zip(lists["customer"], lists["item"], strict=True))


def test_one_customer_by_the_shops_id_and_filters(tiny_run: Ran, capsys: Capture) -> None:
    catalogue = open_run(tiny_run.run).catalogue
    words = ("--customer", CUSTOMER, "--category", "tops", "--in-stock", "--max-price", 40, "--k", 60)
    (line,) = told(capsys, "recommend", tiny_run.run, *words)
    rows = catalogue.rows(printed_items(line))
    assert len(rows)
    assert set(catalogue.category[rows]) == {catalogue.categories.index("tops")}
    assert catalogue.price[rows].max() <= 40
    assert catalogue.stock[rows].min() > 0


def test_unknown_stock_and_price_pass_a_filter(tiny_run: Ran) -> None:
    items = open_run(tiny_run.run).catalogue.take([0, 1, 2])
    items.stock[:], items.price[:] = (np.nan, 0, 1), (9, 1, np.nan)
    assert Filters(in_stock=True).allowed(items).tolist() == [True, False, True]
    assert Filters(max_price=5).allowed(items).tolist() == [False, True, True]


def test_vectors_are_exported_for_models_that_have_some(tiny_run: Ran, tmp_path: Path, capsys: Capture) -> None:
    words = ("recommend", tiny_run.run, "--customer", CUSTOMER, "--vectors", tmp_path / "vectors")
    assert "vectors of 71 items and 60 customers" in told(capsys, *words)[0]
    assert list((tmp_path / "vectors").iterdir())
    (sentence,) = told(capsys, *words, "--model", "item_knn", code=2)
    assert "'item_knn' has no vectors to export" in sentence


def test_a_new_customer_by_likes(tiny_run: Ran, capsys: Capture) -> None:
    words = ("--likes", "000001", "--likes", "000004", "--dislikes", "000002", "--k", 60)
    note, line = told(capsys, "recommend", tiny_run.run, *words)
    assert note.startswith("known by 2 likes and 1 dislikes")
    assert not {"000001", "000004", "000002"} & set(printed_items(line))


def test_similar(tiny_run: Ran, capsys: Capture) -> None:
    assert len(told(capsys, "similar", tiny_run.run, "000001", "--k", 3)) == 3
    neighbours = told(capsys, "similar", tiny_run.run, "000001", "--k", 70, "--model", "item_knn")
    assert 0 < len(neighbours) < 70  # no line for a neighbour that is not there
    assert not any("nan" in line for line in neighbours)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["recommend", "--customer", "nobody"], "no customer 'nobody' in this run: check the ID (leading zeros count)"),
        (["recommend", "--likes", "1"], "no item '1' in the catalogue: check the ID (leading zeros count)"),
        (["recommend", "--likes", "000001", "--customer", CUSTOMER], "say for whom: --customer ID"),
        (["recommend", "--likes", "000001", "--model", "item_knn"], "'item_knn' cannot serve a new customer"),
        (["recommend", "--model", "als2"], "no recommender 'als2' in this run; it has popularity, item_knn"),
        (["recommend", "--category", "hats"], "no category 'hats'; the catalogue has bottoms, shoes, tops"),
        (["recommend", "--max-price", "1"], "no item passes these filters"),
        (["similar", "1"], "no item '1' in the catalogue"),
        (["design", "hats", "--customer", CUSTOMER], "no category 'hats'"),
        (["design", "tops"], "say for whom"),
        (["design", "tops", "--customer", CUSTOMER, "--set", "stepps=2"], "unknown key 'stepps'"),
        (["restyle", "tops", "--customer", CUSTOMER], "say what to restyle: --photo FILE or --item ID"),
        (["restyle", "tops", "--customer", CUSTOMER, "--photo", "gone.png"], "gone.png: the file does not exist"),
    ],
)
def test_bad_questions_get_one_sentence(tiny_run: Ran, capsys: Capture, words: list[str], sentence: str) -> None:
    (line,) = told(capsys, words[0], tiny_run.run, *words[1:], code=2)
    assert sentence in line


def test_a_folder_that_is_no_finished_run(tmp_path: Path, capsys: Capture) -> None:
    (line,) = told(capsys, "recommend", tmp_path, code=2)
    assert "holds no finished run of garments" in line


def test_lists_of_another_system(tiny_run: Ran, tmp_path: Path, capsys: Capture) -> None:
    opened = open_run(tiny_run.run)
    split = load_split([tiny_run.run / folder for folder in opened.parts.split])
    model, everyone = opened.model("popularity"), np.arange(60)
    before = (split.train.seen(71) + split.validation.seen(71)).tocsr()
    found = model.recommend(everyone, 10, exclude=before, allowed=~opened.catalogue.held_out)
    write_lists(tmp_path / "theirs.parquet", as_lists(everyone, *found), model.customers, model.items)
    words = ("evaluate-ranking", tiny_run.run, "--against", tmp_path / "theirs.parquet", "--model", "popularity")
    lines = told(capsys, *words)
    assert lines[0].startswith("HR@10: theirs ")
    assert "difference 0.000" in lines[1]  # popularity against itself
    assert "cannot be told" in lines[-1]
    told(capsys, "recommend", tiny_run.run, "--model", "popularity", "--out", tmp_path / "now.parquet")
    lines = told(capsys, "evaluate-ranking", tiny_run.run, "--against", tmp_path / "now.parquet")
    assert "hold no test purchase at all" in lines[-2]  # they leave out what was bought since


def test_catalogue_check(tiny_run: Ran, tmp_path: Path, capsys: Capture) -> None:
    folder = sample_folder(tiny_run.run)
    lines = told(capsys, "catalogue", "check", folder / "catalogue.csv", "--purchases", folder / "purchases.csv")
    assert any("71 items in 45 styles" in line for line in lines)
    assert any("60 customers" in line for line in lines)
    path = save(tmp_path / "dvbpr.npy", content())
    assert any("5 items in 5 styles" in line for line in told(capsys, "catalogue", "check", path))


def test_who_has_no_like_gets_the_average_or_what_is_popular(poor_run: Ran, capsys: Capture) -> None:
    by_taste = told(capsys, "recommend", poor_run.run, "--customer", "0012", "--k", 3)
    assert by_taste[0] == "1 customers have no purchase to learn from and get the average taste"
    by_others = told(capsys, "recommend", poor_run.run, "--customer", "0012", "--k", 3, "--model", "item_knn")
    assert by_others[0] == "1 customers have no purchase to learn from and get what is popular"
    popular = told(capsys, "recommend", poor_run.run, "--customer", "0012", "--k", 3, "--model", "popularity")
    assert printed_items(by_others[1]) == printed_items(popular[-1])
    assert "000001" not in printed_items(by_others[1])  # sent back
    (line,) = told(capsys, "recommend", poor_run.run, "--customer", "12", code=2)
    assert "no customer '12'" in line


def test_forgetting_leaves_nothing_of_a_customer(tiny_run: Ran, tmp_path: Path, capsys: Capture) -> None:
    run, name = tmp_path / "run", tiny_run.summary["customers"][0]["customer"]
    shutil.copytree(tiny_run.run, run)
    told(capsys, "recommend", run, "--vectors", run / "vectors")
    lines = told(capsys, "forget", run, name)
    assert any("design_controls" in line for line in lines)
    assert any("pictures made for customers from results/pictures.npz" in line for line in lines)
    for path in (path for path in run.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            assert name not in pd.read_parquet(path).to_string(), path
        elif path == run / "forgotten.json":
            assert path.read_text().count(name) == 1
        else:
            assert name.encode() not in path.read_bytes(), path
    for folder in {path.parent for path in run.rglob("customer.npy")}:
        purchases = load_purchases(folder)
        row = next(i for i, other in enumerate(purchases.customers) if other == emptied_name(i))
        assert row not in purchases.customer
    (line,) = told(capsys, "recommend", run, "--customer", name, code=2)
    assert f"no customer '{name}'" in line
    told(capsys, "recommend", run, "--out", tmp_path / "left.csv", "--k", 1)
    left = pd.read_csv(tmp_path / "left.csv")
    assert len(left) == 59
    assert not left["customer"].str.startswith("forgotten").any()
    (line,) = told(capsys, "forget", run, name, code=2)
    assert "holds nothing of a customer" in line
    other = left["customer"][0]
    told(capsys, "design", run, "tops", "--customer", other, "--out", tmp_path / "designs", "--set", "steps=1")
    (path,) = told(capsys, "report", run)
    assert name not in Path(path).read_text()
    with pytest.raises(ValueError, match=r"has forgotten a customer since it was begun.*choose a new --out"):
        tiny_chain({}, run, {})
