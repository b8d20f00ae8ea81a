"""The downstream classifiers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from medgan_fashion.medical.config import ClassifierConfig
from medgan_fashion.medical.learners import NetworkName, build_classifier, train_and_score


def pool(n: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three classes of three grey levels under noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    images = 0.3 + 0.1 * labels[:, None, None, None] + rng.normal(0, 0.1, (n, 1, size, size))
    return np.clip(images, 0, 1).astype(np.float32), labels.astype(np.int64)


@pytest.mark.parametrize(("network", "rate"), [("small_cnn", 1e-3), ("paper_cnn", 1e-3)])
def test_learns_and_is_exact_per_seed(network: NetworkName, rate: float) -> None:
    images, labels = pool(90, 16, 0)
    fresh, truth = pool(90, 16, 1)
    config = ClassifierConfig(network=network, updates=40, batch=32, learning_rate=rate)
    real = np.arange(90) < 30
    before = torch.get_rng_state()
    one, two = (train_and_score(images, labels, real, fresh, 3, config, 5) for _ in range(2))
    other = train_and_score(images, labels, real, fresh, 3, config, 6)
    assert torch.equal(before, torch.get_rng_state())
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
    assert one.dtype == np.float64
    np.testing.assert_allclose(one.sum(axis=1), 1)
    assert (one.argmax(axis=1) == truth).mean() > 0.9


@pytest.mark.parametrize("size", [(24, 33), (80, 64), (40, 32)])
@pytest.mark.parametrize("network", ["small_cnn", "paper_cnn"])
def test_networks_take_non_square_colour_images(network: NetworkName, size: tuple[int, int]) -> None:
    model = build_classifier(network, 3, 4, size, seed=0).eval()
    assert model(torch.zeros(2, 3, *size)).shape == (2, 4)


def test_weights_come_from_the_seed_alone() -> None:
    before = torch.get_rng_state()
    models = [build_classifier("paper_cnn", 1, 3, (32, 32), seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(before, torch.get_rng_state())
    weights = [torch.cat([p.flatten() for p in model.parameters()]) for model in models]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.slow
@pytest.mark.parametrize("network", ["resnet18", "densenet121"])
def test_monai_networks(network: NetworkName) -> None:
    pytest.importorskip("monai")
    images, labels = pool(12, 32, 0)
    config = ClassifierConfig(network=network, updates=1, batch=4)
    one, two = (train_and_score(images, labels, None, images, 3, config, 0) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert one.shape == (12, 3)


def test_sgd_and_no_share_run() -> None:
    images, labels = pool(12, 16, 0)
    config = ClassifierConfig(updates=2, batch=8, optimizer="sgd", real_share=None)
    assert train_and_score(images, labels, np.arange(12) < 4, images, 3, config, 0).shape == (12, 3)


def test_errors_name_what_is_wrong() -> None:
    images, labels = pool(12, 16, 0)
    config = ClassifierConfig(updates=1)
    with pytest.raises(ValueError, match=r"Pool labels must lie in 0\.\.1"):
        train_and_score(images, labels, None, images, 2, config, 0)
    with pytest.raises(ValueError, match="cut both alike"):
        train_and_score(images, labels, None, images[..., :8], 3, config, 0)
    with pytest.raises(ValueError, match="resnet18 takes images of at least 32"):
        build_classifier("resnet18", 1, 3, (16, 16), seed=0)
    with pytest.raises(ValueError, match="real_share"):
        replace(config, real_share=1.5)
    with pytest.raises(ValueError, match="batch at least 2"):
        replace(config, batch=1)
