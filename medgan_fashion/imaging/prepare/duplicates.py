"""Near-duplicate pictures: difference hashes, joined into groups that stand in for unknown patients."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medgan_fashion.imaging.prepare.imageset import first_appearance
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import read_image

SIDE = 16
MAX_DISTANCE = 24  # of 256 bits
_BLOCK = 1024


def difference_hash(picture: NDArray) -> NDArray[np.bool_]:
    """256 bits of a picture (H, W): at 16x17 pixels, is each pixel darker than its right neighbour?"""
    small = Image.fromarray(np.ascontiguousarray(picture, dtype=np.float32)).resize(
        (SIDE + 1, SIDE), Image.Resampling.LANCZOS
    )
    # whole grey levels: in a flat background, rounding noise of the resampling must not set bits
    grey = np.rint(np.asarray(small) * _to_byte(picture))
    return (grey[:, 1:] > grey[:, :-1]).reshape(-1)


def _to_byte(picture: NDArray) -> float:
    """Factor that brings the picture's span to at most 255 grey levels."""
    span = float(picture.max()) - float(picture.min())
    return 255.0 / span if span > 255 or 0 < span <= 1 else 1.0


def _roots(pairs: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Union-find over pairs (M, 2) of 0..n-1: the smallest member of each one's group."""
    parent = np.arange(n)

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = int(parent[i])
        return i

    for a, b in pairs:
        first, second = sorted((find(int(a)), find(int(b))))
        parent[second] = first
    return np.array([find(i) for i in range(n)], dtype=np.int64)


def group_hashes(hashes: NDArray[np.bool_], max_distance: int = MAX_DISTANCE) -> NDArray[np.int64]:
    """Groups hashes (N, B) that are joined by chains of Hamming distances <= max_distance: int64 (N,)."""
    bits = hashes.astype(np.float32)
    ones = bits.sum(axis=1)
    pairs = []
    for start in range(0, len(bits), _BLOCK):
        block = bits[start : start + _BLOCK]
        distance = block.sum(axis=1)[:, None] + ones[None] - 2 * block @ bits.T
        near = np.argwhere(distance <= max_distance + 0.5)
        near[:, 0] += start
        pairs.append(near[near[:, 0] < near[:, 1]])
    joined = np.concatenate(pairs) if pairs else np.empty((0, 2), dtype=np.int64)
    return first_appearance(_roots(joined, len(bits)))


def _hash_file(path: Path) -> NDArray[np.bool_] | str:
    """The hash of a file, or why it cannot be read."""
    try:
        return difference_hash(read_image(path).pixels.mean(axis=0))
    except UnreadableError as error:
        return error.reason


def group_pictures(paths: Sequence[Path]) -> tuple[dict[Path, int], dict[Path, str]]:
    """Groups near-duplicate files: {path: group} of the readable ones, {path: reason} of the others."""
    with ThreadPoolExecutor(2) as pool:
        results = dict(zip(paths, pool.map(_hash_file, paths), strict=True))
    hashes = {path: result for path, result in results.items() if not isinstance(result, str)}
    groups = group_hashes(np.stack(list(hashes.values()))) if hashes else []
    reasons = {path: result for path, result in results.items() if isinstance(result, str)}
    return {path: int(group) for path, group in zip(hashes, groups, strict=True)}, reasons


def duplicate_groups(pictures: Sequence[NDArray] | Sequence[Path], max_distance: int = MAX_DISTANCE) -> NDArray:
    """Groups near-duplicate pictures by difference hash and union-find.

    Args:
        pictures: arrays (H, W) or (C, H, W), or paths.
        max_distance: of 256 bits, up to which two pictures are the same.

    Returns:
        int64 (N,), groups numbered in order of first appearance.

    Raises:
        ValueError: a picture cannot be read.
    """

    def hash_of(picture: NDArray | Path) -> NDArray[np.bool_]:
        pixels = read_image(picture).pixels if isinstance(picture, Path) else np.asarray(picture)
        return difference_hash(pixels if pixels.ndim == 2 else pixels.mean(axis=0))

    with ThreadPoolExecutor(2) as pool:
        hashes = list(pool.map(hash_of, pictures))
    return group_hashes(np.stack(hashes), max_distance) if hashes else np.empty(0, dtype=np.int64)
