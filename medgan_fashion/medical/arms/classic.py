"""Classic augmentation: varied views of real images, each recorded so exactly that it can be made again.

albumentations draws from generators of its own and takes 2.5 ms to build and call one transform, so every
random number is drawn here, addressed by (seed, source, index), and its deterministic functions do the work.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.medical.config import ClassicConfig

Parameters = dict[str, Any]
Rng = np.random.Generator
_ORDER, _OWN, _ANGLE, _VARIANT = 0, 1, 2, 3  # second word of a random address
_ROTATIONS, _FLIPS, _SHIFTS, _SCALES = 30, 3, 7, 5
_PER_ROTATION = 1 + _FLIPS + _SHIFTS + _SCALES
PAPER_VARIANTS = _ROTATIONS * _PER_ROTATION  # 480 per lesion


@dataclass(frozen=True)
class AugmentedSet:
    """Views float32 (M, C, h, w) in [0, 1], the row each was made from int64 (M,), and how (plain data)."""

    images: NDArray[np.float32]
    source: NDArray[np.int64]
    parameters: list[Parameters]


def _blank(policy: str) -> Parameters:
    """The parameters that change nothing: degrees, view pixels, zoom factor, then grey-value changes."""
    geometry = {"angle": 0.0, "flip": "", "shift_x": 0.0, "shift_y": 0.0, "zoom": 1.0}
    grey = {"brightness": 0.0, "contrast": 1.0, "gamma": 1.0, "blur": 0.0, "noise": 0.0, "noise_seed": 0}
    return {"policy": policy, **geometry, **grey}


def _general(rng: Rng, config: ClassicConfig, size: tuple[int, int]) -> Parameters:
    """All at once, each mild; every number is drawn, used or not, so that one setting moves no other."""
    u = rng.uniform(-1, 1, 8)
    horizontal, vertical, blurred, noisy = rng.random(4)
    flips = "h" if config.flip_horizontal and horizontal < 0.5 else ""
    flips += "v" if config.flip_vertical and vertical < 0.5 else ""
    return _blank("general") | {
        "angle": float(config.rotation * u[0]),
        "flip": flips,
        "shift_x": float(config.shift * size[1] * u[1]),
        "shift_y": float(config.shift * size[0] * u[2]),
        "zoom": float(1 + config.scale * u[3]),
        "brightness": float(config.brightness * u[4]),
        "contrast": float(1 + config.contrast * u[5]),
        "gamma": float(np.exp(config.gamma * u[6])),
        "blur": float(config.blur * abs(u[7])) if blurred < 0.25 else 0.0,
        "noise": float(config.noise * rng.random()) if noisy < 0.25 else 0.0,
        "noise_seed": int(rng.integers(2**31)),
    }


def _paper(seed: int, source: int, index: int, diameter: float, size: tuple[int, int]) -> Parameters:
    """Frid-Adar et al. 2018: 30 rotated images of a lesion; of each itself, 3 flips, 7 shifts and 5 scales.

    The variant is a function of `index`: each run of 480 goes through all variants in an order shuffled per
    source (so that few images are not of one angle), with new angles in every run. Angle U[0, 180) degrees;
    shifts U(-p, p) with p = min(4, 0.1 d) view pixels, d = lesion diameter; the scale is read as a margin
    U[0.1 d, 0.4 d] around the lesion: a crop of 1.2 d to 1.8 d, where the default view has 1.5 d.
    """
    run, place = divmod(index, PAPER_VARIANTS)
    order = np.random.default_rng((seed, _VARIANT, source, run)).permutation(PAPER_VARIANTS)
    rotation, kind = divmod(int(order[place]), _PER_ROTATION)
    angle = np.random.default_rng((seed, _ANGLE, source, run, rotation)).uniform(0, 180)
    rng, values = (
        np.random.default_rng((seed, _OWN, source, index)),
        _blank("paper") | {"angle": float(angle)},
    )
    if 1 <= kind <= _FLIPS:
        values["flip"] = ("v", "h", "hv")[kind - 1]
    elif _FLIPS < kind <= _FLIPS + _SHIFTS:
        reach = min(4.0, 0.1 * diameter)
        values["shift_x"], values["shift_y"] = (float(v) for v in rng.uniform(-reach, reach, 2))
    elif kind > _FLIPS + _SHIFTS:
        margin = diameter * rng.uniform(0.1, 0.4)
        values["zoom"] = float(max(size) / (diameter + 2 * margin))
    return values


def _functions() -> tuple[ModuleType, ModuleType]:
    """albumentations' geometric and pixel functions; without the variable its import calls the network."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    from albumentations.augmentations.geometric import functional as geometric
    from albumentations.augmentations.pixel import functional as pixel

    return geometric, pixel


def _matrix(values: Parameters, canvas: tuple[int, int], size: tuple[int, int]) -> NDArray[np.float64]:
    """Canvas pixels -> view pixels (3, 3): about the centres, flip, then rotate and zoom, then shift.

    A zoom out stops where the view is as wide as the canvas: beyond, nothing but reflections would be seen.
    """
    zoom = max(values["zoom"], size[0] / canvas[0], size[1] / canvas[1])
    cosine, sine = zoom * np.cos(np.radians(values["angle"])), zoom * np.sin(np.radians(values["angle"]))
    flip = np.diag([-1.0 if "h" in values["flip"] else 1.0, -1.0 if "v" in values["flip"] else 1.0])
    linear = np.array([[cosine, -sine], [sine, cosine]]) @ flip
    from_centre = (np.array([canvas[1], canvas[0]]) - 1) / 2
    to_centre = (np.array([size[1], size[0]]) - 1) / 2 + [values["shift_x"], values["shift_y"]]
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, to_centre - linear @ from_centre
    return matrix


