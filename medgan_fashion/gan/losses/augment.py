"""DiffAugment (Zhao et al. 2020): differentiable transforms given to reals and fakes alike, so G never learns them.

Each takes images (N, C, H, W) in [-1, 1] and a generator; the composition is `augment(images, policy, generator)`.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Transform = Callable[[Tensor, torch.Generator], Tensor]


def _uniform(images: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    shape = (images.shape[0], *[1] * (images.ndim - 1))
    return torch.rand(shape, generator=generator, device=images.device) * (high - low) + low


def _integers(images: Tensor, low: int, high: int, generator: torch.Generator) -> Tensor:
    return torch.randint(low, high + 1, (images.shape[0], 1), generator=generator, device=images.device)


def flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirrors the last axis of half of the images."""
    chosen = _uniform(images, 0.0, 1.0, generator) < 0.5
    return torch.where(chosen, images.flip(-1), images)


def brightness(images: Tensor, generator: torch.Generator) -> Tensor:
    """Adds U(-0.1, 0.1): mild, because intensity has a meaning in medical images."""
    return images + _uniform(images, -0.1, 0.1, generator)


def contrast(images: Tensor, generator: torch.Generator) -> Tensor:
    """Scales the distance to black (-1) by U(0.9, 1.1): as mild, and air stays air."""
    return (images + 1) * _uniform(images, 0.9, 1.1, generator) - 1


def color(images: Tensor, generator: torch.Generator) -> Tensor:
    """The paper's brightness U(-.5, .5), saturation U(0, 2) and contrast U(.5, 1.5). For photographs."""
    images = images + _uniform(images, -0.5, 0.5, generator)
    grey = images.mean(1, keepdim=True)
    images = (images - grey) * _uniform(images, 0.0, 2.0, generator) + grey
    mean = images.mean((1, 2, 3), keepdim=True)
    return (images - mean) * _uniform(images, 0.5, 1.5, generator) + mean


def translation(images: Tensor, generator: torch.Generator) -> Tensor:
    """Shifts by up to an eighth of each side; what comes in is 0. Below 8 pixels nothing moves."""
    n, _, height, width = images.shape
    reach_y, reach_x = height // 8, width // 8
    y = torch.arange(height, device=images.device) + _integers(images, 0, 2 * reach_y, generator)
    x = torch.arange(width, device=images.device) + _integers(images, 0, 2 * reach_x, generator)
    padded = torch.nn.functional.pad(images, (reach_x, reach_x, reach_y, reach_y))
    index = torch.arange(n, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[index, y[:, :, None], x[:, None, :]].permute(0, 3, 1, 2).contiguous()


def cutout(images: Tensor, generator: torch.Generator) -> Tensor:
    """Sets a rectangle of half of each side, centred anywhere, to 0."""
    _, _, height, width = images.shape
    centre_y, centre_x = _integers(images, 0, height, generator), _integers(images, 0, width, generator)
    near_y = (torch.arange(height, device=images.device) - centre_y).abs() <= height // 4
    near_x = (torch.arange(width, device=images.device) - centre_x).abs() <= width // 4
    return images * ~(near_y[:, None, :, None] & near_x[:, None, None, :])


def augment(images: Tensor, policy: Sequence[str], generator: torch.Generator, p: Tensor | None = None) -> Tensor:
    """Applies the named transforms in order, each to an image with probability p (a scalar; None: always).

    ValueError lists the names for an unknown one.
    """
    for name in policy:
        if name not in AUGMENTS:
            raise ValueError(f"unknown augmentation '{name}'; choose from {', '.join(AUGMENTS)}")
        changed = AUGMENTS[name](images, generator)
        images = changed if p is None else torch.where(_uniform(images, 0.0, 1.0, generator) < p, changed, images)
    return images


AUGMENTS: dict[str, Transform] = {
    "flip": flip,
    "brightness": brightness,
    "contrast": contrast,
    "color": color,
    "translation": translation,
    "cutout": cutout,
}
