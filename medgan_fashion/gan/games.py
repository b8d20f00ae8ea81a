"""Games: which networks move, in which order, on which loss. Synthesis (G against D) serves every recipe so far."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from medgan_fashion.gan.augment import augment
from medgan_fashion.gan.latent import sample_latent
from medgan_fashion.gan.objectives import build_objective, empty_logits
from medgan_fashion.gan.penalties import PENALTIES
from medgan_fashion.gan.recipes import Recipe

Networks = dict[str, nn.Module]


@dataclass
class Batch:
    """Real images in [-1, 1] with labels, and the address (seed, images_seen) from which all its randomness comes."""

    real: Tensor
    labels: Tensor | None
    seed: int
    images_seen: int
    last: bool = True
    shared: dict[str, Tensor] = field(default_factory=dict)

    def generator(self, purpose: str) -> torch.Generator:
        """The random stream of this batch for one purpose: never the global one."""
        address = f"{self.seed}/{self.images_seen}/{purpose}".encode()
        seed = int.from_bytes(hashlib.blake2b(address, digest_size=7).digest(), "big")
        return torch.Generator(self.real.device).manual_seed(seed)


@dataclass(frozen=True)
class Step:
    """One kind of update: `loss(networks, batch)` gives named scalars whose sum `trains` descends.

    `freezes` names the networks whose weight gradients the loss would compute in vain.
    """

    name: str
    trains: str
    loss: Callable[[Networks, Batch], dict[str, Tensor]]
    n_repeat: int = 1
    freezes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Game:
    """One turn takes `batches` real batches; a step that repeats n times takes the last n of them, one each."""

    steps: tuple[Step, ...]
    averaged: tuple[str, ...]
    batches: int = 1


def given_part(images: Tensor, given: int) -> tuple[Tensor, ...]:
    """What a generator of kind "spade" is handed beside z and y: the last `given` channels; or nothing."""
    return (images[:, -given:],) if given else ()


def _draw_fakes(recipe: Recipe, networks: Networks, batch: Batch) -> Tensor:
    """G's images for this batch's labels; on a turn's last batch drawn once, with the graph that G's step needs."""
    if "fakes" not in batch.shared:
        z = sample_latent(recipe.latent, len(batch.real), batch.generator("latent"))
        with torch.set_grad_enabled(batch.last):
            given = given_part(batch.real, recipe.networks.given)
            batch.shared["fakes"] = networks["generator"](z, batch.labels, *given)
    return batch.shared["fakes"]


def synthesis(recipe: Recipe) -> Game:
    """G against D by the recipe's objective, penalties and augmentation."""
    objective = build_objective(recipe.objective, recipe.relativistic, recipe.label_smoothing)

    def judged(networks: Networks, batch: Batch, images: Tensor) -> Tensor:
        return networks["discriminator"](images, batch.labels).logits.float()

    def critic_loss(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        fake = augment(_draw_fakes(recipe, networks, batch).detach(), recipe.augment, batch.generator("fake"))
        real = augment(batch.real, recipe.augment, batch.generator("real"))
        real_logits, fake_logits = judged(networks, batch, real), judged(networks, batch, fake)

        def critic(images: Tensor) -> Tensor:
            # a penalty on the reals' own logits (drift) needs no second pass
            return real_logits if images is real else judged(networks, batch, images)

        terms = {"critic": objective.d(real_logits, fake_logits)}
        for row in recipe.penalties:
            if batch.images_seen // len(batch.real) % row.every == 0:
                value = PENALTIES[row.name](critic, real, fake, batch.generator(row.name))
                terms[row.name] = row.weight * row.every * value
        return terms

    def generator_loss(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        # the same draws as the critic's own augmentation would hide nothing, but fresh ones teach more
        fake = augment(_draw_fakes(recipe, networks, batch), recipe.augment, batch.generator("fake again"))
        fake_logits = judged(networks, batch, fake)
        if not objective.g_needs_real:
            return {"generator": objective.g(empty_logits(fake_logits), fake_logits)}
        with torch.no_grad():
            real = augment(batch.real, recipe.augment, batch.generator("real again"))
            real_logits = judged(networks, batch, real)
        return {"generator": objective.g(real_logits, fake_logits)}

    for row in recipe.penalties:
        if row.name not in PENALTIES:
            raise ValueError(f"unknown penalty '{row.name}'; choose from {', '.join(PENALTIES)}")
    return Game(
        steps=(
            Step("critic", "discriminator", critic_loss, n_repeat=recipe.n_critic),
            Step("generator", "generator", generator_loss, freezes=("discriminator",)),
        ),
        averaged=("generator",),
        batches=recipe.n_critic,
    )
