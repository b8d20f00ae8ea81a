"""Training images in any pose: turned, mirrored, shifted and zoomed views of their canvases, on small grids."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
        tensor = torch.from_numpy(np.require(canvases, np.float32, ["C", "W"]))
        return tensor if scale >= 1 else torch.nn.functional.adaptive_avg_pool2d(tensor, shape)

    def made(self, images: Tensor, side: int) -> Tensor:
        """Other images (N, C, h, w) on the same grid."""
        return torch.nn.functional.adaptive_avg_pool2d(images, _grid(self.size, side))

    def posed(self, rows: Tensor | slice, pose: Tensor, side: int) -> Tensor:
        """Views of these canvases, turned, zoomed, shifted and mirrored: pose (P or 1, 5) of angle, x, y, zoom and
        flip (1 or -1)."""
        (h, w), (canvas_h, canvas_w) = self.size, self.canvas
        canvases = self.levels[side][rows]
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
