"""How well a predicted mask fits the true one: overlap, and the distance between the two outlines."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt

Bools = NDArray[np.bool_]


def dice(predicted: ArrayLike, truth: ArrayLike) -> float:
    """2 |A and B| / (|A| + |B|) in [0, 1] of masks (H, W); 1 where both are empty (Dice 1945)."""
    first, second = np.asarray(predicted, dtype=bool), np.asarray(truth, dtype=bool)
    total = int(first.sum()) + int(second.sum())
    return 1.0 if total == 0 else 2.0 * int((first & second).sum()) / total


def outline(mask: Bools) -> Bools:
    """The pixels of a mask (H, W) that touch its outside (or the picture's edge) on a side."""
    return mask & ~binary_erosion(mask)


def _to(edge: Bools) -> NDArray[np.float64]:
    """Every pixel's distance to the nearest one of an outline."""
    return np.asarray(distance_transform_edt(~edge), dtype=np.float64)


def outline_distances(predicted: ArrayLike, truth: ArrayLike) -> NDArray[np.float64]:
    """Distances in pixels from every pixel of each outline to the other outline, all together.

    Where one mask is empty there is no outline to be near to: one distance, the picture's diagonal. Where both are,
    one distance of 0.
    """
    first, second = np.asarray(predicted, dtype=bool), np.asarray(truth, dtype=bool)
    if not first.any() or not second.any():
        return np.array([0.0 if first.any() == second.any() else float(np.hypot(*first.shape))])
    one, other = outline(first), outline(second)
    return np.concatenate([_to(other)[one], _to(one)[other]])


def surface_distance(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Mean of `outline_distances` (average symmetric surface distance), in pixels of the masks (H, W)."""
    return float(outline_distances(predicted, truth).mean())


def hausdorff_95(predicted: ArrayLike, truth: ArrayLike) -> float:
    """The larger of both directions' 95 % quantiles of the outlines' distances, in pixels of the masks (H, W)."""
    first, second = np.asarray(predicted, dtype=bool), np.asarray(truth, dtype=bool)
    found = outline_distances(first, second)
    if len(found) == 1:
        return float(found[0])
    n = int(outline(first).sum())
    return float(max(np.quantile(found[:n], 0.95), np.quantile(found[n:], 0.95)))
