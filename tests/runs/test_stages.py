"""The shared image stages: folds carry views, and a GAN that is told views draws them as its training rows have."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from medgan_fashion.gan.networks.card import DataCard
from medgan_fashion.imaging.cases.config import IntensityConfig
from medgan_fashion.imaging.prepare.imageset import Card, ImageSet
from medgan_fashion.runs.engine.stage import complete
from medgan_fashion.runs.stages import images as stages
from medgan_fashion.runs.stages.copies import load_copies, near_copies
from medgan_fashion.runs.stages.folds import Fold, load_fold, store_rows, test_fold, training_fold
from medgan_fashion.runs.stages.images import UNKNOWN_VIEW, gan_classes, load_synthetic, save_synthetic, synthesise

LABELS = np.array([0, 0, 0, 1, 1, 1, 1, 1, 0, 1])
VIEWS = np.array([0, 0, 1, 1, 1, 1, 2, 2, 0, 1])  # class 0 has no view 2, class 1 no view 0


def films(views: np.ndarray = VIEWS) -> ImageSet:
    n = len(LABELS)
    pixels = np.random.default_rng(0).random((n, 1, 20, 16), dtype=np.float32)
    card = Card(("benign", "malignant"), (20, 16), tuple("abcdefghij"), "patient", "grey", "t", ("CC", "MLO", ""))
    flat = np.zeros((n, 2, 3))
    return ImageSet(
        pixels, LABELS, np.arange(n), np.arange(n), np.full(n, 9.0, "f4"), np.arange(n), np.zeros(n, bool), views, flat,
        card=card,
    )  # fmt: skip


def stored(run: Path, images: ImageSet) -> Path:
    task = training_fold.task(rows=store_rows(run, images), intensity=IntensityConfig(kind="range"))
    return complete(task, run)


@pytest.fixture
def training(tmp_path: Path) -> Path:
    return stored(tmp_path, films())


def test_folds_carry_views_and_their_names(tmp_path: Path, training: Path) -> None:
    fold = load_fold(training)
    np.testing.assert_array_equal(fold.view_positions, VIEWS)
    assert fold.position_names == ("CC", "MLO", "")
    rows = store_rows(tmp_path, films().take([2, 6]))
    task = training_fold.task(rows=store_rows(tmp_path, films()), intensity=IntensityConfig(kind="range"))
    held_out = load_fold(complete(test_fold.task(rows=rows, training=task), tmp_path))
    assert [held_out.position_names[at] for at in held_out.view_positions] == ["MLO", ""]


def test_a_gan_is_told_the_pairs_that_occur(training: Path) -> None:
    fold = load_fold(training)
    told, names = gan_classes(fold, by_view=True)
    assert names == ("benign CC", "benign MLO", "malignant MLO", "malignant of unknown view")
    assert [names[t] for t in told[:4]] == ["benign CC", "benign CC", "benign MLO", "malignant MLO"]
    np.testing.assert_array_equal(gan_classes(fold, by_view=False)[0], LABELS)
    one_view = replace(fold, view_positions=np.ones(len(LABELS), dtype=np.int64))
    assert gan_classes(one_view, by_view=True)[1] == ("benign", "malignant")


class _Told:
    """A model whose images are filled with the number it was told."""

    card = DataCard((1, 20, 16), (0.0, 1.0), "float32")

    def generate(self, n: int, labels: torch.Tensor, seed: int = 0) -> torch.Tensor:
        return (labels.float() / 10)[:, None, None, None].expand(n, *self.card.shape)


def made(run: Path, training: Path, by_view: bool, monkeypatch: pytest.MonkeyPatch, n: int = 35) -> Path:
    monkeypatch.setattr(stages, "load_model", lambda path: _Told())
    work = run / "made"
    work.mkdir(exist_ok=True)
    synthesise.function(work, training=training, gans=[run / "gan"], n=n, seed=3, by_view=by_view)
    return work


def pairs(fold: Fold, labels: np.ndarray, views: np.ndarray) -> Counter:
    return Counter((fold.classes[k], fold.position_names[v]) for k, v in zip(labels, views, strict=True))


def test_synthetic_views_follow_the_training_rows(
    tmp_path: Path, training: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = load_fold(training)
    found = load_synthetic(made(tmp_path, training, True, monkeypatch), fold)
    told, _ = gan_classes(fold, by_view=True)
    number = {(k, v): t for k, v, t in zip(LABELS, VIEWS, told, strict=True)}
    asked = [number[k, v] for k, v in zip(found.labels, found.view_positions, strict=True)]
    np.testing.assert_allclose(found.images[:, 0, 0, 0], np.array(asked, dtype="f4") / 10)
    once = pairs(fold, LABELS, VIEWS)
    for rounds in (1, 2, 3):  # any whole number of rounds has exactly the training rows' proportions
        drawn = pairs(fold, found.labels[: 10 * rounds], found.view_positions[: 10 * rounds])
        assert drawn == Counter({pair: rounds * count for pair, count in once.items()})


def test_a_gan_that_was_not_told_views_says_none(
    tmp_path: Path, training: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = load_synthetic(made(tmp_path, training, False, monkeypatch), load_fold(training))
    assert set(found.view_positions.tolist()) == {UNKNOWN_VIEW}
    single = stored(tmp_path, films(np.ones_like(VIEWS)))
    found = load_synthetic(made(tmp_path, single, False, monkeypatch), load_fold(single))
    assert set(found.view_positions.tolist()) == {1}  # where all rows are MLO, so are the images


def test_a_view_of_another_row_leaves_a_training_set_s_key(tmp_path: Path) -> None:
    """A fold's key depends on its own rows' views, and on no other's."""
    moved = VIEWS.copy()
    moved[9] = 0
    keys = [store_rows(tmp_path, films(views).take(np.arange(9))).key for views in (VIEWS, moved)]
    assert keys[0] == keys[1]
    moved[3] = 0
    assert store_rows(tmp_path, films(moved).take(np.arange(9))).key != keys[0]


def test_provenance_says_synthetic(tmp_path: Path, training: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = json.loads((made(tmp_path, training, True, monkeypatch) / "provenance.json").read_text())
    assert about["synthetic"] is True
    assert about["training_rows"] == load_fold(training).training_rows


@pytest.mark.parametrize("by_class", [False, True])
def test_copies_are_looked_for_where_the_gan_looked(tmp_path: Path, training: Path, by_class: bool) -> None:
    """A drawing of class 0 that is a row of class 1: what a GAN of class 0 alone never saw."""
    fold = load_fold(training)
    synthetic, work = tmp_path / "synthetic", tmp_path / "copies"
    for folder in (synthetic, work):
        folder.mkdir()
    save_synthetic(synthetic, fold.views[[3, 5, 1]], np.array([0, 1, 0]), fold, ["a model"])
    near_copies.function(work, training, synthetic, by_class, seed=0)
    found = load_copies(work)
    assert found.copied_from[1:].tolist() == [5, 1]
    assert found.similarity[1:] == pytest.approx(1)
    assert (found.copied_from[0] == 3) == (not by_class)
    assert (LABELS[found.copied_from[0]] == 0) == by_class
    assert len(found.others) == len(LABELS)
