"""Near copies of training images under any turn, mirroring, small shift and zoom: what a GAN could give away.

A real image is seen with the context around it (its canvas), so it can be turned and shifted without black corners.
All poses are compared on a coarse grid; the few best ones are then fitted more finely. Pictures are compared by the
normalised cross-correlation of their middle band: brightness, contrast, slow shading, mild noise and mild blur hide
nothing, and two smooth round masses are not alike only because both are round.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.evaluation.screening.posed import COARSE, FINE, TrainingImages, band, pose_row, poses
from medgan_fashion.imaging.prepare.imageset import centre

Floats = NDArray[np.float64]
Images = NDArray[np.float32]

STEPS = (5.0, 1 / 32, 1 / 32, 0.04)  # first steps of the fit: degrees, shifts in shares of the view, zoom
ROUNDS = 5  # of the fit, each with half the steps of the one before
SECTOR = 60.0  # degrees: each sector of turns brings its own best pose to the fit, since round things fit anyhow
CANDIDATES, FINALISTS = 16, 5  # poses fitted in the first round, and in all the others
FINE_CHUNK, COARSE_CELLS = 128, 1_000_000  # images fitted, and (image, training image) cells, at a time: memory
ALIKE, SAME = 0.9, 0.94  # no copy lies below the first; whatever other patients' images do, one lies above the second
CALIBRATED = 200  # training images at most whose likeness to other patients' is measured


@dataclass(frozen=True)
class Copies:
    """One entry per image (N,): the most similar training image, the similarity in [-1, 1], and whether it lies above
    `threshold`, that is, whether the image is a near copy."""

    copied_from: NDArray[np.int64]
    similarity: Floats
    flags: NDArray[np.bool_]
    threshold: float


def _coarse(made: Tensor, training: TrainingImages, barred: Tensor | None) -> tuple[Tensor, Tensor]:
    """The CANDIDATES most similar (training row, pose) of each image (N, C, h, w) on the coarse grid: rows (N, K) and
    poses (N, K, 5), of each row at most one pose for a sector and mirroring."""
    starts = poses(training.canvas, training.size)
    modes = [(int(pose.angle % 360 // SECTOR), pose.flip) for pose in starts]
    known, bands = sorted(set(modes)), band(made)
    best = torch.full((len(known), len(made), len(training)), -2.0)
    which = torch.zeros(best.shape, dtype=torch.int16)
    for at, pose in enumerate(starts):
        mode = known.index(modes[at])
        found = bands @ band(training.posed(slice(None), pose_row(pose), COARSE)).T
        which[mode][found > best[mode]] = at
        best[mode] = torch.maximum(best[mode], found)
    if barred is not None:
        best[barred.expand_as(best)] = -3.0
    flat, order = best.transpose(0, 1).flatten(1), which.transpose(0, 1).flatten(1)
    top = flat.topk(min(CANDIDATES, flat.shape[1]), dim=1).indices
    table = torch.cat([pose_row(pose) for pose in starts])
    return top % len(training), table[order.gather(1, top).long()]


def _tries(rounds: range) -> Iterator[Tensor]:
    """Changes of (angle, x, y, zoom, flip) that the fit tries, one setting at a time, ever smaller."""
    for halving in rounds:
        for i, step in enumerate(STEPS):
            for sign in (1.0, -1.0):
                change = torch.zeros(5)
                change[i] = sign * step / 2**halving
                yield change


def _fitted(
    target: Tensor, training: TrainingImages, rows: Tensor, pose: Tensor, rounds: range
) -> tuple[Tensor, Tensor]:
    """Poses (N, K, 5) climbed from `pose`, and the similarity (N, K) there, of target rows (N, D) to training images
    rows (N, K)."""
    (n, k), pose, flat = rows.shape, pose.flatten(0, 1), rows.flatten()
    target = target.repeat_interleave(k, 0)
    best = (target * band(training.posed(flat, pose, FINE))).sum(1)
    for change in _tries(rounds):
        moved = pose + change
        found = (target * band(training.posed(flat, moved, FINE))).sum(1)
        pose, best = torch.where((found > best)[:, None], moved, pose), torch.maximum(best, found)
    return pose.reshape(n, k, -1), best.reshape(n, k)


def _fine(
    images: Tensor, training: TrainingImages, rows: Tensor, pose: Tensor, barred: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The most similar row (N,) of candidates (N, K) and the similarity (N,), fitted in two rounds."""
    target = band(training.made(images, FINE))
    pose, similarity = _fitted(target, training, rows, pose, range(1))
    top = similarity.topk(min(FINALISTS, similarity.shape[1]), dim=1).indices
    rows, pose = rows.gather(1, top), pose.gather(1, top[..., None].expand(-1, -1, pose.shape[2]))
    _, similarity = _fitted(target, training, rows, pose, range(1, ROUNDS))
    if barred is not None:
        similarity = similarity.masked_fill(barred.gather(1, rows), -1.0)
    best = similarity.argmax(1, keepdim=True)
    return rows.gather(1, best)[:, 0], similarity.gather(1, best)[:, 0]


