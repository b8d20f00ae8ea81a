"""The collapse alarm in real trainings: it fires on a forced collapse and stays silent on five healthy runs."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.gan import RECIPES, train
from medgan_fashion.gan.recipe.networks import DCGANConfig

from .test_recipes import tiny


def blobs(n: int = 200, size: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Round spots anywhere, bright in class 1 and dark in class 0."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:size, :size]
    centre, labels = rng.uniform(4, size - 4, (n, 2, 1, 1)), np.arange(n) % 2
    spot = np.exp(-((y - centre[:, 0]) ** 2 + (x - centre[:, 1]) ** 2) / rng.uniform(4, 12, (n, 1, 1)))
    sign = np.where(labels == 1, 0.45, -0.45)[:, None, None]
    return (0.5 + sign * spot)[:, None].astype(np.float32), labels


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_silent_on_healthy_runs(seed: int) -> None:
    images, labels = blobs()
    # the average follows closely: the alarm looks at what a short training has really come to
    recipe = replace(
        tiny("small"), batch=32, ema_half_life=500, networks=replace(RECIPES["small"].networks, width=8, max_width=32)
    )
    trained = train(recipe, images, labels=labels, images_seen=4_000, check_every=160, seed=seed, progress=False)
    assert trained.alarm is None


@pytest.mark.slow
def test_fires_on_a_forced_collapse() -> None:
    images, _ = blobs()
    # a critic without any penalty and steps a thousand times too long: the generator saturates
    recipe = replace(
        RECIPES["wgan_gp"], penalties=(), n_critic=1, lr_g=0.2, lr_d=0.2, networks=DCGANConfig(width=8, norm_d="none")
    )
    trained = train(recipe, images, images_seen=20_000, check_every=500, progress=False)
    assert trained.alarm is not None
    assert "collapsed" in trained.alarm
    assert trained.images_seen < 20_000
