"""Overlap and outline distances: closed forms, and MONAI as the oracle."""

import numpy as np
import pytest
import torch

from medgan_fashion.evaluation.classifiers.metrics import dice, hausdorff_95, outline_distances, surface_distance


def _square(top: int, left: int, side: int, size: int = 24) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_closed_forms() -> None:
    a, b = _square(4, 4, 8), _square(4, 8, 8)  # half of each overlaps
    assert dice(a, b) == 0.5
    assert dice(a, a) == 1.0
    assert dice(a, _square(14, 14, 8)) == 0.0
    assert [one.tolist() for one in outline_distances(a, a)] == [[0] * 28] * 2
    inner = _square(6, 6, 4)  # two pixels within `a` on every side
    assert hausdorff_95(a, inner) == pytest.approx(np.quantile([2] * 16 + [8**0.5] * 4 + [5**0.5] * 8, 0.95))


def test_empty_masks_have_stated_scores() -> None:
    empty, full = np.zeros((3, 4), bool), np.ones((3, 4), bool)
    assert dice(empty, empty) == 1.0
    assert dice(empty, full) == 0.0
    assert surface_distance(empty, empty) == hausdorff_95(empty, empty) == 0.0
    assert surface_distance(empty, full) == hausdorff_95(full, empty) == 5.0  # the diagonal


@pytest.mark.parametrize("seed", range(4))
def test_as_monai_has_it(seed: int) -> None:
    from monai.metrics.hausdorff_distance import compute_hausdorff_distance
    from monai.metrics.surface_distance import compute_average_surface_distance

    rng = np.random.default_rng(seed)
    places = rng.integers((2, 2, 5), (9, 9, 12), (2, 3)).tolist()
    a, b = (_square(top, left, side) for top, left, side in places)
    one, other = (torch.from_numpy(x)[None, None].float() for x in (a, b))
    far = compute_hausdorff_distance(one, other, include_background=True, percentile=95)
    assert hausdorff_95(a, b) == pytest.approx(float(far), abs=1e-5)
    near = compute_average_surface_distance(one, other, include_background=True, symmetric=True)
    assert surface_distance(a, b) == pytest.approx(float(near), abs=1e-5)
