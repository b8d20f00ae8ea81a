"""Progressive growing (Karras et al. 2018): which resolution a pair works at, as a pure function of images seen."""

import math
from bisect import bisect_right
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from medgan_fashion.gan.recipe.spec import Growth, Recipe


class Stage(NamedTuple):
    """How far a pair has grown: `level` doublings of the base grid, the last of them faded in to `fade` in [0, 1]."""

    level: int
    fade: float


class Growing(nn.Module):
    """A network that works at `stage`. The stage travels with the weights, so that a published model knows it."""

    stage: Stage

    def get_extra_state(self) -> Tensor:
        """What state_dict() adds to the weights."""
        return torch.tensor(self.stage)

    def set_extra_state(self, state: Tensor) -> None:
        """The stage that weights were saved at."""
        self.stage = Stage(int(state[0]), float(state[1]))


def base_grid(height: int, width: int) -> tuple[int, int, int]:
    """(h0, w0, k) with h0 * 2**k = height, w0 * 2**k = width and the smallest grid of sides >= 3.

    Raises ValueError naming the nearest sizes that work when the grid would be coarser than 8 on a side.
    """
    k = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 6:
        height, width, k = height // 2, width // 2, k + 1
    if k == 0 or min(height, width) > 8:
        height, width = height * 2**k, width * 2**k
        near = "x".join(str(math.ceil(side / 8) * 8) for side in (height, width))
        raise ValueError(
            f"images of {height}x{width} have no small base grid; resize to multiples of 8, for example {near}"
        )
    return height, width, k


def level_starts(growth: Growth, top: int) -> list[int]:
    """Images seen when each level begins, 0 .. top: level 0 takes one phase, every other one to fade in and one
    whole."""
    starts = [0, growth.phase(0)]
    for level in range(1, top):
        starts.append(starts[-1] + 2 * growth.phase(level))
    return starts[: top + 1]


def stage_at(growth: Growth, top: int, images_seen: int) -> Stage:
    """Level and fade after so many images; the last level, `top`, never ends."""
    starts = level_starts(growth, top)
    level = bisect_right(starts, images_seen) - 1
    into = images_seen - starts[level]
    return Stage(level, min(1.0, into / growth.phase(level)) if level else 1.0)


def batch_at(recipe: Recipe, level: int) -> int:
    """The batch at a level: the growth's own where it names one, else the recipe's."""
    batches = recipe.growth.batches if recipe.growth else ()
    return batches[min(level, len(batches) - 1)] if batches else recipe.batch


def check_growth(recipe: Recipe, shape: tuple[int, ...], images_seen: int) -> None:
    """ValueError when training would end before the last level is whole: its images would stay coarse."""
    if recipe.growth is None:
        return
    _, _, top = base_grid(*shape[-2:])
    needed = level_starts(recipe.growth, top)[top] + recipe.growth.phase(top)
    if images_seen < needed:
        raise ValueError(
            f"images_seen {images_seen:,} ends before level {top} of {top} is faded in, at {needed:,} images; "
            f"train longer, or lower growth.phase_images, for example to [{images_seen // (2 * top + 2)}]"
        )


def shared_out(recipe: Recipe, shape: tuple[int, ...], images_seen: int) -> Recipe:
    """The recipe with `images_seen` shared out evenly over the phases, two of them to the last level on its own.

    A recipe that does not grow comes back as it is. ValueError when there are fewer images than phases.
    """
    if recipe.growth is None:
        return recipe
    phases = 2 * base_grid(*shape[-2:])[2] + 2
    if images_seen < phases:
        raise ValueError(f"images_seen {images_seen} is less than the {phases} phases of growth; train longer")
    return replace(recipe, growth=replace(recipe.growth, phase_images=(images_seen // phases,)))


def doubled(images: Tensor) -> Tensor:
    """Nearest-neighbour upsampling by 2."""
    return interpolate(images, scale_factor=2.0, mode="nearest")


def shrunk(images: Tensor, stage: Stage) -> Tensor:
    """Full-size reals (N, C, H, W) as a pair at `stage` sees them: averaged down to the level's grid, and faded
    in from the coarser grid as the generator's images are."""
    _, _, top = base_grid(*images.shape[-2:])
    if stage.level < top:
        images = avg_pool2d(images, 2 ** (top - stage.level))
    if stage.fade < 1:
        images = torch.lerp(doubled(avg_pool2d(images, 2)), images, stage.fade)
    return images


def full_size(images: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Images of a pair that is still growing, repeated up to the data's own (C, H, W)."""
    if images.ndim != 4 or images.shape[-2:] == shape[-2:]:
        return images
    return interpolate(images, size=shape[-2:], mode="nearest")
