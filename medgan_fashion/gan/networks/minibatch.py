"""Minibatch discrimination: D sees how close an image is to the others of its batch (Salimans et al. 2016, 3.2)."""

import math

import torch
from torch import Tensor, nn


class MinibatchDiscrimination(nn.Module):
    """Features f (N, A) to (N, A + B), the last being o_b(i) = sum over j != i of exp(-|M_ib - M_jb|_1), M = f T with
    T (A, B, C).

    A generator that draws one image all the time makes every o large. The sum leaves the image itself out: its term
    is always 1. A batch of one therefore gets zeros. What D says of an image depends on its batch, so judge reals and
    fakes in batches of their own and of one size. The paper's T is 100 kernels of 5 numbers; here `kernels` = 32.
    """

    def __init__(self, features: int, kernels: int = 32, numbers: int = 5) -> None:
        super().__init__()
        self.added = kernels
        # distances of about 1 between features of scale 1: where exp(-distance) still has a slope
        scale = 1.0 / (numbers * math.sqrt(features))
        self.kernel = nn.Parameter(torch.randn(features, kernels * numbers) * scale)

    def forward(self, features: Tensor) -> Tensor:
        projected = (features @ self.kernel).reshape(features.shape[0], self.added, -1)
        distances = (projected[:, None] - projected[None]).abs().sum(3)
        return torch.cat([features, (-distances).exp().sum(1) - 1.0], 1)
