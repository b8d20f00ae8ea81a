"""A published model: networks ready to use with what they are, and its file (safetensors and JSON; no code)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.networks.card import DataCard
from medgan_fashion.gan.networks.latent import draw, sample_latent
from medgan_fashion.gan.networks.layers import DiscriminatorOutput
from medgan_fashion.gan.recipe.schedules import Growing, full_size, shrunk
from medgan_fashion.gan.recipe.spec import Latent, Recipe
from medgan_fashion.gan.recipe.spelling import read_recipe

# ---------------------------------------------------------------------------------------------------------------------
# A published model: the averaged generator, its opponents or partners, and what they are, ready to use.


def to_data_range(images: Tensor, card: DataCard) -> Tensor:
    """A generator's images to the value range (cut there: not every generator ends in a tanh), size and dtype of
    the data."""
    low, high = card.value_range
    images = ((full_size(images, card.shape) + 1) * ((high - low) / 2) + low).clamp(low, high)
    return images.round().to(torch.uint8) if card.dtype == "uint8" else images


class Model:
    """The networks of a scheme, ready to use. Attributes: `networks` (modules in eval mode, by name), `generator`,
    `discriminator`, `encoder`, `recipe`, `latent`, `card` (shape, value range, classes), `facts` (provenance: seed,
    images seen, how the weights were selected)."""

    def __init__(self, recipe: Recipe, card: DataCard, networks: dict[str, nn.Module], facts: dict[str, Any]) -> None:
        self.recipe, self.card, self.facts = recipe, card, facts
        self.networks = {name: network.eval() for name, network in networks.items()}
        self.generator = self.networks["generator"]

    def _network(self, name: str) -> nn.Module:
        if name not in self.networks:
            raise ValueError(f"this model has no {name}: its recipe plays {self.recipe.scheme}")
        return self.networks[name]

    @property
    def discriminator(self) -> nn.Module:
        """D; ValueError for an autoencoder, which has none."""
        return self._network("discriminator")

    @property
    def _device(self) -> torch.device:
        return next(self.generator.parameters()).device

    @property
    def latent(self) -> Latent:
        """Shape and prior of z."""
        return self.recipe.latent

    def to(self, device: str | torch.device) -> "Model":
        """Moves the networks; returns self."""
        for network in self.networks.values():
            network.to(device)
        return self

    def labels(self, labels: int | str | Sequence[int | str] | Tensor | None, n: int) -> Tensor | None:
        """(n,) class numbers from numbers or names, one for all or one each; None spreads n evenly over classes."""
        known = bool(self.card.classes) and self.recipe.conditional
        if labels is not None and not (known and self.recipe.draws_classes):
            raise ValueError("this model draws no class on demand; leave labels out")
        if not known or (self.recipe.classify is not None and not self.recipe.draws_classes):
            return None  # a D that names classes needs none
        if labels is None:
            return torch.arange(n) % len(self.card.classes)
        given = [labels] * n if isinstance(labels, (int, str)) else list(labels)
        if len(given) != n:
            raise ValueError(f"{len(given)} labels for {n} images; give one, or one per image")
        return torch.tensor([self._class_number(label) for label in given])

    def _class_number(self, label: Any) -> int:
        if isinstance(label, str):
            if label in self.card.classes:
                return self.card.classes.index(label)
        elif 0 <= int(label) < len(self.card.classes):
            return int(label)
        raise ValueError(f"unknown class {label!r}; this model has {', '.join(self.card.classes)}")

    def generate(
        self,
        n: int,
        labels: int | str | Sequence[int | str] | Tensor | None = None,
        seed: int = 0,
        truncation: float | None = None,
        given: Tensor | None = None,
        batch: int | None = None,
    ) -> Tensor:
        """n images (n, C, H, W) in the data's value range and dtype, on the CPU; the same for the same seed, to the
        rounding of sums whatever the `batch`, which is how many are drawn at once (None: as many as 2**22 pixels).

        `given` (n, K, H, W) in the data's value range: the masks that a model of kind "spade" paints over; they come
        back as the images' last K channels.
        """
        if n < 1:
            raise ValueError(f"{n} images were asked for; give 1 or more")
        if batch is not None and batch < 1:
            raise ValueError(f"batch is {batch}; give 1 or more, or leave it out")
        device = self._device
        y = self.labels(labels, n)
        handed = self._given(given, n)
        shape = self.card.shape
        raw = draw(
            self.generator,
            self.latent,
            n,
            y,
            seed=seed,
            device=device,
            truncation=truncation,
            shape=shape,
            given=handed,
            batch=batch,
        )
        return to_data_range(raw, self.card)

    def _given(self, given: Tensor | None, n: int) -> Tensor | None:
        """The given pictures in [-1, 1]; ValueError where they are missing, of another shape, or not wanted."""
        k = self.recipe.given
        if k == 0:
            if given is not None:
                raise ValueError("this model paints over no given picture; leave `given` out")
            return None
        wanted = (n, k, *self.card.shape[1:])
        if given is None or tuple(given.shape) != wanted:
            has = "none" if given is None else tuple(given.shape)
            raise ValueError(
                f"this model paints over given masks of shape {wanted}, but has {has}; pass them as `given`"
            )
        return self._scaled(given)

    def _scaled(self, images: Tensor) -> Tensor:
        """Images in the data's value range to [-1, 1], on the networks' device."""
        low, high = self.card.value_range
        return (torch.as_tensor(images).float().to(self._device) - low) * (2 / (high - low)) - 1

    def _check_named(self, y: Tensor | None, wanted: bool) -> None:
        if y is None and wanted:
            raise ValueError("this model is told its classes; give y, (N,) class numbers such as model.labels(None, n)")

    def synthesize(self, z: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        """Images in the data's value range as floats, differentiable in z (N, latent.size); y (N,) class numbers,
        `given` as in `generate`. A progressive generator may leave that range by a little."""
        self._check_named(y, self.recipe.draws_classes)
        if z.ndim != 2 or z.shape[1] != self.latent.size:
            raise ValueError(f"z has shape {tuple(z.shape)}; this model's is (N, {self.latent.size})")
        low, high = self.card.value_range
        z, y = z.to(self._device), None if y is None else y.to(self._device)
        painted = self._given(given, len(z))
        handed = () if painted is None else (painted,)
        return (full_size(self.generator(z, y, *handed), self.card.shape) + 1) * ((high - low) / 2) + low

    def discriminate(self, images: Tensor, y: Tensor | None = None) -> DiscriminatorOutput:
        """D's judgement of images in the data's value range, differentiable."""
        self._check_named(y, self.recipe.networks.condition_d not in ("none", "classes", "shared"))
        images = self._scaled(images)
        if isinstance(self.discriminator, Growing):
            images = shrunk(images, self.discriminator.stage)
        return self.discriminator(images, None if y is None else y.to(self._device))

    def classify(self, images: Tensor) -> Tensor:
        """(N, K) class probabilities of images in the data's value range, by a D with class logits (sgan, acgan)."""
        logits = None if self.recipe.classify is None else self.discriminate(images).class_logits
        if logits is None:
            raise ValueError("this model's discriminator names no classes; rows with `classify` do, such as sgan")
        return logits.softmax(1)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """An autoencoder's (mean, log variance) of z, (N, latent.size) each, for images in the data's value range."""
        return self._network("encoder")(self._scaled(images))

    def reconstruct(self, images: Tensor, y: Tensor | None = None) -> Tensor:
        """What an autoencoder makes of images (N, C, H, W): decoded from the mean of their codes, as floats in the
        data's value range."""
        return self.synthesize(self.encode(images)[0], y)

    @torch.no_grad()
    def translate(self, images: Tensor, back: bool = False, seed: int = 0) -> Tensor:
        """Images of the given domain painted as the wanted one: (N, K, H, W) to (N, C - K, H, W) in the data's value
        range and dtype; `back`: the other way round, by a CycleGAN's second translator."""
        network = self._network("generator_back" if back else "generator")
        k = self.recipe.given
        k = self.card.shape[0] - k if back else k
        if self.recipe.translation is None or images.ndim != 4 or images.shape[1] != k:
            raise ValueError(
                f"this model plays {self.recipe.scheme} of {k} given channels, not of {tuple(images.shape)}"
            )
        device, generator = next(network.parameters()).device, torch.Generator().manual_seed(seed)
        parts = []
        for some in self._scaled(images).split(64):
            z = sample_latent(self.latent, len(some), generator).to(device)
            parts.append(network(z, None, some.to(device))[:, : -some.shape[1]].float().cpu())
        return to_data_range(torch.cat(parts), self.card)


