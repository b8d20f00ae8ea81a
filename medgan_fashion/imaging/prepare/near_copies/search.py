"""The most similar of many pictures, under any turn, mirroring, small shift and zoom, on one scale of similarity."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# ---------------------------------------------------------------------------------------------------------------------
# Training images in any pose: turned, mirrored, shifted and zoomed views of their canvases, on small grids.


Images = NDArray[np.float32]

COARSE, FINE = 16, 32  # pixels of a view's shorter side on the two grids; finer detail is not compared
SMOOTH, WIDE = 0.025, 0.1  # the band: Gaussian sigmas as a share of a view's shorter side
TURN, NEAR_TURNS = 7.5, (-7.5, 0.0, 7.5)  # degrees between poses; turns tried where there is no context


class Pose(NamedTuple):
    """Turn in degrees, mirrored or not, shift along x and y in shares of the view's sides."""

    angle: float
    flip: bool
    x: float
    y: float


def poses(canvas: tuple[int, int], size: tuple[int, int]) -> list[Pose]:
    """Where the search begins. Every turn, if the canvas covers the turned view; else the turns that keep the frame
    and small ones beside them, whose corners are reflected."""
    if min(canvas) >= np.hypot(*size) - 2:
        angles = np.arange(0.0, 360.0, TURN)
    else:
        base = (0.0, 90.0, 180.0, 270.0) if size[0] == size[1] else (0.0, 180.0)
        angles = np.array([turn + near for turn in base for near in NEAR_TURNS])
    step = 1 / COARSE
    shifts = [(x, y) for y in (-step, 0.0, step) for x in (-step, 0.0, step)]
    # and between them: from half a step away fine detail does not show the way
    shifts += [(x, y) for y in (-step / 2, step / 2) for x in (-step / 2, step / 2)]
    return [Pose(float(angle), flip, x, y) for angle in angles for flip in (False, True) for x, y in shifts]


@lru_cache(maxsize=32)
def _blur(n: int, sigma: float) -> Tensor:
    """(n, n): a Gaussian blur of n pixels as a matrix, reflected at both ends."""
    at = np.arange(n)
    images = (at, -1 - at, 2 * n - 1 - at)  # of a pixel, in both mirrors
    weights = np.sum([np.exp(-0.5 * ((at[:, None] - image) / max(sigma, 1e-3)) ** 2) for image in images], axis=0)
    return torch.from_numpy(weights / weights.sum(1, keepdims=True)).float()


def band(views: Tensor) -> Tensor:
    """Views (..., C, h, w) as rows (..., C h w) of mean 0 and length 1, without shading and finest grain."""
    h, w = views.shape[-2:]
    smooth, wide = (s * min(h, w) for s in (SMOOTH, WIDE))
    rows = _blur(h, smooth) @ views @ _blur(w, smooth).T - _blur(h, wide) @ views @ _blur(w, wide).T
    rows = rows.flatten(-3)
    rows = rows - rows.mean(-1, keepdim=True)
    return rows / rows.norm(dim=-1, keepdim=True).clamp_min(1e-6)


