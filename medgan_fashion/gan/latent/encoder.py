"""A small CNN from images back to latents, trained on the model's own pairs (z, G(z)): where an inversion may start."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import one_hot

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.gan.latent.search import address
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.latent import free_from, latent_from, sample_latent
from medgan_fashion.gan.recipe.schedules import base_grid
from medgan_fashion.gan.recipe.spec import Latent

FORMAT = "medgan_fashion.latent_encoder/1"
IMAGE_WEIGHT = 10.0  # of the mean square of pixels in [-1, 1], beside that of z


@dataclass(frozen=True)
class EncoderCard:
    """What an encoder takes and gives: image shape (C, H, W) and value range, number of classes (0: unconditional),
    the latent; and what it was trained on: the first digits of the sha256 of the generator's weights, how many
    generated images, how many real ones."""

    shape: tuple[int, ...]
    value_range: tuple[float, float]
    n_classes: int
    latent: Latent
    width: int
    generator: str
    images_seen: int
    reals: int


class _Network(nn.Module):
    """Stride-2 convolutions to the base grid, one hidden layer with the class, then u, the latent's free variable."""

    def __init__(self, shape: tuple[int, ...], n_classes: int, size: int, width: int) -> None:
        super().__init__()
        h0, w0, k = base_grid(*shape[1:])
        widths = [shape[0], *(min(width * 2**i, 4 * width) for i in range(k))]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.hidden = nn.Linear(widths[-1] * h0 * w0 + n_classes, 4 * size)
        self.head = nn.Linear(4 * size, size)
        self.n_classes = n_classes

    def forward(self, images: Tensor, y: Tensor | None) -> Tensor:
        x = self.body(images)
        if self.n_classes:
            assert y is not None
            x = torch.cat([x, one_hot(y, self.n_classes).to(x)], 1)
        return self.head(self.hidden(x).relu())


