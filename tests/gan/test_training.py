"""The loop's promises: silence, no global state, every kind of data, alarms, errors in words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.gan import RECIPES, Recipe, Score, load_model, train
from medgan_fashion.gan.training.data import shuffled_positions
from medgan_fashion.gan.training.watch import collapse_alarm, diversity

from .test_recipes import phantoms, tiny


def test_global_state_and_screen_stay_untouched(capsys: pytest.CaptureFixture[str]) -> None:
    images, labels = phantoms()
    torch.manual_seed(5)
    np.random.seed(5)
    before = (
        torch.get_rng_state(),
        np.random.get_state(legacy=False),
        torch.get_default_dtype(),
        torch.get_num_threads(),
    )
    model = train(tiny("small"), images, labels=labels, images_seen=64, progress=False).model
    model.generate(3)
    after = (
        torch.get_rng_state(),
        np.random.get_state(legacy=False),
        torch.get_default_dtype(),
        torch.get_num_threads(),
    )
    assert torch.equal(before[0], after[0])
    assert str(before[1]) == str(after[1])
    assert before[2:] == after[2:]
    assert capsys.readouterr() == ("", "")


def test_epochs_show_every_row_once() -> None:
    rows = np.concatenate([shuffled_positions(10, 1, start, 5) for start in range(0, 20, 5)])
    assert sorted(rows[:10]) == list(range(10)) == sorted(rows[10:])
    assert not np.array_equal(rows[:10], rows[10:])
    assert np.array_equal(shuffled_positions(10, 1, 7, 5), rows[7:12])


def test_dataset_function_and_iterable() -> None:
    images, labels = phantoms()
    pairs = [(torch.from_numpy(image), int(label)) for image, label in zip(images, labels, strict=True)]

    def batch(seed: int, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        rows = np.random.default_rng((seed, i)).integers(0, len(images), 8)
        return torch.from_numpy(images[rows]), torch.from_numpy(labels[rows])

    names = ["a", "b", "c"]
    assert train(tiny("small"), pairs, classes=names, images_seen=16, progress=False).exact_resume
    assert train(tiny("small"), batch, classes=names, images_seen=16, progress=False).exact_resume
    stream = [batch(0, i) for i in range(3)]
    assert not train(tiny("small"), (b for b in stream * 4), classes=names, images_seen=16, progress=False).exact_resume


def test_labels_by_name_and_number() -> None:
    images, labels = phantoms()
    model = train(
        tiny("cgan"), images, labels=labels, classes=["cyst", "met", "hem"], images_seen=16, progress=False
    ).model
    assert torch.equal(model.generate(2, "met"), model.generate(2, [1, 1]))
    with pytest.raises(ValueError, match="cyst, met, hem"):
        model.generate(2, "polyp")


def test_lowest_score_is_kept_at_an_alarm_and_the_last_average_otherwise() -> None:
    images, labels = phantoms()

    def go(alarm_at: int):
        scores = iter([3.0, 1.0, 2.0, 4.0])

        def batch(seed: int, i: int) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.from_numpy(images[:8]) * (float("nan") if i >= alarm_at else 1.0), torch.from_numpy(labels[:8])

        return train(
            tiny("small"),
            batch,
            classes=["a", "b", "c"],
            images_seen=64,
            check_every=16,
            progress=False,
            score=Score("a planted score", lambda made, y: next(scores), images=8),
        ).model.facts["selected"]

    assert go(alarm_at=48) == {"by": "a planted score", "score": 1.0, "images_seen": 32}
    assert go(alarm_at=1000) == {"by": "the last average", "score": 4.0, "images_seen": 64}


def test_nan_alarm_names_the_term_and_keeps_the_last_healthy_weights(tmp_path: Path) -> None:
    images, labels = phantoms()
    poisoned = images.copy()

    def batch(seed: int, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        made = torch.from_numpy(poisoned[:8]) * (float("nan") if i >= 160 else 1.0)
        return made, torch.from_numpy(labels[:8])

    trained = train(
        tiny("small"),
        batch,
        classes=["a", "b", "c"],
        images_seen=1600,
        check_every=80,
        out=tmp_path,
        progress=False,
    )
    assert trained.alarm is not None
    assert "'critic'" in trained.alarm
    assert "160 images seen" in trained.alarm
    assert trained.model.facts["selected"]["images_seen"] <= 160
    assert torch.isfinite(load_model(tmp_path / "model.safetensors").generate(4)).all()
    again = train(
        tiny("small"),
        batch,
        classes=["a", "b", "c"],
        images_seen=1600,
        check_every=80,
        out=tmp_path,
        progress=False,
    )
    assert again.alarm == trained.alarm


def test_diversity_and_collapse_rule() -> None:
    images, labels = (torch.from_numpy(a) for a in phantoms())
    assert diversity(images[:1].repeat(6, 1, 1, 1), None) == pytest.approx(0.0, abs=1e-6)
    # within a class: three constant classes are a collapse although they differ from each other
    assert diversity(images[:3].repeat(4, 1, 1, 1), labels[:3].repeat(4)) == pytest.approx(0.0, abs=1e-6)
    rows = [{"images_seen": i, "diversity": 0.01} for i in (10, 20, 30, 40)]
    assert collapse_alarm(rows, warm_up=30) is None
    assert "collapsed" in (collapse_alarm(rows, warm_up=20) or "")
    assert collapse_alarm([*rows, {"images_seen": 50, "diversity": 0.5}], warm_up=20) is None


def test_doors() -> None:
    images, labels = phantoms()
    plain = to_plain(RECIPES["small"])
    for wrong, data, kwargs in [
        ("NaN", np.full_like(images, np.nan), {}),
        ("constant", np.ones_like(images), {}),
        ("outside", images * 300, {}),
        ("channels last", images.transpose(0, 2, 3, 1), {}),
        ("23 labels", images, {"labels": labels[:23]}),
        ("conditional", images, {"labels": None}),
        ("multiples of 8", images[:, :, :15, :], {}),
    ]:
        with pytest.raises(ValueError, match=wrong):
            train("small", data, **{"labels": labels, "images_seen": 32, "progress": False, **kwargs})
    with pytest.raises(ValueError, match="wgan_gp"):
        train("stylegan9", images, images_seen=32)
    with pytest.raises(ValueError, match="unknown penalty 'r7'"):
        train(
            from_plain(Recipe, {**plain, "penalties": [{"name": "r7", "weight": 1.0}]}),
            images,
            labels=labels,
            images_seen=32,
        )


def test_another_training_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    images, labels = phantoms()
    train(tiny("small"), images, labels=labels, images_seen=16, out=tmp_path, progress=False)
    with pytest.raises(ValueError, match=r"seed: 0 -> 1"):
        train(tiny("small"), images, labels=labels, images_seen=32, seed=1, out=tmp_path, progress=False)
    with pytest.raises(ValueError, match="fingerprint"):
        train(tiny("small"), images * 0.5, labels=labels, images_seen=32, out=tmp_path, progress=False)
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match="not a checkpoint"):
        train(tiny("small"), images, labels=labels, images_seen=32, out=tmp_path, progress=False)
    (tmp_path / "model.safetensors").write_bytes(b"not a model")
    with pytest.raises(ValueError, match="not a safetensors file"):
        load_model(tmp_path / "model.safetensors")


def test_an_average_of_spectrally_normalised_layers_keeps_unit_estimates() -> None:
    recipe = replace(tiny("biggan"), ema_half_life=1_000)
    images, labels = phantoms()
    model = train(recipe, images, labels=labels, images_seen=320, progress=False).model
    vectors = [v for k, v in model.generator.state_dict().items() if k.endswith(("._u", "._v"))]
    assert vectors
    for vector in vectors:
        assert float(vector.norm()) == pytest.approx(1.0, abs=1e-4)


def test_few_labels_give_no_classes_on_demand() -> None:
    images, labels = phantoms()
    few = np.where(np.arange(24) % 4 == 0, labels, -1)
    model = train(tiny("sgan"), images, labels=few, images_seen=16, progress=False).model
    assert model.labels(None, 4) is None  # G draws no class on demand: no invented labels in a file
    assert model.classify(torch.from_numpy(images)).shape == (24, 3)
    with pytest.raises(ValueError, match="draws no class on demand"):
        model.generate(2, labels=[0, 1])
    with pytest.raises(ValueError, match="a label below 0"):
        train(tiny("cgan"), [(image, -1) for image in images], classes=["a"], images_seen=16, progress=False)
    with pytest.raises(ValueError, match="not of"):
        model.translate(torch.zeros(2, 1, 16, 16))


def test_a_start_from_the_own_folder_is_refused(tmp_path: Path) -> None:
    images, _ = phantoms()
    train(tiny("dcgan"), images, images_seen=16, out=tmp_path, progress=False)
    with pytest.raises(ValueError, match="init_from lies in the out folder"):
        train(tiny("dcgan"), images, images_seen=32, out=tmp_path, init_from=tmp_path / "model.safetensors")
    other = train(
        tiny("dcgan"), images, images_seen=32, out=tmp_path / "new", init_from=tmp_path / "model.safetensors",
        progress=False,
    )  # fmt: skip
    assert other.model.facts["started_from"]["images_seen"] == 16
