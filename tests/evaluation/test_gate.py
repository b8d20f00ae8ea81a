"""The gate's rules in closed form; the whole gate on planted candidates."""

import numpy as np
import pytest
import torch

from medgan_fashion.evaluation.encoder import train_encoder
from medgan_fashion.evaluation.screening.gate import (
    Reals,
    fill_places,
    gate,
    nearest_reals,
    realism_limits,
    within_quota,
)
from medgan_fashion.evaluation.screening.thresholds import REASONS, GateConfig
from medgan_fashion.imaging.prepare.near_copies.copies import find_copies


def test_quota_keeps_the_first_of_each_real() -> None:
    passed = np.array([1, 1, 0, 1, 1, 1], bool)
    kept = within_quota(passed, np.array([0, 0, 0, 0, 1, 0]), 2)
    assert kept.tolist() == [True, True, False, False, True, False]


def test_places_are_filled_in_order_by_class() -> None:
    labels, passed = np.array([0, 1, 1, 0, 1]), np.array([1, 0, 1, 1, 1], bool)
    assert fill_places(np.array([1, 0, 0, 0, 1, 1]), labels, passed).tolist() == [2, 0, 3, -1, 4, -1]


def test_realism_is_measured_between_patients_of_a_class() -> None:
    reals, labels, groups = np.array([[0.0], [0.1], [1.0], [5.0]]), np.array([0, 0, 0, 1]), np.array([0, 0, 1, 2])
    limits = realism_limits(reals, labels, groups, 0.5)
    assert np.isclose(limits[0], 0.9)  # 1.0, 0.9, 0.9: the own patient at 0.1 does not count
    assert limits[1] == np.inf
    at, distance = nearest_reals(np.array([[0.8], [0.8]]), np.array([0, 1]), reals, labels)
    assert at.tolist() == [2, 3]
    assert np.allclose(distance, [0.2, 4.2])


def _blobs(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two classes that anyone can tell apart, bars that lie and bars that stand, on their own texture."""
    rng, labels = np.random.default_rng(seed), np.arange(n) % 2
    canvases = 0.25 + 0.06 * rng.normal(size=(n, 1, 24, 24))
    for canvas, label, at in zip(canvases[:, 0], labels, rng.integers(9, 14, n), strict=True):
        canvas[(slice(at, at + 3), slice(6, 18)) if label == 0 else (slice(6, 18), slice(at, at + 3))] += 0.5
    return canvases.clip(0, 1).astype(np.float32), labels


@pytest.fixture(scope="module")
def study() -> tuple:
    torch.set_num_threads(1)
    canvases, labels = _blobs(30, 0)
    reals = Reals(canvases, (16, 16), labels, np.arange(30), np.zeros(30, np.int64))
    return reals, train_encoder(reals.views, labels, 2, updates=80, seed=0)


def _gate(study: tuple, images: np.ndarray, labels: np.ndarray, **changes: float):
    reals, encoder = study
    images, unknown = images.astype(np.float32), np.full(len(labels), -1)
    copies = find_copies(images, reals.canvases, reals.size, reals.groups)
    return gate(images, labels, unknown, reals.labels[:20], reals, copies, encoder, GateConfig(**changes))


def test_planted_candidates_fall_for_their_reasons(study: tuple) -> None:
    reals, _ = study
    canvases, labels = _blobs(20, 1)
    fresh = np.ascontiguousarray(canvases[..., 4:20, 4:20])
    board = (np.indices((16, 16)).sum(0) % 2) * 2 - 1
    failed = {
        name: _gate(study, images, asked).failed
        for name, images, asked in (
            ("fresh", fresh, labels),
            ("label", fresh, 1 - labels),
            ("artefact", (fresh + 0.25 * board).clip(0, 1), labels),
            ("near copy", reals.views[:20, ..., ::-1].copy(), reals.labels[:20]),
        )
    }
    assert failed["fresh"][:, REASONS.index("near copy")].sum() <= 1  # bars at one place are much alike
    assert failed["fresh"].any(1).mean() < 0.6
    for name in ("label", "artefact", "near copy"):
        assert failed[name][:, REASONS.index(name)].mean() > 0.9, name


def test_a_collapsed_generator_is_stopped_by_the_quota(study: tuple) -> None:
    canvases, labels = _blobs(20, 1)
    fresh = np.ascontiguousarray(canvases[..., 4:20, 4:20])
    good = int(np.flatnonzero(_gate(study, fresh, labels).passed)[0])
    jitter = np.random.default_rng(4).normal(0, 0.005, (30, 1, 16, 16))
    found = _gate(study, (fresh[good] + jitter).clip(0, 1), np.full(30, labels[good]))
    assert found.passed.sum() <= 3
    assert found.reasons.count("quota") > 15
    assert (found.chosen >= 0).sum() == found.passed.sum()


@pytest.mark.parametrize("change", [{"candidates": 0.5}, {"quantile": 1.0}, {"quota": 0.0}, {"artefact_sds": 0.0}])
def test_thresholds_that_make_no_sense(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"gate\."):
        GateConfig(**change)