def _grey(view: NDArray[np.float32], values: Parameters, pixel: ModuleType) -> NDArray[np.float32]:
    """Blur, gamma, contrast about the view's mean, brightness, noise; every step clipped to [0, 1]."""
    if values["blur"] > 0:
        radius = int(np.ceil(3 * values["blur"]))
        line = np.exp(-0.5 * (np.arange(-radius, radius + 1) / values["blur"]) ** 2).astype(np.float32)
        view = pixel.convolve(view, kernel=np.outer(line, line) / line.sum() ** 2)
    if values["gamma"] != 1:
        view = pixel.gamma_transform(view, gamma=values["gamma"])
    if values["contrast"] != 1 or values["brightness"] != 0:
        offset = float(view.mean()) * (1 - values["contrast"]) + values["brightness"]
        view = np.clip(pixel.multiply_add(view, values["contrast"], offset, inplace=False), 0, 1)
    if values["noise"] > 0:
        noise = np.random.default_rng(values["noise_seed"]).standard_normal(view.shape, dtype=np.float32)
        view = pixel.add_noise(view, np.float32(values["noise"]) * noise)
    return view


def warp(canvas: NDArray[np.float32], values: Parameters, size: tuple[int, int]) -> NDArray[np.float32]:
    """The geometry alone: the view (C, h, w) of a canvas (C, Hc, Wc), image or mask; corners reflected, never black."""
    import cv2

    image = np.ascontiguousarray(canvas.transpose(1, 2, 0))
    matrix = _matrix(values, image.shape[:2], size)
    view = _functions()[0].warp_affine(image, matrix, cv2.INTER_CUBIC, 0.0, cv2.BORDER_REFLECT_101, size)
    return np.clip(view.reshape(*size, -1), 0, 1).transpose(2, 0, 1)


def _replayer(size: tuple[int, int]) -> Callable[[NDArray[np.float32], Parameters], NDArray[np.float32]]:
    """What makes one view (C, h, w) from a canvas (C, Hc, Wc) and parameters."""
    pixel = _functions()[1]

    def make(canvas: NDArray[np.float32], values: Parameters) -> NDArray[np.float32]:
        return _grey(warp(canvas, values, size).transpose(1, 2, 0), values, pixel).transpose(2, 0, 1)

    return make


def replay(canvas: NDArray[np.float32], parameters: Parameters, size: tuple[int, int]) -> NDArray[np.float32]:
    """The very view float32 (C, h, w) that `augmented_set` made of `canvas` (C, Hc, Wc) with `parameters`."""
    return _replayer(size)(canvas, parameters)


def _check(canvases: NDArray[np.float32], rows: tuple[int, int], size: tuple[int, int]) -> None:
    if canvases.ndim != 4 or canvases.dtype != np.float32 or len(canvases) == 0:
        raise ValueError(f"Canvases must be float32 (N, C, H, W), N > 0, not {canvases.dtype} {canvases.shape}.")
    if rows != (len(canvases), len(canvases)):
        raise ValueError(f"There are {len(canvases)} canvases but {rows[0]} labels and {rows[1]} diameters.")
    if canvases.shape[2] < size[0] or canvases.shape[3] < size[1]:
        raise ValueError(f"Canvases {canvases.shape[2:]} are smaller than the view {size}; raise the context.")
    if canvases.min() < 0 or canvases.max() > 1:
        raise ValueError("Canvases must lie in [0, 1]; apply the fold's intensity mapping first.")


def augmented_set(
    canvases: NDArray[np.float32],
    labels: NDArray[np.int64],
    diameters: NDArray[np.float32],
    *,
    n_images: int,
    size: tuple[int, int],
    config: ClassicConfig,
    seed: int,
) -> AugmentedSet:
    """`n_images` varied views: round after round of all sources, each in shuffled order.

    Args:
        canvases: float32 (N, C, Hc, Wc) in [0, 1]: the view and context around it.
        labels: int64 (N,): a source keeps its label; only their number is used.
        diameters: float32 (N,): the lesion's longer side in view pixels.
        size: (h, w) of the views.

    The first m images of a larger set are the set of m. ValueError where shapes or ranges do not fit.
    """
    _check(canvases, (len(labels), len(diameters)), size)
    n, make = len(canvases), _replayer(size)
    rounds = [np.random.default_rng((seed, _ORDER, r)).permutation(n) for r in range(-(-n_images // n))]
    source = np.concatenate([np.zeros(0, dtype=np.int64), *rounds])[:n_images]
    images, parameters = np.empty((n_images, canvases.shape[1], *size), dtype=np.float32), []
    for i, row in enumerate(source.tolist()):
        if config.policy == "paper":
            values = _paper(seed, row, i // n, float(diameters[row]), size)
        else:
            values = _general(np.random.default_rng((seed, _OWN, row, i // n)), config, size)
        parameters.append(values)
        images[i] = make(canvases[row], values)
    return AugmentedSet(images, source, parameters)
