"""scikit-learn's 8x8 digits, a small classifier of them, and their principal components as a generator."""

from functools import cache

import torch
from torch import Tensor, nn

from medgan_fashion.gan.latent.search import SearchConfig
from medgan_fashion.gan.recipe.table import Latent
from medgan_fashion.gan.robustness.attacks import Attack, pgd
from medgan_fashion.gan.robustness.defence import Defence, Spanner, calibrated
from medgan_fashion.gan.robustness.robust_training import RobustTraining, train_robust

SEARCH = SearchConfig(
    starts=2, candidates=4, steps=20, learning_rate=0.1, noise=0.0, prior_weight=0.0, check_every=10, batch=512
)
ATTACK = Attack(0.1, steps=10)
PARTS = {"train": slice(0, 1200), "held": slice(1200, 1400), "test": slice(1400, 1500)}


@cache
def _all() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    numbers, classes = load_digits(return_X_y=True)
    order = torch.randperm(len(classes), generator=torch.Generator().manual_seed(0))
    images = torch.from_numpy(numbers / 16).float().reshape(-1, 1, 8, 8)
    return images[order], torch.from_numpy(classes).long()[order]


def digits(part: str) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 8, 8) in [0, 1] and classes (N,) of the part train, held or test."""
    images, labels = _all()
    return images[PARTS[part]], labels[PARTS[part]]


@cache
def classifier(hardened: bool = False) -> nn.Module:
    """Two hidden layers, trained on the part train, on PGD examples of epsilon 0.1 where hardened."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = [nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)]
        net = nn.Sequential(*layers)
    how = RobustTraining(500, attack=Attack(0.1, steps=5) if hardened else None)
    train_robust(net, *digits("train"), how, seed=0)
    return net


@cache
def components(size: int = 14) -> Spanner:
    """G(z) = mean + z W, W the first principal components of the part train, each times its standard deviation: the
    nearest point it can draw is known in closed form (`onto`). No range: it is linear everywhere."""
    flat = digits("train")[0].flatten(1)
    _, sd, axes = torch.linalg.svd(flat - flat.mean(0), full_matrices=False)
    weights, mean = axes[:size] * (sd[:size, None] / len(flat) ** 0.5), flat.mean(0)
    inverse = torch.linalg.pinv(weights)

    def encode(images: Tensor) -> Tensor:
        return (images.flatten(1) - mean) @ inverse

    return Spanner(lambda z: (mean + z @ weights).reshape(-1, 1, 8, 8), Latent(size), (-9.0, 9.0), encode)


def onto(images: Tensor) -> Tensor:
    """Images projected on the components by least squares."""
    spanner = components()
    assert spanner.encode is not None
    return spanner.decode(spanner.encode(images))


@cache
def defence() -> Defence:
    """The classifier behind the components, 95 % of the part held being accepted."""
    return calibrated(Defence(classifier(), components(), SEARCH), digits("held")[0], quantile=0.95)


@cache
def unaware() -> Tensor:
    """Attacked images of the part test, made in ignorance of the defence."""
    return pgd(classifier(), *digits("test"), ATTACK)