class LatentEncoder:
    """E(images (N, C, H, W) in the card's value range, labels (N,)) -> z (N, d) that the prior allows; no gradient."""

    def __init__(self, card: EncoderCard, network: nn.Module) -> None:
        self.card, self.network = card, network.eval()

    @torch.no_grad()
    def __call__(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        if tuple(images.shape[1:]) != tuple(self.card.shape):
            raise ValueError(f"images have shape {tuple(images.shape)}; this encoder takes (N, {self.card.shape})")
        low, high = self.card.value_range
        u = self.network((images.float() - low) * (2 / (high - low)) - 1, labels)
        return latent_from(self.card.latent, u)


def weights_name(network: nn.Module) -> str:
    """The first 16 hex digits of the sha256 of a network's state."""
    digest = hashlib.sha256()
    for key, value in sorted(network.state_dict().items()):
        digest.update(key.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _built(card: EncoderCard, seed: int) -> _Network:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return _Network(card.shape, card.n_classes, card.latent.size, card.width)


def _unit(model: Model, images: Tensor) -> Tensor:
    low, high = model.card.value_range
    return (images.float().clamp(low, high) - low) * (2 / (high - low)) - 1


def _pairs(model: Model, n: int, batch: int, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    """Batches (z, images in [-1, 1], labels) that the model draws, by their number from the seed."""
    device, k = next(model.generator.parameters()).device, len(model.card.classes)
    for number in range(max(1, n // batch)):
        stream = torch.Generator().manual_seed(address(seed, "pairs", number))
        z = sample_latent(model.latent, batch, stream).to(device)
        y = torch.randint(k, (batch,), generator=stream).to(device) if model.recipe.draws_classes else None
        with torch.no_grad():
            images = _unit(model, model.synthesize(z, y))
        yield z, images, y


def _apart(model: Model, network: nn.Module, images: Tensor, y: Tensor | None) -> Tensor:
    """Mean square between images (n, C, H, W) in [-1, 1] and what G makes of their codes (Zhu et al. 2020, without
    its adversary)."""
    z = latent_from(model.latent, network(images, y))
    return (_unit(model, model.synthesize(z, y)) - images).square().mean()


def _prepared(model: Model, reals: tuple[Tensor, Tensor | None] | None) -> tuple[Tensor, Tensor | None] | None:
    if reals is None:
        return None
    if tuple(reals[0].shape[1:]) != tuple(model.card.shape) or (reals[1] is None) == model.recipe.draws_classes:
        raise ValueError(
            f"reals are images (N, {model.card.shape}) in the card's range, and labels where G has classes"
        )
    device = next(model.generator.parameters()).device
    return _unit(model, reals[0].to(device)), None if reals[1] is None else reals[1].long().to(device)


def _some(reals: tuple[Tensor, Tensor | None], n: int, seed: int) -> tuple[Tensor, Tensor | None]:
    """n rows of the real images, drawn with replacement."""
    rows = torch.randint(len(reals[0]), (n,), generator=torch.Generator().manual_seed(seed)).to(reals[0].device)
    return reals[0][rows], None if reals[1] is None else reals[1][rows]


def _card(model: Model, width: int, images_seen: int, reals: int) -> EncoderCard:
    n_classes = len(model.card.classes) if model.recipe.draws_classes else 0
    return EncoderCard(
        tuple(model.card.shape), model.card.value_range, n_classes, model.latent, width,
        weights_name(model.generator), images_seen, reals,
    )  # fmt: skip


def train_latent_encoder(
    model: Model,
    images_seen: int = 20_000,
    seed: int = 0,
    reals: tuple[Tensor, Tensor | None] | None = None,
    *,
    width: int = 32,
    batch: int = 64,
) -> LatentEncoder:
    """E with E(G(z, y), y) near z, from `images_seen` generated images, the same for the same seed on one machine.

    A quarter of each batch also counts how far G(E(x)) is from x; `reals` (images (N, C, H, W) in the card's value
    range, labels (N,) or None) adds the same for as many real images. G's weights are not touched.
    """
    device, known = next(model.generator.parameters()).device, _prepared(model, reals)
    card = _card(model, width, images_seen, 0 if known is None else len(known[0]))
    network = _built(card, seed).to(device).train()
    weights, few = list(network.parameters()), max(2, batch // 4)
    optimizer = torch.optim.Adam(weights, lr=2e-3, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, images_seen // batch))
    for number, (z, images, y) in enumerate(_pairs(model, images_seen, batch, seed)):
        loss = (network(images, y) - free_from(model.latent, z)).square().mean()
        loss = loss + IMAGE_WEIGHT * _apart(model, network, images[:few], None if y is None else y[:few])
        if known is not None:
            loss = loss + IMAGE_WEIGHT * _apart(model, network, *_some(known, few, address(seed, "reals", number)))
        for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad = slope
        optimizer.step()
        schedule.step()
    return LatentEncoder(card, network)


def save_latent_encoder(encoder: LatentEncoder, path: str | Path) -> None:
    """One safetensors file: the weights, and the card as JSON in its metadata."""
    tensors = {key: value.contiguous().cpu() for key, value in encoder.network.state_dict().items()}
    about = json.dumps(to_plain(encoder.card))
    write_whole(Path(path), lambda temporary: save_file(tensors, temporary, {FORMAT: about}))


def load_latent_encoder(path: str | Path, device: str | torch.device = "cpu") -> LatentEncoder:
    """Reads what `save_latent_encoder` wrote; ValueError naming the file when it is something else."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"no encoder at {path}; write one with save_latent_encoder")
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file ({error}); write it with save_latent_encoder") from error
    if FORMAT not in metadata:
        raise ValueError(f"{path} holds no latent encoder; write one with save_latent_encoder")
    card = from_plain(EncoderCard, json.loads(metadata[FORMAT]), stored=True)
    network = _built(card, 0).to(device)
    network.load_state_dict(tensors)
    return LatentEncoder(card, network)
