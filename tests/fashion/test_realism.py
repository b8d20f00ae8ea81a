import numpy as np
import pytest
import torch

from medgan_fashion.fashion.design.realism import fit_realism, measure_realism, own_distances, shortfall

from .tiny_atelier import atelier, catalogue, garments


def planted() -> np.ndarray:
    """Features (120, 1): items at 0, held-out ones of rank r of their category at r / 10."""
    features, held_out = np.zeros((120, 1)), catalogue().held_out
    for category in range(2):
        rows = np.flatnonzero(held_out & (catalogue().category == category))
        features[rows, 0] = (1 + np.arange(len(rows))) / 10
    return features


def test_the_threshold_is_a_quantile_of_held_out_photos() -> None:
    realism = fit_realism(planted(), catalogue(), 0.5)
    assert len(realism.held_out[0]) == 15
    assert realism.threshold(0) == pytest.approx(0.8)
    away = realism.distances(np.array([[0.3], [-2.0]]), 0)
    assert away.tolist() == pytest.approx([0.3, 2.0])
    assert realism.quantiles(away, 0).tolist() == pytest.approx([2 / 15, 1.0])


def test_the_nearest_items_come_first() -> None:
    realism = fit_realism(np.arange(120.0)[:, None], catalogue(), 0.95)
    rows, away = realism.nearest(np.array([[10.2]]), np.array([3, 9, 10, 11, 90]), 3)
    assert rows.tolist() == [[10, 11, 9]]
    assert away[0].tolist() == pytest.approx([0.2, 0.8, 1.2])


def test_without_enough_held_out_photos_the_catalogue_is_held_against_itself() -> None:
    items = catalogue().take(np.flatnonzero(~catalogue().held_out))
    features = np.arange(len(items), dtype=np.float64)[:, None]
    assert fit_realism(features, items, 0.95).threshold(0) == 1.0
    assert own_distances(np.array([[0.0], [0.5], [3.0]]), np.array([0, 0, 1])).tolist() == [3.0, 2.5, 2.5]


def test_a_real_photo_falls_short_of_nothing_and_another_shape_of_its_category() -> None:
    made = atelier()
    realism = measure_realism(made, 1.0)
    rows = np.flatnonzero(catalogue().category == 1)[:4]
    images = torch.as_tensor(catalogue().floats(rows))
    assert float(shortfall(made, realism, images, torch.ones(4, dtype=torch.int64)).detach().max()) < 0.05
    other = torch.as_tensor(garments(np.full((4, 3), 0.5), np.zeros(4, dtype=np.int64))).requires_grad_()
    lacking = shortfall(made, realism, other, torch.ones(4, dtype=torch.int64))
    assert float(lacking.detach().min()) > 0.5
    lacking.sum().backward()
    assert other.grad is not None
    assert bool(other.grad.isfinite().all())
    assert float(other.grad.abs().sum()) > 0