def _grid(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Pixels (rows, columns) of a view whose shorter side gets `side`."""
    scale = side / min(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


class TrainingImages:
    """Canvases of training images (M, C, Hc, Wc) in [0, 1] around views of `size`, ready to be searched for copies."""

    def __init__(self, canvases: Images, size: tuple[int, int]) -> None:
        self.size, self.canvas = size, (canvases.shape[-2], canvases.shape[-1])
        self.levels = {side: self._shrunk(canvases, side) for side in (COARSE, FINE)}

    def __len__(self) -> int:
        return len(self.levels[FINE])

    def _shrunk(self, canvases: Images, side: int) -> Tensor:
        scale = side / min(self.size)
        shape = (max(1, round(self.canvas[0] * scale)), max(1, round(self.canvas[1] * scale)))
        parts = [canvases[at : at + FINE_CHUNK] for at in range(0, len(canvases), FINE_CHUNK)]  # films are large
        tensors = (torch.from_numpy(np.require(part, np.float32, ["C", "W"])) for part in parts)
        return torch.cat(
            [one if scale >= 1 else torch.nn.functional.adaptive_avg_pool2d(one, shape) for one in tensors]
        )

    def made(self, images: Tensor, side: int) -> Tensor:
        """Other images (N, C, h, w) on the same grid, enlarged as `posed` enlarges."""
        grid = _grid(self.size, side)
        if min(grid) > min(images.shape[-2:]):
            return torch.nn.functional.interpolate(images, grid, mode="bilinear")
        return torch.nn.functional.adaptive_avg_pool2d(images, grid)

    def posed(self, canvases: Tensor, pose: Tensor, side: int) -> Tensor:
        """Views of canvases (P, C, Hc, Wc) of a level, turned, zoomed, shifted and mirrored: pose (P, 5) of angle, x,
        y, zoom and flip (1 or -1)."""
        (h, w), (canvas_h, canvas_w) = self.size, self.canvas
        angle, x, y, zoom, flip = torch.deg2rad(pose[:, 0]), pose[:, 1], pose[:, 2], pose[:, 3], pose[:, 4]
        cosine, sine = zoom * angle.cos(), zoom * angle.sin()
        # view corners are (+-w/2, +-h/2); a canvas' own are +-1 along each axis
        off_x, off_y = ((n - s) // 2 - (n - s) / 2 for n, s in ((canvas_w, w), (canvas_h, h)))
        top = torch.stack([flip * cosine * w, -sine * h, 2 * (x * w + off_x)], 1) / canvas_w
        bottom = torch.stack([flip * sine * w, cosine * h, 2 * (y * h + off_y)], 1) / canvas_h
        shape = [len(canvases), canvases.shape[1], *_grid(self.size, side)]
        grid = torch.nn.functional.affine_grid(
            torch.stack([top, bottom], 1).expand(len(canvases), 2, 3), shape, align_corners=False
        )
        return torch.nn.functional.grid_sample(canvases, grid, padding_mode="reflection", align_corners=False)


def pose_row(pose: Pose) -> Tensor:
    return torch.tensor([[pose.angle, pose.x, pose.y, 1.0, -1.0 if pose.flip else 1.0]])


# ---------------------------------------------------------------------------------------------------------------------
# The search.
#
# A real image is seen with the context around it (its canvas), so it can be turned and shifted without black corners.
# All poses are compared on a coarse grid; the few best ones are then fitted more finely. Pictures are compared by the
# normalised cross-correlation of their middle band: brightness, contrast, slow shading, mild noise and mild blur hide
# nothing, and two smooth round masses are not alike only because both are round.


Floats = NDArray[np.float64]

STEPS = (5.0, 1 / 32, 1 / 32, 0.04)  # first steps of the fit: degrees, shifts in shares of the view, zoom
ROUNDS = 5  # of the fit, each with half the steps of the one before
SECTOR = 60.0  # degrees: each sector of turns brings its own best pose to the fit, since round things fit anyhow
CANDIDATES, FITTED, FINALISTS = 16, 6, 3  # poses seen on the fine grid, fitted in the first round, and in all others
# at a time, for memory: images fitted, (image, training image) cells, and views of training images
FINE_CHUNK, COARSE_CELLS, COARSE_VIEWS = 128, 1_000_000, 1024


def _coarse(made: Tensor, training: TrainingImages, barred: Tensor | None) -> tuple[Tensor, Tensor]:
    """The CANDIDATES most similar (training row, pose) of each image (N, C, h, w) on the coarse grid: rows (N, K) and
    poses (N, K, 5), of each row at most one pose for a sector and mirroring."""
    starts = poses(training.canvas, training.size)
    modes = [(int(pose.angle % 360 // SECTOR), pose.flip) for pose in starts]
    known, bands = sorted(set(modes)), band(made)
    best = torch.full((len(known), len(made), len(training)), -2.0)
    which = torch.zeros(best.shape, dtype=torch.int16)
    table, canvases = torch.cat([pose_row(pose) for pose in starts]), training.levels[COARSE]
    step = max(1, COARSE_VIEWS // len(training))
    for first in range(0, len(starts), step):
        some = table[first : first + step]
        views = training.posed(canvases.repeat(len(some), 1, 1, 1), some.repeat_interleave(len(training), 0), COARSE)
        for at, found in enumerate((bands @ band(views).T).split(len(training), 1), first):
            mode = known.index(modes[at])
            which[mode][found > best[mode]] = at
            best[mode] = torch.maximum(best[mode], found)
    if barred is not None:
        best[barred.expand_as(best)] = -3.0
    flat, order = best.transpose(0, 1).flatten(1), which.transpose(0, 1).flatten(1)
    top = flat.topk(min(CANDIDATES, flat.shape[1]), dim=1).indices
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
    (n, k), pose, canvases = rows.shape, pose.flatten(0, 1), training.levels[FINE][rows.flatten()]
    target = target.repeat_interleave(k, 0)
    best = (target * band(training.posed(canvases, pose, FINE))).sum(1)
    for change in _tries(rounds):
        moved = pose + change
        found = (target * band(training.posed(canvases, moved, FINE))).sum(1)
        pose, best = torch.where((found > best)[:, None], moved, pose), torch.maximum(best, found)
    return pose.reshape(n, k, -1), best.reshape(n, k)


def _fine(
    images: Tensor, training: TrainingImages, rows: Tensor, pose: Tensor, barred: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The most similar row (N,) of candidates (N, K), and the similarity (N,): ever fewer are fitted ever finer."""
    target = band(training.made(images, FINE))
    similarity = target.new_empty(0)
    for rounds, kept in ((range(0), FITTED), (range(1), FINALISTS), (range(1, ROUNDS), 1)):
        pose, similarity = _fitted(target, training, rows, pose, rounds)
        if barred is not None:
            similarity = similarity.masked_fill(barred.gather(1, rows), -1.0)
        top = similarity.topk(min(kept, similarity.shape[1]), dim=1).indices
        rows, pose = rows.gather(1, top), pose.gather(1, top[..., None].expand(-1, -1, pose.shape[2]))
        similarity = similarity.gather(1, top)
    return rows[:, 0], similarity[:, 0]


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
    n = max(FINE_CHUNK, COARSE_CELLS // len(training))
    found = []
    for start in range(0, len(images), n):
        part = slice(start, start + n)
        made = torch.from_numpy(np.require(images[part], np.float32, ["C", "W"]))
        found += _nearest(made, training, None if barred is None else torch.from_numpy(barred[part]))
    rows, similarity = (torch.cat(part) for part in zip(*found, strict=True))
    return rows.numpy(), similarity.double().numpy()
