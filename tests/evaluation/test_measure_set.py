"""All measures at once: the order real halves < blurred < noise, classes or none, and what is left out."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.evaluation.encoder import encoder_for_set, orientations_to_tell
from medgan_fashion.evaluation.images.degrade import blurred
from medgan_fashion.evaluation.images.report import MEASURES, Effort, ImagesToMeasure, Measured, Row, measure_set
from tests.evaluation.planted_images import stripes

QUICK = Effort(updates=30, seeds=1, halvings=2, permutations=99, pairs=10)
IMAGES, LABELS = stripes(240, 0, 3)
REAL = ImagesToMeasure(IMAGES, LABELS)


def rows(found: Measured) -> dict[str, Row]:
    return {row.name: row for row in found.rows}


@pytest.fixture(scope="module")
def measured() -> dict[str, Measured]:
    images, labels = stripes(90, 1, 3)
    noise = np.random.default_rng(0).random(images.shape, dtype=np.float32)
    sets = {"good": images, "blurred": blurred(images, 0.7), "noise": noise}
    given = {name: ImagesToMeasure(one, None if name == "blurred" else labels) for name, one in sets.items()}
    return {name: measure_set(REAL, one, n_classes=3, effort=QUICK) for name, one in given.items()}


def test_every_measure_is_a_row_or_left_out_with_a_reason(measured: dict[str, Measured]) -> None:
    found = measured["good"]
    names = {"SWD" if name.startswith("SWD") else name for name in rows(found)}
    assert names | set(found.left_out) == set(MEASURES)
    assert set(found.left_out) == {"FID", "FID-infinity"}
    assert found.left_out["FID"] == "needs at least 640 images of each kind for 64 features; there are 80"
    assert found.n == 80
    assert "learned to tell 3 classes apart from 80 real images, which are not measured" in found.encoder
    for row in found.rows:
        assert row.low <= row.reals <= row.high
        assert np.isfinite(row.value)


@pytest.mark.parametrize("name", ["KID x 1000", "SWD 16 px"])
def test_distances_come_in_order(measured: dict[str, Measured], name: str) -> None:
    """Halves of the reals, then pictures a little blurred, then noise."""
    good, soft, noise = (rows(measured[kind])[name] for kind in ("good", "blurred", "noise"))
    assert max(good.value, good.high) < soft.value < noise.value
    assert good.reals == soft.reals == noise.reals
    assert good.better == "lower"


def test_likeness_and_classes_fall_in_order(measured: dict[str, Measured]) -> None:
    good, noise = rows(measured["good"]), rows(measured["noise"])
    for name in ("precision", "recall", "coverage", "density", "CAS", "GAN-test", "Inception Score"):
        assert good[name].value > noise[name].value
    assert noise["C2ST accuracy"].value > 0.9
    assert abs(good["C2ST accuracy"].value - 0.5) < 0.2
    assert good["CAS"].value == pytest.approx(1, abs=0.1)
    assert "; p = " in good["C2ST accuracy"].reading


def test_a_collapse_shows_where_two_images_are_compared() -> None:
    images, labels = stripes(3, 5, 3)
    same = ImagesToMeasure(np.tile(images, (30, 1, 1, 1)), np.tile(labels, 30))
    found = rows(measure_set(REAL, same, n_classes=3, effort=QUICK))
    assert found["MS-SSIM of pairs"].value == pytest.approx(1)
    assert found["SSIM diversity"].value == pytest.approx(0, abs=1e-6)
    assert found["MS-SSIM of pairs"].high < 0.8
    assert found["recall"].value < 0.1
    assert found["Inception Score"].value > 0.9 * found["Inception Score"].reals  # it is blind to it


def test_without_classes_the_encoder_learns_orientations() -> None:
    fake = ImagesToMeasure(stripes(40, 1, 3)[0])
    effort = replace(QUICK, updates=5)
    found = measure_set(ImagesToMeasure(IMAGES), fake, effort=effort)
    assert "which way up" in found.encoder
    assert {"Inception Score", "CAS", "GAN-test"} <= set(found.left_out)
    assert found == measure_set(ImagesToMeasure(IMAGES), fake, effort=effort)


def test_held_out_reals_take_the_place_of_the_halves() -> None:
    unseen = ImagesToMeasure(*stripes(60, 7, 3))
    copies, effort = ImagesToMeasure(IMAGES[:40], LABELS[:40]), replace(QUICK, updates=5)
    found = measure_set(REAL, copies, held_out=unseen, n_classes=3, effort=effort)
    assert found.n == 30
    assert "from 240 real images" in found.encoder


def test_fid_comes_in_order_where_images_suffice() -> None:
    from medgan_fashion.evaluation.images.report import feature_figures

    rng = np.random.default_rng(0)
    real, other = rng.normal(size=(2, 160, 8))
    found = [feature_figures(real, one, 0) for one in (other, 0.7 * other, 5 + 0.1 * other)]
    for name in ("FID", "FID-infinity"):
        values = [one[name] for one in found]
        assert values == sorted(values)
    assert abs(found[0]["FID-infinity"]) < 0.5
    assert "FID" not in feature_figures(real[:40], other[:40], 0)


@pytest.mark.parametrize("shape", [(16, 16), (16, 20)])
def test_orientations(shape: tuple[int, int]) -> None:
    image = np.arange(np.prod(shape), dtype=np.float32).reshape(1, 1, *shape)
    views, which = orientations_to_tell(image)
    assert views.shape == (4, 1, *shape)
    assert len({view.tobytes() for view in views}) == 4
    np.testing.assert_array_equal(which, range(4))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="bring them to one"):
        measure_set(REAL, ImagesToMeasure(IMAGES[..., :8]), effort=QUICK)
    with pytest.raises(ValueError, match="too few for a half of 6"):
        measure_set(REAL, ImagesToMeasure(IMAGES[:5]), effort=QUICK)
    with pytest.raises(ValueError, match="16x8 pixels are too small"):
        encoder_for_set(IMAGES[..., :8], LABELS, 3)


def test_few_patients_leave_the_two_sample_test_out() -> None:
    groups = np.arange(240) // 40
    few = ImagesToMeasure(IMAGES, None, groups)
    found = measure_set(few, ImagesToMeasure(IMAGES[:40]), effort=replace(QUICK, updates=5))
    assert "two groups of each set" in found.left_out["C2ST accuracy"]
