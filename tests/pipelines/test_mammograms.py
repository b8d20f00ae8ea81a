"""`chain: mammograms` from end to end on phantoms, at a tiny size."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.phantoms.mammograms import write_mammogram_phantoms
from medgan_fashion.medical.study.run import open_study, plan_study, run_study
from medgan_fashion.report.write import write_report
from medgan_fashion.runs.pipelines import find_pipeline, parse_settings, read_pipeline

TINY = [
    "folds=2", "repeats=1", "classifier_seeds=1", "arms=[real+classic, real+classic+gan]", "gan.images_seen=320",
    "classifier={updates: 20, batch: 16}", "encoder_updates=20",
]  # fmt: skip


def tiny(name: str, *changes: str) -> AblationConfig:
    return from_plain(AblationConfig, parse_settings(read_pipeline(find_pipeline(name)), [*TINY, *changes]))


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of cases.csv and films.csv; films of a third of the usual height are drawn quickly."""
    return write_mammogram_phantoms(tmp_path_factory.mktemp("films"), patients=14, size=(160, 130)).parent


def finished(table: Path, run: Path, config: AblationConfig) -> dict:
    summary = run_study(table, run, config, processes=0)
    assert all(item["passed"] for item in summary["audit"]), summary["audit"]
    assert "PHANTOM-0" not in json.dumps(summary)
    return summary


@pytest.fixture(scope="module")
def patches(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    run = tmp_path_factory.mktemp("patches")
    changes = ("image.size=[16, 16]", "gan.changes={networks: {width: 4, max_width: 8}}")
    return run, finished(phantoms / "cases.csv", run, tiny("mammograms", *changes))


def test_patches_are_judged_by_view(patches: tuple[Path, dict]) -> None:
    run, summary = patches
    assert summary["data"]["views"] == [{"view": "CC", "images": 14}, {"view": "MLO", "images": 14}]
    assert {tuple(row["view"] for row in judge["views"]) for judge in summary["judge"]} == {("CC", "MLO")}
    told = {"benign CC", "benign MLO", "malignant CC", "malignant MLO"}
    assert all(set(gan["classes"]) == told for gan in summary["gans"])
    text = write_report(run).read_text(encoding="utf-8")
    assert "Per view: CC, MLO" in text


def test_moving_a_test_film_s_view_leaves_the_gan_s_key(patches: tuple[Path, dict], tmp_path: Path) -> None:
    run, _ = patches
    config = tiny("mammograms", "image.size=[16, 16]")
    images = ImageSet.load(next((run / "prepared").glob("[!.]*")))
    plan = plan_study(tmp_path / "a", images, config)
    victim = int(np.flatnonzero(plan.partitions[0] == 0)[0])
    views = images.view_positions.copy()
    views[victim] = 1 - views[victim]
    other = plan_study(tmp_path / "b", replace(images, view_positions=views), config)
    keys = [{part.fold: part.materials.of().gans[0].key for part in p.whole} for p in (plan, other)]
    assert keys[0][0] == keys[1][0]
    assert keys[0][1] != keys[1][1]


def test_whole_films_that_are_not_square_grow_to_a_report(phantoms: Path, tmp_path: Path) -> None:
    changes = ("image.size=[40, 32]", "gan.changes={networks: {width: 4, max_width: 8}}", "repeats=1")
    summary = finished(phantoms / "films.csv", tmp_path, tiny("mammogram_films", *changes))
    data = summary["data"]
    assert (data["patients"], data["lesions"], data["images"], data["case_word"]) == (14, 28, 56, "breasts")
    assert sorted(data["classes"]) == ["mass", "normal"]
    with np.load(tmp_path / "results" / "samples.npz") as samples:
        assert samples["f0_synthetic"].shape[2:] == (40, 32)
    assert "28 breasts" in write_report(tmp_path).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "patients", "images"), [("mammograms", 2, 4), ("mammogram_films", 2, 8)])
def test_without_data_the_embedded_films_are_drawn(name: str, patients: int, images: int, tmp_path: Path) -> None:
    said: list[str] = []
    prepared, _ = open_study(None, tmp_path, tiny(name, f"phantom_patients={patients}"), 1, said.append)
    assert len(prepared.images) == images
    assert said == ["no data given: drawing mammogram phantoms of 2 patients (seed 0)"]