def _nearest(images: Tensor, training: TrainingImages, barred: Tensor | None) -> list[tuple[Tensor, Tensor]]:
    rows, pose = _coarse(training.made(images, COARSE), training, barred)
    parts = [slice(start, start + FINE_CHUNK) for start in range(0, len(images), FINE_CHUNK)]
    return [_fine(images[p], training, rows[p], pose[p], None if barred is None else barred[p]) for p in parts]


def most_similar(
    images: Images, training: TrainingImages, barred: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], Floats]:
    """The most similar training image of each of images (N, C, h, w) in [0, 1], and the similarity (N,) in [-1, 1].

    `barred` (N, M) marks training images that may not be compared, such as those of the same patient; -1 is the
    similarity where all are.
    """
    made = torch.from_numpy(np.require(images, np.float32, ["C", "W"]))
    out = None if barred is None else torch.from_numpy(barred)
    n = max(FINE_CHUNK, COARSE_CELLS // len(training))
    parts = [slice(start, start + n) for start in range(0, len(made), n)]
    found = [one for p in parts for one in _nearest(made[p], training, None if out is None else out[p])]
    rows, similarity = (torch.cat(part) for part in zip(*found, strict=True))
    return rows.numpy(), similarity.double().numpy()


def copy_threshold(training: TrainingImages, views: Images, groups: NDArray[np.int64], seed: int = 0) -> float:
    """How similar a copy must be: four standard deviations beyond what a training view's nearest image of another
    patient is, by the same search, on Fisher's scale (atanh); within ALIKE and SAME."""
    if len(np.unique(groups)) < 2:
        return SAME
    rows = np.random.default_rng((seed, 23)).permutation(len(views))[:CALIBRATED]
    _, nearest = most_similar(views[rows], training, groups[rows][:, None] == groups)
    scale = np.arctanh(np.clip(nearest, 0, 0.999))
    return float(np.clip(np.tanh(scale.mean() + 4 * scale.std()), ALIKE, SAME))


def find_copies(
    images: Images, canvases: Images, size: tuple[int, int], groups: NDArray[np.int64], *, seed: int = 0
) -> Copies:
    """Near copies of training images among images (N, C, h, w) in [0, 1].

    Args:
        canvases: float32 (M, C, Hc, Wc) in [0, 1], the training images with the context around their views. With a
            canvas of 1.42 times a square view every turn is searched; a canvas that is the view itself (whole films)
            is turned by right angles that keep its frame and by a few degrees beside them.
        size: (h, w) of the views.
        groups: int64 (M,), the patient of each training image; pairs of different patients set the threshold.

    ValueError where the images are not of the views' shape.
    """
    if images.shape[1:] != (canvases.shape[1], *size):
        raise ValueError(f"images are {images.shape} but the training views are {(canvases.shape[1], *size)}.")
    training = TrainingImages(canvases, size)
    threshold = copy_threshold(training, centre(canvases, size), groups, seed)
    copied_from, similarity = most_similar(images, training)
    return Copies(copied_from, similarity, similarity > threshold, threshold)
