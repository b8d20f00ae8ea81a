"""Orthogonal weights, matched features and minibatch discrimination against their formulas by hand."""

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from medgan_fashion.gan.losses.penalties import feature_distance, orthogonal, r1
from medgan_fashion.gan.networks.layers import MinibatchDiscrimination


def _cost(weights: list[list[float]]) -> float:
    layer = nn.Linear(len(weights[0]), len(weights), bias=False)
    layer.weight.data = torch.tensor(weights)
    return float(orthogonal(layer).detach())


def test_filters_at_right_angles_cost_nothing_and_parallel_ones_their_product() -> None:
    assert _cost([[3.0, 0.0], [0.0, 5.0]]) == 0  # lengths are free
    assert _cost([[1.0, 2.0], [3.0, 1.0]]) == pytest.approx(2 * (3 + 2) ** 2)
    # three filters of one number: more filters than inputs
    assert _cost([[1.0], [2.0], [3.0]]) == pytest.approx(2 * (2**2 + 3**2 + 6**2))


def test_it_is_the_printed_formula_for_every_kind_of_layer() -> None:
    torch.manual_seed(0)
    conv, up, dense = nn.Conv2d(3, 5, 3), nn.ConvTranspose2d(4, 6, 2), nn.Linear(2, 40)
    columns = [conv.weight.flatten(1).T, up.weight.transpose(0, 1).flatten(1).T, dense.weight.T]
    printed = sum(((w.T @ w) * (1 - torch.eye(w.shape[1]))).square().sum() for w in columns)
    network = nn.Sequential(conv, nn.BatchNorm2d(5), up, nn.Embedding(7, 3), dense)
    torch.testing.assert_close(orthogonal(network), printed)


def test_under_a_spectral_norm_the_raw_weights_count() -> None:
    torch.manual_seed(0)
    plain = nn.Conv2d(2, 3, 3)
    expected = orthogonal(plain)
    wrapped: Any = spectral_norm(plain)
    value = orthogonal(wrapped)
    torch.testing.assert_close(value, expected)
    value.backward()
    assert wrapped.parametrizations.weight.original.grad.abs().sum() > 0
    assert float(orthogonal(nn.Embedding(3, 2))) == 0


def test_feature_distance_is_that_of_the_means() -> None:
    real, fake = torch.tensor([[0.0, 2.0], [2.0, 4.0]]), torch.tensor([[4.0, 3.0]])
    assert float(feature_distance(real, fake)) == 3.0**2 + 0.0


def test_minibatch_discrimination_by_hand() -> None:
    layer = MinibatchDiscrimination(1, kernels=2, numbers=2)
    layer.kernel.data = torch.tensor([[1.0, -1.0, 0.5, 0.0]])  # distances: 2 |a - b| and |a - b| / 2
    found = layer(torch.tensor([[0.0], [1.0], [3.0]]))
    assert found.shape == (3, 1 + layer.added)
    assert found[:, 0].tolist() == [0.0, 1.0, 3.0]
    first = [math.exp(-2 * a) + math.exp(-2 * b) for a, b in ((1, 3), (1, 2), (3, 2))]
    second = [math.exp(-a / 2) + math.exp(-b / 2) for a, b in ((1, 3), (1, 2), (3, 2))]
    torch.testing.assert_close(found[:, 1:], torch.tensor([first, second]).T)


def test_a_collapsed_batch_shows_and_a_batch_of_one_is_silent() -> None:
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(64)
    same, apart = layer(torch.randn(1, 64).expand(8, -1)), layer(torch.randn(8, 64))
    torch.testing.assert_close(same[:, 64:], torch.full((8, 32), 7.0))
    assert 0.2 * 7 < float(apart[:, 64:].mean().detach()) < 0.6 * 7
    assert float(layer(torch.randn(1, 64))[:, 64:].abs().max().detach()) < 1e-6
    r1(lambda x: layer(x)[:, 64:].sum(1), torch.randn(4, 64), torch.zeros(4, 64)).backward()
    assert layer.kernel.grad is not None
    assert float(layer.kernel.grad.abs().sum()) > 0
