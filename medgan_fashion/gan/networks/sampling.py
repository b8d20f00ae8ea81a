"""Drawing images from a generator in batches, from a seed, without touching its state."""

import math

import torch
from torch import Tensor, nn

from medgan_fashion.gan.networks.latent import sample_latent
from medgan_fashion.gan.recipe.recipe_parts import Latent

PIXELS = 2**22  # drawn at once: 256 images of 128x128, three of 1280x1024


@torch.no_grad()
def draw(
    generator: nn.Module,
    latent: Latent,
    n: int,
    labels: Tensor | None,
    *,
    seed: int,
    device: torch.device,
    truncation: float | None = None,
    shape: tuple[int, ...] = (),
    given: Tensor | None = None,
) -> Tensor:
    """(n, C, H, W) images in [-1, 1] on the CPU. The latents come from the CPU's generator: a seed means the same
    pictures on every device. `shape` (C, H, W) bounds how many are drawn at once.
    `given` (n, K, H, W) in [-1, 1]: what a generator of kind "spade" paints over."""
    batch = max(1, min(256, PIXELS // max(1, math.prod(shape[-2:]))))
    z = sample_latent(latent, n, torch.Generator().manual_seed(seed), truncation)
    was_training = generator.training
    generator.eval()
    parts = []
    for start in range(0, n, batch):
        y = None if labels is None else labels[start : start + batch].to(device)
        handed = () if given is None else (given[start : start + batch].to(device),)
        parts.append(generator(z[start : start + batch].to(device), y, *handed).float().cpu())
    generator.train(was_training)
    return torch.cat(parts)
