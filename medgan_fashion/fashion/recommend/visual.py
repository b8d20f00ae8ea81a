"""Recommenders that look at pictures: VBPR on frozen features, DVBPR end to end on pixels."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgan_fashion.evaluation.encoder import Encoder
from medgan_fashion.evaluation.training import in_batches
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.assembly import assemble
from medgan_fashion.fashion.recommend.bpr import make_plan, train_pairs
from medgan_fashion.fashion.recommend.encoder_tower import EncoderFeatures, encoder_tower
from medgan_fashion.fashion.recommend.model import FactorModel, Tower, embed, resized
from medgan_fashion.fashion.recommend.towers import build_pixel_network, pixel_tower
from medgan_fashion.fashion.recommender_config import DvbprConfig, VbprConfig

_BATCH = 512


def _blocks(count: int) -> list[NDArray[np.int64]]:
    return np.array_split(np.arange(count), range(_BATCH, count, _BATCH))


def _random(shape: tuple[int, ...], seed: int, key: int, sd: float) -> Tensor:
    return torch.from_numpy(np.random.default_rng((seed, key)).normal(0, sd, shape).astype(np.float32))


def moved(images: Tensor, shift: int, flip: bool, generator: np.random.Generator) -> Tensor:
    """Pictures (B, 3, S, S), each moved by up to `shift` pixels either way (edges repeat) and half of them mirrored."""
    count, size = len(images), images.shape[-1]
    grid = np.arange(size)
    offsets = generator.integers(-shift, shift + 1, (2, count, 1))
    down, across = (np.clip(grid + offset, 0, size - 1) for offset in offsets)
    if flip:
        mirrored = generator.random((count, 1)) < 0.5
        across = np.where(mirrored, across[:, ::-1], across)
    y, x = (torch.from_numpy(part).to(images.device) for part in (down, across))
    picked = images.permute(0, 2, 3, 1)[
        torch.arange(count, device=images.device)[:, None, None], y[:, :, None], x[:, None]
    ]
    return picked.permute(0, 3, 1, 2)


class _VbprItems(nn.Module):
    """[gamma_i, E f_i] and beta_i + beta'.f_i of rows."""

    features: Tensor

    def __init__(self, features: Tensor, config: VbprConfig, seed: int) -> None:
        super().__init__()
        count, length = features.shape
        self.register_buffer("features", features)
        self.own_gamma = nn.Parameter(_random((count, config.factors), seed, 61, 0.1))
        self.own_beta = nn.Parameter(torch.zeros(count))
        self.embedding = nn.Parameter(_random((config.visual_factors, length), seed, 62, length**-0.5))
        self.bias = nn.Parameter(torch.zeros(1, length))

    def forward(self, rows: Tensor) -> Tensor:
        features = self.features[rows]
        bias = self.own_beta[rows] + (features @ self.bias.T)[:, 0]
        return torch.cat([self.own_gamma[rows], features @ self.embedding.T, bias[:, None]], dim=1)


def _standard(features: NDArray[np.float64], rows: NDArray[np.bool_]) -> tuple[Tensor, Tensor]:
    """Mean and sd (F,) over the items that training may see."""
    mean, sd = features[rows].mean(axis=0), features[rows].std(axis=0)
    return torch.from_numpy(mean).float(), torch.from_numpy(np.where(sd > 1e-6, sd, 1.0)).float()


def _features(
    catalogue: Catalogue, features: NDArray[np.floating] | None, encoder: Encoder | None
) -> NDArray[np.float64]:
    if features is None and encoder is None:
        raise ValueError("vbpr looks at features: give a table of them (--features) or the project's own encoder")
    if features is not None:
        table = np.asarray(features, dtype=np.float64)
        if table.ndim != 2 or len(table) != len(catalogue) or not np.isfinite(table).all():
            raise ValueError(
                f"the table of features has shape {table.shape}: it needs one row of finite numbers for each of the "
                f"{len(catalogue)} items"
            )
        return table
    assert encoder is not None
    network = EncoderFeatures(encoder.network)
    blocks = [in_batches(network, catalogue.floats(rows)) for rows in _blocks(len(catalogue))]
    return np.concatenate(blocks)


def fit_vbpr(
    catalogue: Catalogue,
    train: Purchases,
    config: VbprConfig,
    seed: int,
    *,
    features: NDArray[np.floating] | None = None,
    encoder: Encoder | None = None,
) -> FactorModel:
    """VBPR on a user's table of features (N, F), which has no tower, or on an encoder's, which has one.

    Held-out items are in no update; their gamma and beta are 0, so that they are ranked by their features alone.
    """
    table, plan = _features(catalogue, features, encoder), make_plan(train, len(catalogue), catalogue.held_out)
    standard = _standard(table, ~catalogue.held_out)
    network = _VbprItems((torch.from_numpy(table).float() - standard[0]) / standard[1], config, seed)
    shape = (len(train.customers), config.factors + config.visual_factors)
    theta = nn.Parameter(_random(shape, seed, 63, 0.1))
    train_pairs(theta, network, lambda rows, update: network(rows), plan, config.pairs, seed)
    cold = torch.from_numpy(catalogue.held_out)
    with torch.no_grad():
        network.own_gamma[cold] = 0
        network.own_beta[cold] = 0
        items = network(torch.arange(len(catalogue))).numpy()
        weight = torch.cat([torch.zeros(config.factors, table.shape[1]), network.embedding, network.bias])
    tower = (
        None if features is not None or encoder is None else encoder_tower(encoder, catalogue.size, standard, weight)
    )
    known = np.ones(len(catalogue), dtype=bool)
    customers = theta.detach().numpy()
    return assemble("vbpr", catalogue, train, customers, (items[:, :-1], items[:, -1]), known, tower)


def fit_dvbpr(
    catalogue: Catalogue, train: Purchases, config: DvbprConfig, seed: int, *, device: str = "cpu"
) -> FactorModel:
    """DVBPR: every item, bought, unsold or held out, gets its vector from its picture alone."""
    plan = make_plan(train, len(catalogue), catalogue.held_out)
    network = build_pixel_network(config.tower, config.factors, seed).to(device)
    shape, low = (len(train.customers), config.factors), -config.initial
    start = np.random.default_rng((seed, 64)).uniform(0, max(config.initial, 0), shape).astype(np.float32)
    theta = nn.Parameter((_random(shape, seed, 65, low) if low > 0 else torch.from_numpy(start)).to(device))

    def show(rows: Tensor, update: int) -> Tensor:
        pictures = torch.from_numpy(catalogue.images[rows.cpu().numpy()]).to(device).float() / 255
        pictures = resized(pictures, config.tower.size)
        return network(moved(pictures, config.shift, config.flip, np.random.default_rng((seed, 66, update))))

    train_pairs(theta, network, show, plan, config.pairs, seed)
    tower = pixel_tower(network.cpu(), config.tower, config.factors)
    items = _embed_catalogue(tower, catalogue)
    known = np.ones(len(catalogue), dtype=bool)
    return assemble("dvbpr", catalogue, train, theta.detach().cpu().numpy(), items, known, tower)


def _embed_catalogue(tower: Tower, catalogue: Catalogue) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    parts = [embed(tower, catalogue.floats(rows)) for rows in _blocks(len(catalogue))]
    vectors, bias = zip(*parts, strict=True)
    return np.concatenate(vectors), np.concatenate(bias)
