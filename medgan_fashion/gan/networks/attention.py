"""Self-attention over the places of a feature map, Zhang et al. 2019 (SAGAN); Brock et al. 2019 use the same."""

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from medgan_fashion.gan.networks.layers import Wrap
from medgan_fashion.gan.recipe.schedules import base_grid


class SelfAttention2d(nn.Module):
    """x + gamma o(x), x (N, C, h, w) with h, w >= 2: every place adds what it finds at the places it resembles.

    o weighs the values by softmax(f(x)' g(x)) (Zhang et al. 2019, eq. 1 to 3); f and g have C / 8 channels, the
    values C / 2, and the keys and values are max-pooled 2x2, a quarter of the work, as the released codes have it.
    gamma starts at 0, so the layer starts as the identity. `wrap` prepares each 1x1 convolution, for example by
    normalising its spectrum.
    """

    def __init__(self, channels: int, wrap: Wrap = lambda module: module) -> None:
        super().__init__()
        inner, values = max(1, channels // 8), max(1, channels // 2)
        self.query = wrap(nn.Conv2d(channels, inner, 1, bias=False))
        self.key = wrap(nn.Conv2d(channels, inner, 1, bias=False))
        self.value = wrap(nn.Conv2d(channels, values, 1, bias=False))
        self.out = wrap(nn.Conv2d(values, channels, 1, bias=False))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        queries = self.query(x).flatten(2).transpose(1, 2)
        keys, values = (max_pool2d(layer(x), 2).flatten(2) for layer in (self.key, self.value))
        # not scaled_dot_product_attention: its fused kernels have no second derivative, which gradient penalties need
        weights = (queries @ keys).softmax(-1)
        found = (values @ weights.transpose(1, 2)).reshape(x.shape[0], -1, *x.shape[2:])
        return x + self.gamma * self.out(found)


def attended_level(side: int, height: int, width: int) -> int | None:
    """How many doublings above the base grid the map lies whose smaller side is `side`; None for side 0.

    Attention stands on any grid from the base to half of the image. Raises ValueError for a side that no grid has.
    """
    if side == 0:
        return None
    h0, w0, k = base_grid(height, width)
    sides = [min(h0, w0) * 2**level for level in range(k)]
    if side not in sides:
        raise ValueError(
            f"networks.attention is {side}, but the grids of {height}x{width} images have the smaller sides "
            f"{', '.join(map(str, sides))}; take one of these, or 0 for no attention"
        )
    return sides.index(side)
