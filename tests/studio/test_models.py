"""The models of finished runs by readable names, what is warned of, and how variety becomes truncation."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from medgan_fashion.gan.networks.latent import sample_latent
from medgan_fashion.gan.recipe.table import Latent
from medgan_fashion.studio.generate.models import list_models, truncation
from medgan_fashion.studio.runs import Run, read_run
from tests.apps.tiny_study import shared_study
from tests.report.conftest import CLASSES, make_summary
from tests.studio.planted_models import ROWS, models_of, plant_gan, plant_run


def gan(name: str, fold: int, classes: list[str], rows: str = ROWS) -> dict[str, Any]:
    """A line of the summary."""
    return make_summary()["gans"][0] | {"name": name, "fold": fold, "classes": classes, "training_rows": rows}


def test_a_real_ablation_by_fold_and_repeat(tmp_path_factory: pytest.TempPathFactory) -> None:
    models = models_of(shared_study(tmp_path_factory))
    assert [one.name for one in models] == ["tiny, fold 1, repeat 1", "tiny, fold 2, repeat 1"]
    assert {(one.kind, one.shape, one.conditional, one.prior) for one in models} == {
        ("medical", (1, 16, 16), True, "normal")
    }
    assert models[0].classes == ("cyst", "metastasis", "hemangioma")
    assert models[0].path.is_file()


def test_gans_of_a_class_each_and_of_a_choice_have_names_of_their_own(tmp_path: Path) -> None:
    gans = [gan(f"GAN, class {k}", 0, [label]) for k, label in enumerate(CLASSES)]
    gans.append(gan("GAN, inner choice, class 0", 1, [CLASSES[0]], "inner"))
    run = plant_run(tmp_path / "study", gans=gans)
    for k, label in enumerate(CLASSES[:2]):
        plant_gan(run, f"aa{k}", "dcgan", (), ROWS, label=label)
    plant_gan(run, "bb", "dcgan", (), "inner", label=CLASSES[0])
    plant_gan(run, "cc0123456789", "dcgan", (), "rows that no summary names")
    models = models_of(run)
    assert sorted(one.name for one in models) == [
        "study, GAN cc0123",
        "study, fold 1, repeat 1, class cyst <1 cm & thin",
        "study, fold 1, repeat 1, class metastasis",
        "study, fold 2, repeat 1, inner choice, class cyst <1 cm & thin",
    ]
    assert {one.conditional for one in models} == {False}
    assert [one.classes for one in models if "metastasis" in one.name] == [("metastasis",)]


def test_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    run = plant_run(tmp_path / "study")
    for key in ("abcdef01", "bcdef012"):
        plant_gan(run, key, "cgan", tuple(CLASSES), ROWS)
    assert [one.name for one in models_of(run)] == [f"study, fold 1, repeat 1 ({key})" for key in ("abcdef", "bcdef0")]


def test_alarms_and_near_copies_are_warned_of(tmp_path: Path) -> None:
    run = plant_run(tmp_path / "study")  # whose first fold has a near copy
    plant_gan(run, "aa", "cgan", tuple(CLASSES), ROWS, alarm="collapse: all pictures alike")
    (model,) = models_of(run)
    assert model.warnings[0] == "An alarm ended this model's training: collapse: all pictures alike"
    assert model.warnings[1].startswith("1 near copy of training images found among this fold's synthetic images")


def test_what_is_damaged_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    run = plant_run(tmp_path / "study")
    plant_gan(run, "aa", "cgan", tuple(CLASSES), ROWS)
    broken = run / "stages" / "train_gan" / "bb"
    broken.mkdir()
    (broken / "model.safetensors").write_bytes(b"no model")
    (run / "stages" / "train_gan" / ".cc.work").mkdir()  # of a training that goes on
    other = plant_run(tmp_path / "other")
    (other / "results" / "summary.json").write_text(json.dumps({"title": "of an old version"}))
    found = tuple(one for one in map(read_run, (run, other)) if one)
    models, damaged = list_models(found)
    assert len(models) == 1
    assert "is no model of this package" in damaged[0]
    assert "is missing" in damaged[1]


def test_the_garments_gan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "shop"
    folder = plant_gan(run, "aa", "cgan", ("shirts", "shoes"), "")
    (run / "results").mkdir()
    (run / "results" / "summary.json").write_text(json.dumps({"chain": "garments", "gan": {"near_copies": 2}}))
    empty = dict.fromkeys(("catalogue", "shelf", "history", "encoder", "latent_encoder", "limits"), "")
    parts = empty | {"gan": str(folder.relative_to(run)), "split": [], "models": {}, "ensemble": [], "held_out": []}
    (run / "results" / "parts.json").write_text(json.dumps(parts | {"settings": {}}))
    (model,) = models_of(run)
    assert (model.name, model.kind, model.classes) == ("shop, garments", "garments", ("shirts", "shoes"))
    assert model.warnings[0].startswith("2 near copies of training images found among this model's drawings")


def test_no_run_no_model() -> None:
    assert list_models(()) == ([], [])
    missing = Run(Path("nowhere"), "nowhere", "garments", 0.0)
    assert "does not exist" in list_models((missing,))[1][0]


@pytest.mark.parametrize("prior", ["normal", "uniform"])
@pytest.mark.parametrize("variety", [0.1, 0.5, 0.95])
def test_variety_is_the_share_of_the_prior_that_is_kept(prior: Any, variety: float) -> None:
    bound = truncation(prior, variety)
    assert bound is not None
    free = sample_latent(Latent(prior=prior), 2000, torch.Generator().manual_seed(0))
    assert float((free.abs() <= bound).float().mean()) == pytest.approx(variety, abs=0.01)
    kept = sample_latent(Latent(prior=prior), 100, torch.Generator().manual_seed(0), bound)
    assert float(kept.abs().max()) <= bound * 1.001


def test_full_variety_is_no_truncation_and_a_sphere_has_none() -> None:
    assert [truncation(prior, 1.0) for prior in ("normal", "uniform", "sphere")] == [None, None, None]
    with pytest.raises(ValueError, match="sphere"):
        truncation("sphere", 0.5)
    with pytest.raises(ValueError, match="variety is 0"):
        truncation("normal", 0.0)
