"""Pixel ascent: what designing looks like without a GAN and without guards. The negative control of the report."""

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.fashion.design.taste import Preference


def pixel_ascent(
    preference: Preference,
    images: NDArray[np.float32],
    *,
    steps: int = 60,
    learning_rate: float = 0.02,
) -> NDArray[np.float32]:
    """Climbs the z of one recommender from pictures float32 (P, 3, S, S) in [0, 1], picture p for problem p.

    Adam on the pixels, cut to [0, 1] after each step; no views, no discriminator, no prior. `preference` must be of
    one recommender (`Preference.only`): with it alone, what is gained is mostly that recommender's error.
    """
    if len(preference.models) != 1 or len(images) != len(preference.pairs):
        raise ValueError(
            f"pixel ascent takes one recommender and one picture for each of {len(preference.pairs)} problems, not "
            f"{len(preference.models)} and {len(images)}"
        )
    device = preference.pairs.device
    pixels = torch.tensor(images, device=device, requires_grad=True)
    problem = torch.arange(len(images), device=device)
    optimizer = torch.optim.Adam([pixels], lr=learning_rate)
    for _ in range(steps):
        with torch.enable_grad():
            (pixels.grad,) = torch.autograd.grad(-preference.z(pixels, problem).sum(), pixels)
        optimizer.step()
        pixels.data.clamp_(0, 1)
    return pixels.detach().cpu().numpy()
