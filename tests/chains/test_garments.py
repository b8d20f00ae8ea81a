"""The whole chain on tiny shops: what it leaves, how it resumes, and what it says where something is lacking."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medgan_fashion.cli.main import main
from medgan_fashion.cli.terminal import garments
from tests.chains.conftest import Ran
from tests.chains.tiny_shop import gan_file, read_rows, sample_folder, stamps, tiny_chain, write_rows

KINDS = ["bottoms", "shoes", "tops"]


def test_the_sample_comes_to_a_summary(tiny_run: Ran) -> None:
    summary = json.loads((tiny_run.run / "results" / "summary.json").read_text())
    assert summary == tiny_run.summary
    assert summary["data"]["customers_are"] == "simulated"
    assert summary["findings"][0].startswith("Customers are simulated")
    by_setting = {
        setting: [row["model"] for row in summary["ranking"]["rows"] if row["setting"] == setting]
        for setting in ("warm", "cold")
    }
    assert by_setting["warm"] == ["random", "popularity", "item_knn", "als", "bpr", "vbpr", "dvbpr"]
    assert by_setting["cold"] == ["random", "vbpr", "dvbpr"]
    assert [row["name"] for row in summary["design"]["arms"]] == [
        *("designs", "best real items", "random drawings", "pixel ascent"),
    ]
    assert [row["eta"] for row in summary["trade_off"]] == [0.0, 1.0]
    assert summary["gan"]["classes"] == KINDS
    assert summary["gan"]["notes"] == []
    assert summary["inversion"]["limits"]["photos"] == 20
    assert len(summary["restyled"]) == 2


def test_every_picture_that_the_summary_names_is_there(tiny_run: Ran) -> None:
    summary = tiny_run.summary
    with np.load(tiny_run.run / "results" / "pictures.npz") as arrays:
        names = set(arrays.files)
        assert all(arrays[name].dtype == np.uint8 for name in names)
    for customer in summary["customers"]:
        assert [part["category"] for part in customer["categories"]] == KINDS
        assert {f"item_{row}" for row in customer["bought"]} <= names
        assert {part["pictures"] for part in customer["categories"]} <= names
    assert {f"{row['pictures']}_photo" for row in summary["restyled"]} <= names
    assert {f"{kind}_{name}" for kind in ("grid_real", "grid_synthetic") for name in KINDS} <= names


def test_again_computes_nothing_and_what_is_missing_alone(tiny_run: Ran, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run.run, run)
    before = stamps(run)
    killed = next(name for name in before if "planted_inversion" in name)
    shutil.rmtree(run / killed)
    again = tiny_chain({}, run, {})
    after = stamps(run)
    assert [name for name in before if before[name] != after[name]] == [killed]
    assert again["findings"] == tiny_run.summary["findings"]
    tiny_chain({}, run, {})
    assert stamps(run) == after


def test_another_configuration_is_refused(tiny_run: Ran) -> None:
    with pytest.raises(ValueError, match=r"was declared for another study .*planted: 2 -> 3"):
        tiny_chain({}, tiny_run.run, {"planted": 3})


def test_a_poor_shop_is_served_with_named_fallbacks(poor_run: Ran) -> None:
    summary, said = poor_run.summary, " ".join(poor_run.summary["findings"])
    assert summary["ranking"]["rows"] == []
    assert "bought next was not measured: no customer has a purchase to test on" in said
    assert "no training saw was not measured: nobody bought a held-out item" in said
    assert summary["new_customers"] is None
    assert "new customers are served was not measured" in said
    assert "GAN draws 16 x 16 pictures in [0, 255], the catalogue has 32 x 32" in said
    assert summary["gan"]["adopted"]
    assert set(summary["gan"]["kid"].values()) == {None}
    assert summary["inversion"]["limits"]["photos"] == 0
    assert "cannot be judged, too few held-out photos (0, and 20 are needed)" in said
    assert summary["restyled"] == []
    assert "none was restyled" in said
    assert summary["data"]["without_likes"] == 1
    assert "Of 1 customers no like is known: they are served by the average taste." in said
    assert summary["known_utility"] is None


def test_limits_from_a_few_photos_say_so(tiny_run: Ran, tmp_path: Path) -> None:
    changes = {"calibrated_on": 3, "limit": 60, "etas": [1.0], "restyled": 1}
    changes |= {"recommenders": {"compare": ["popularity"]}, "gan": {"model": str(gan_file(tiny_run.run))}}
    summary = tiny_chain({"": _tables(tiny_run, tmp_path)["catalogue"]}, tmp_path / "run", changes)
    assert summary["data"]["items"] == 60
    assert summary["data"]["customers_are"] == "simulated"  # a catalogue without purchases
    limits = summary["inversion"]["limits"]
    assert (limits["photos"], limits["shares"]) == (3, {})
    assert summary["restyled"][0]["answer"] in ("closest we can draw", "cannot")
    assert "cannot be judged, too few held-out photos" in summary["restyled"][0]["reason"]


def _tables(ran: Ran, folder: Path, kinds: str = "") -> dict[str, Path]:
    """The sample's tables as a user's, of one category alone where it is named."""
    sample = sample_folder(ran.run)
    items = [row | {"image": str(sample / row["image"])} for row in read_rows(sample / "catalogue.csv")]
    some = [row for row in items if kinds in ("", row["category"])]
    bought = read_rows(sample / "purchases.csv")
    return {"catalogue": write_rows(folder / "shop.csv", some), "purchases": write_rows(folder / "bought.csv", bought)}


@pytest.mark.parametrize(
    ("inputs", "changes", "sentence"),
    [
        (["purchases"], {}, "purchases without a catalogue: give --data catalogue=TABLE"),
        (["catalog"], {}, "no input 'catalog'; give --data catalogue="),
        (["catalogue", ""], {}, "two catalogues"),
        (["one category"], {}, r"one category only \(tops\)"),
        (["catalogue", "purchases"], {"customers": ["nobody"]}, "'nobody' has no purchase in this table"),
        (["catalogue", "purchases"], {"gan": {"least_pictures": 999}}, "no category has 999 pictures"),
        (["catalogue", "purchases"], {"gan": {"model": "gone.safetensors"}}, r"no model at gone\.safetensors"),
        (["catalogue", "purchases"], {"gan": {"model": "shop.csv"}}, "not a safetensors file"),
        (["catalogue", "purchases"], {"limit": 1}, "one category only"),
        (["returns"], {}, "nobody likes an item that is not held out"),
        (["other categories"], {}, r"draws bottoms, shoes, tops, and the catalogue has the categories Bottoms"),
        (["no picture"], {}, r"row 1, item '000001': no picture .*catalogue\.skip_unreadable=true"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_training(
    tiny_run: Ran,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    inputs: list[str],
    changes: dict[str, Any],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    tables = _tables(tiny_run, tmp_path, "tops" if inputs == ["one category"] else "")
    rows, bought = read_rows(tables["catalogue"]), read_rows(tables["purchases"])
    if inputs == ["other categories"]:
        write_rows(tables["catalogue"], [row | {"category": row["category"].title()} for row in rows])
        changes = {"gan": {"model": str(gan_file(tiny_run.run))}}
    if inputs == ["no picture"]:
        write_rows(tables["catalogue"], [rows[0] | {"image": ""}, *rows[1:]])
    if inputs == ["returns"]:
        write_rows(tables["purchases"], [row | {"event": "return"} for row in bought])
    known = {name: tables.get(name, tables["catalogue"]) for name in inputs}
    chosen = known if {"catalogue", "purchases", "", "catalog"} & set(inputs) else tables
    with pytest.raises(ValueError, match=sentence):
        tiny_chain(chosen, tmp_path / "run", changes)
    assert not list((tmp_path / "run").glob("stages/fit_recommender/*"))


def test_limit_and_names_reach_the_chain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(garments, "garments_command", lambda *given: asked.append(given))
    words = ["run", "garments", "--limit", "300", "--data", "a.csv", "--data", "purchases=b.csv", "--skip-unreadable"]
    assert main([*words, "--dry-run"]) == 0
    inputs, out, config, dry_run, _ = asked[0]
    assert inputs == {"": Path("a.csv"), "purchases": Path("b.csv")}
    assert (out, config.limit, dry_run) == (Path("runs/garments"), 300, True)
    assert config.catalogue.skip_unreadable
    assert main(["run", "lesions", "--limit", "300"]) == 2
    assert "chain lesions has no --limit" in capsys.readouterr().err
    assert main(["run", "garments", "--limit", "-3"]) == 2
    assert "limit" in capsys.readouterr().err


def test_the_terminal_tells_counts_ranking_and_findings(
    tiny_run: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from medgan_fashion.fashion.config import read_settings
    from tests.chains.tiny_shop import TINY

    monkeypatch.setattr(garments, "run_garments", lambda *given, **how: tiny_run.summary)
    monkeypatch.setattr(garments, "write_report", lambda run: run / "report.html")
    garments.garments_command({}, tmp_path / "run", read_settings(TINY), False, 1)
    told = " ".join(capsys.readouterr().out.split())
    assert "71 items (bottoms 22, shoes 25, tops 24)" in told
    assert "60 simulated customers" in told
    assert "popularity cannot rank items that nobody has bought" in told
    assert "- Customers are simulated" in told
