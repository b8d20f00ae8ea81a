"""Film strips between two latents, sliders along directions, and the grid that shows them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.gan.latent.directions import apply_direction
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.latent import between
from medgan_fashion.gan.recipe.recipe_parts import Latent

FINE = 4  # steps looked at for each frame of a strip that is spaced evenly by features
AT_ONCE = 64

Features = Callable[[Tensor], Any]  # images (n, C, H, W) -> (n, F)


def drawn(model: Model, z: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> Tensor:
    """(N, C, H, W) images of latents z (N, d) as `generate` gives them: in the data's range and dtype, on the CPU."""
    device = next(model.generator.parameters()).device
    parts = []
    with torch.no_grad():
        for rows in torch.arange(len(z)).split(AT_ONCE):
            labels = None if y is None else y[rows].to(device)
            handed = None if given is None else given[rows]
            parts.append(model.synthesize(z[rows].to(device), labels, handed).float().cpu())
    images = torch.cat(parts).clamp(*model.card.value_range)
    return images.round().to(torch.uint8) if model.card.dtype == "uint8" else images


def walk(latent: Latent, z_a: Tensor, z_b: Tensor, t: Tensor) -> Tensor:
    """Latents (R, n, d) on the way that is right for the prior from z_a to z_b (R, d), at t (n,) or (R, n) in [0, 1];
    its ends are z_a and z_b to the last bit where t is 0 and 1."""
    t = t.expand(len(z_a), t.shape[-1])[..., None].to(z_a)
    a, b = z_a[:, None], z_b[:, None]
    return torch.where(t == 0, a, torch.where(t == 1, b, between(latent, a, b, t)))


def even_times(features: NDArray[Any], n: int) -> NDArray[np.float64]:
    """n times in [0, 1], 0 and 1 among them, between which features (m, F) seen at m even times change equally: equal
    shares of the length of their path. Even times where nothing changes."""
    steps = np.linalg.norm(np.diff(np.asarray(features, dtype=np.float64), axis=0), axis=1)
    travelled = np.concatenate([[0.0], steps.cumsum()])
    even = np.linspace(0, 1, n)
    if travelled[-1] <= 0:
        return even
    # a stretch without any change would make the way back from length to time ambiguous
    travelled += np.linspace(0, 1e-6 * travelled[-1], len(travelled))
    return np.interp(even * travelled[-1], travelled, np.linspace(0, 1, len(travelled)))


def film_strip(
    model: Model,
    z_a: Tensor,
    z_b: Tensor,
    n: int = 9,
    *,
    y: Tensor | None = None,
    given: Tensor | None = None,
    features: Features | None = None,
) -> Tensor:
    """(R, n, C, H, W): n frames from each of z_a (R, d) to its z_b, along the great circle, or straight where the prior
    is uniform; in the data's range and dtype.

    y (R,) class numbers, `given` (R, K, H, W): one for all frames of a row. `features` (for example an encoder's): the
    frames are spaced so that they differ by equal steps of these, instead of equal steps of z.

    Raises ValueError for fewer than two frames, or ends that do not match.
    """
    if n < 2 or z_a.shape != z_b.shape or z_a.ndim != 2 or z_a.shape[1] != model.latent.size:
        raise ValueError(
            f"{n} frames from {tuple(z_a.shape)} to {tuple(z_b.shape)}: give two or more frames, and ends of one "
            f"shape, (rows, {model.latent.size})"
        )

    def frames(t: Tensor) -> Tensor:
        k = t.shape[-1]
        rows = torch.arange(len(z_a)).repeat_interleave(k)
        handed = None if given is None else given[rows]
        z = walk(model.latent, z_a, z_b, t).reshape(-1, z_a.shape[1])
        return drawn(model, z, None if y is None else y[rows], handed).unflatten(0, (-1, k))

    if features is None:
        return frames(torch.linspace(0, 1, n))
    fine = frames(torch.linspace(0, 1, FINE * (n - 1) + 1))
    times = [even_times(np.asarray(features(row)).reshape(len(row), -1), n) for row in fine]
    return frames(torch.from_numpy(np.stack(times)))


def slider_grid(
    model: Model,
    z: Tensor,
    direction: NDArray[Any] | Tensor,
    amounts: Sequence[float] = (-1.0, -0.5, 0.0, 0.5, 1.0),
    *,
    y: Tensor | None = None,
    given: Tensor | None = None,
) -> Tensor:
    """(N, len(amounts), C, H, W): each of the latents z (N, d) moved by each amount along a unit direction (d,), see
    `directions.apply_direction`."""
    columns = [drawn(model, apply_direction(z, direction, a, model.latent), y, given) for a in amounts]
    return torch.stack(columns, 1)


def tiled(rows: Tensor) -> Tensor:
    """(C, R x H, n x W): the images of rows (R, n, C, H, W) as one picture. Channels that are no colours (not 1 or 3),
    such as an image and its mask, stand side by side."""
    if rows.shape[2] not in (1, 3):
        rows = torch.cat(list(rows.split(1, 2)), -1)
    r, n, c, h, w = rows.shape
    return rows.permute(2, 0, 3, 1, 4).reshape(c, r * h, n * w)
