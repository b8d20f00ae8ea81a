"""Drawing images from a generator in batches, from a seed, without touching its state."""

import torch
from torch import Tensor, nn

from medgan_fashion.gan.latent import sample_latent
from medgan_fashion.gan.recipes import Latent


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
    batch: int = 256,
) -> Tensor:
    """(n, C, H, W) images in [-1, 1] on the CPU. The latents come from the CPU's generator: a seed means the same
    pictures on every device."""
    z = sample_latent(latent, n, torch.Generator().manual_seed(seed), truncation)
    was_training = generator.training
    generator.eval()
    parts = []
    for start in range(0, n, batch):
        y = None if labels is None else labels[start : start + batch].to(device)
        parts.append(generator(z[start : start + batch].to(device), y).float().cpu())
    generator.train(was_training)
    return torch.cat(parts)
