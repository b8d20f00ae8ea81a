"""A set of pictures against itself: rows that show one picture are of one group, whoever they are said to be of."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medgan_fashion.base.groups import connected
from medgan_fashion.imaging.prepare.imageset import centre, first_appearance
from medgan_fashion.imaging.prepare.near_copies.rules import GROUP, CopyRule
from medgan_fashion.imaging.prepare.near_copies.search import FINE, Floats, Images, TrainingImages, most_similar
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import read_image

Groups = NDArray[np.int64]
Pairs = list[tuple[int, int]]


def _pairs(found: Groups, nearest: Floats, rule: CopyRule) -> Pairs:
    """Rows that are one picture with the row found for them."""
    alike = np.flatnonzero(nearest > rule.threshold(nearest))
    return sorted({(min(a, b), max(a, b)) for a, b in zip(alike.tolist(), found[alike].tolist(), strict=True)})


def look_alikes(canvases: Images, size: tuple[int, int], groups: Groups, rule: CopyRule) -> Pairs:
    """Pairs of rows that show one picture under two groups (N,), each row with its nearest of another group; canvases
    (N, C, Hc, Wc) around views of `size`."""
    if len(np.unique(groups)) < 2:
        return []
    training = TrainingImages(canvases, size)
    return _pairs(*most_similar(centre(canvases, size), training, groups[:, None] == groups), rule)


def join_look_alikes(canvases: Images, size: tuple[int, int], groups: Groups) -> tuple[Groups, Pairs]:
    """Groups (N,) of canvases (N, C, Hc, Wc) around views of `size`, joined until no picture stands under two of them,
    numbered in order of first appearance; and the pairs of rows that joined them. The audit, whose rule is the surer
    one, then flags none."""
    groups, pairs = first_appearance(groups), Pairs()
    training, views = TrainingImages(canvases, size), centre(canvases, size)
    found, nearest, again = groups.copy(), np.full(len(groups), -1.0), np.arange(len(groups))
    while len(again):
        found[again], nearest[again] = most_similar(views[again], training, groups[again][:, None] == groups)
        pairs += (alike := _pairs(found, nearest, GROUP))
        links = [(int(groups[a]), int(groups[b])) for a, b in alike]
        groups = first_appearance(connected(links, int(groups.max()) + 1)[groups])
        again = np.flatnonzero((groups[found] == groups) & (nearest > -1))  # their nearest is of their own group now
    return groups, pairs


def _thumbnail(path: Path) -> NDArray[np.float32] | str:
    """(1, FINE, FINE) of a picture of any shape, all that the search compares; or why it cannot be read."""
    try:
        grey = np.ascontiguousarray(read_image(path).pixels.mean(axis=0), dtype=np.float32)
    except UnreadableError as error:
        return error.reason
    small = np.asarray(Image.fromarray(grey).resize((FINE, FINE), Image.Resampling.BOX))
    span = max(float(small.max() - small.min()), 1e-6)
    return ((small - small.min()) / span)[None]


def group_pictures(paths: Sequence[Path]) -> tuple[dict[Path, int], dict[Path, str]]:
    """Groups files that show one picture: {path: group} of the readable ones, {path: reason} of the others."""
    with ThreadPoolExecutor(2) as pool:
        results = dict(zip(paths, pool.map(_thumbnail, paths), strict=True))
    small = {path: result for path, result in results.items() if not isinstance(result, str)}
    alone = np.arange(len(small))
    groups = join_look_alikes(np.stack(list(small.values())), (FINE, FINE), alone)[0] if small else []
    reasons = {path: result for path, result in results.items() if isinstance(result, str)}
    return {path: int(group) for path, group in zip(small, groups, strict=True)}, reasons