# ---------------------------------------------------------------------------------------------------------------------
# A published model's file: safetensors with the networks' weights, and what they are as JSON; no code.


FORMAT = "medgan_fashion.model/1"


def model_from_weights(
    recipe: Recipe, card: DataCard, weights: dict[str, dict[str, Tensor]], facts: dict[str, Any]
) -> Model:
    """Rebuilds the networks and fills them; they are on the weights' device."""
    networks = build_networks(recipe, card.shape, len(card.classes), seed=0)
    for name, net in networks.items():
        net.load_state_dict(weights[name])
        net.to(next(value.device for key, value in weights[name].items() if not key.endswith("_extra_state")))
    return Model(recipe, card, networks, facts)


def save_model(model: Model, path: str | Path) -> None:
    """One safetensors file; recipe, card and facts stand in its metadata as JSON."""
    networks = model.networks
    tensors = {
        f"{name}.{k}": v.contiguous().cpu() for name, net in networks.items() for k, v in net.state_dict().items()
    }
    about = {"recipe": to_plain(model.recipe), "card": to_plain(model.card), "facts": to_plain(model.facts)}
    # one key only: safetensors writes several in random order, and equal models should be equal files
    write_whole(Path(path), lambda temporary: save_file(tensors, temporary, {FORMAT: json.dumps(about)}))


def load_model(path: str | Path, device: str | torch.device = "cpu") -> Model:
    """Reads what `save_model` wrote. ValueError naming the file when it is something else; no code is run by it."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"no model at {path}; give the path of a model.safetensors")
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a safetensors file ({error}); give a model.safetensors of this package"
        ) from error
    if FORMAT not in metadata:
        known = ", ".join(metadata) or "none"
        raise ValueError(f"{path} is not a model of this package: it needs metadata {FORMAT} and has {known}")
    about = json.loads(metadata[FORMAT])
    recipe, card = read_recipe(about["recipe"]), from_plain(DataCard, about["card"], stored=True)
    weights: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        name, _, rest = key.partition(".")
        weights.setdefault(name, {})[rest] = tensor
    return model_from_weights(recipe, card, weights, about["facts"]).to(device)
