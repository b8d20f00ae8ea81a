"""Figures per view find the view that is drawn badly, and say where there are too few images."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.medical.results.schema import ViewFigures, check_summary
from medgan_fashion.medical.results.views import FEWEST, Pictured, Sets, patch_distances, spread, view_figures
from medgan_fashion.runs.stages.images import UNKNOWN_VIEW
from tests.report.conftest import make_summary

NAMES = ("CC", "MLO", "ML")


def pictured(n: int, seed: int, views: np.ndarray | None = None, shift: float = 0.0) -> Pictured:
    """n images of two classes and views CC and MLO in turn; the features of MLO images are moved by `shift`."""
    rng = np.random.default_rng(seed)
    labels, given = np.arange(n) % 2, np.arange(n) // 2 % 2 if views is None else views
    features = rng.normal(size=(n, 8)) + shift * (given == 1)[:, None]
    images = rng.random((n, 1, 20, 16), dtype=np.float32)
    return Pictured(images, labels, features, np.where(given == 0, labels, 0), given)


def sets(synthetic: Pictured | None = None) -> Sets:
    train = pictured(48, 1)
    worse = {"blurred": pictured(48, 2, shift=1), "noisy": pictured(48, 3, shift=2)}
    return {"test": pictured(40, 0), "synthetic": synthetic or pictured(48, 4, shift=3), "train": train, **worse}


def test_the_badly_drawn_view_is_found() -> None:
    good, bad = view_figures(sets(), NAMES, 2, seed=0)
    assert (good["view"], bad["view"]) == ("CC", "MLO")
    assert (good["n"], bad["n"]) == (20, 20)
    assert good["kid"]["synthetic"]["mean"] < 0.3 * bad["kid"]["synthetic"]["mean"]
    assert bad["kid"]["train"]["mean"] < bad["kid"]["blurred"]["mean"] < bad["kid"]["noisy"]["mean"]
    assert good["class_agreement"] == {"synthetic": 1.0, "test": 1.0, "chance": 0.5}
    assert bad["class_agreement"]["synthetic"] == 0.5
    assert 0 < good["diversity"]["synthetic"] <= 1.2


def test_too_few_images_are_said_and_not_judged() -> None:
    given = sets()
    views = np.zeros(40, dtype=np.int64)
    views[: FEWEST - 1] = 1
    given["test"] = pictured(40, 0, views)
    enough, few = view_figures(given, NAMES, 2, seed=0)
    assert enough["note"] is None
    assert few["note"] == "too few images: 5 held-out; 6 are needed"
    assert few["kid"] is few["class_agreement"] is few["diversity"] is None


def test_a_view_that_only_training_has_is_named() -> None:
    given = sets()
    views = np.arange(48) // 2 % 2
    views[:3] = 2
    given["train"] = pictured(48, 1, views)
    assert view_figures(given, NAMES, 2, seed=0)[2]["note"] == (
        "too few images: 0 held-out, 3 training, 0 synthetic; 6 are needed"
    )


def test_a_gan_that_was_not_told_views_cannot_be_judged_by_them() -> None:
    untold = replace(pictured(48, 4), view_positions=np.full(48, UNKNOWN_VIEW))
    assert {row["note"] for row in view_figures(sets(untold), NAMES, 2, seed=0)} == {
        "the GAN was not told the view; set gan.by_view"
    }


def test_one_view_needs_no_table() -> None:
    one = {name: replace(found, view_positions=np.ones_like(found.labels)) for name, found in sets().items()}
    assert view_figures(one, NAMES, 2, seed=0) == []


def test_a_class_with_one_image_has_no_diversity() -> None:
    lone = Pictured(
        np.zeros((2, 1, 16, 16), "f4"), np.array([0, 1]), np.zeros((2, 3)), np.zeros(2, int), np.zeros(2, int)
    )
    assert spread({"synthetic": lone, "train": lone}, 0) == {"synthetic": None, "real": None}


def test_figures_fit_the_schema() -> None:
    summary = make_summary()
    summary["judge"][0] |= {"views": view_figures(sets(), NAMES, 2, seed=0), "swd": patch_distances(sets(), 0)}
    assert list(summary["judge"][0]["swd"]["synthetic"]) == ["16"]
    check_summary(summary)
    assert set(summary["judge"][0]["views"][0]) == set(ViewFigures.__annotations__)
    summary["judge"][0]["views"][0]["kid"]["train"] = 3
    with pytest.raises(ValueError, match=r"views\[0\]\.kid\.train"):
        check_summary(summary)
