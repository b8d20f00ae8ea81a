"""Translation: images of one domain (the last `given` channels, A) into those of another (the others, B).

pix2pix (Isola et al. 2017) has pairs and one translator; CycleGAN (Zhu et al. 2017) has none, and two of each network:
`generator` paints B over A and `generator_back` A over B; `discriminator` looks at B and `discriminator_back` at A.
"""

from dataclasses import replace

import torch
from torch import Tensor

from medgan_fashion.gan.losses.objectives import Objective, build_objective, empty_logits
from medgan_fashion.gan.networks.latent import sample_latent
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.schemes.adversarial import (
    adversaries,
    augment_for_d,
    check_penalties,
    critic_loss,
    draw_fakes,
    generator_loss,
    judge,
    penalty_terms,
)
from medgan_fashion.gan.schemes.base import Batch, Memory, Networks, Remembered, Scheme, Step
from medgan_fashion.gan.schemes.memory import replay, replayed

SIDES = (("generator", "discriminator"), ("generator_back", "discriminator_back"))


def _paired(recipe: Recipe, objective: Objective) -> Scheme:
    row = recipe.translation
    assert row is not None

    def generator(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        terms = generator_loss(recipe, objective, networks, batch)
        made = draw_fakes(recipe, networks, batch).float()
        wanted = slice(0, -recipe.given)
        return terms | {"l1": row.l1 * (made[:, wanted] - batch.real[:, wanted]).abs().mean()}

    def critic(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        return critic_loss(recipe, objective, networks, batch)

    steps = (
        Step("critic", ("discriminator",), critic, n_repeat=recipe.n_critic),
        Step("generator", ("generator",), generator, freezes=("discriminator",)),
    )
    return adversaries(recipe, steps, ("generator",))


def paint(recipe: Recipe, networks: Networks, name: str, given: Tensor, batch: Batch, purpose: str) -> Tensor:
    """What the translator `name` paints over `given` (N, K, H, W): only the painted channels, (N, C - K, H, W)."""
    z = sample_latent(recipe.latent, len(given), batch.generator(purpose))
    return networks[name](z, batch.labels, given)[:, : -given.shape[1]]


def _domains(recipe: Recipe, batch: Batch) -> tuple[Tensor, Tensor]:
    """(A, B): what the translator there is given, and what it should look like."""
    return batch.real[:, -recipe.given :], batch.real[:, : -recipe.given]


def _fakes(recipe: Recipe, networks: Networks, batch: Batch) -> tuple[Tensor, Tensor]:
    """(B from A, A from B), drawn once a turn with the graph that the translators' step needs."""
    if "fake B" not in batch.shared:
        a, b = _domains(recipe, batch)
        with torch.set_grad_enabled(batch.last):
            batch.shared["fake B"] = paint(recipe, networks, "generator", a, batch, "there")
            batch.shared["fake A"] = paint(recipe, networks, "generator_back", b, batch, "back")
    return batch.shared["fake B"], batch.shared["fake A"]


def _side(batch: Batch, buffer: str) -> Batch:
    """The batch as one domain's own: its past fakes, its own draws."""
    memory = {"replay": batch.memory[buffer]} if buffer in batch.memory else {}
    return replace(batch, labels=None, memory=memory)


def _critics(recipe: Recipe, objective: Objective, networks: Networks, batch: Batch) -> dict[str, Tensor]:
    terms: dict[str, Tensor] = {}
    a, b = _domains(recipe, batch)
    sides = zip((b, a), _fakes(recipe, networks, batch), SIDES, ("B", "A"), strict=True)
    for real, fake, (_, critic), domain in sides:
        side = _side(batch, f"past {domain}")
        past, _ = replayed(fake.detach(), side)
        real, past = (augment_for_d(recipe, x, side, f"{domain} {i}") for i, x in enumerate((real, past)))

        def logits(images: Tensor, critic: str = critic) -> Tensor:
            return networks[critic](images).logits.float()

        terms[f"critic of {domain}"] = objective.d(logits(real), logits(past))
        terms |= {f"{k} of {domain}": v for k, v in penalty_terms(recipe, logits, real, past, side).items()}
    return terms


def _translators(recipe: Recipe, objective: Objective, networks: Networks, batch: Batch) -> dict[str, Tensor]:
    row = recipe.translation
    assert row is not None
    a, b = _domains(recipe, batch)
    fake_b, fake_a = _fakes(recipe, networks, batch)
    terms: dict[str, Tensor] = {}
    for fake, critic, real, domain in ((fake_b, SIDES[0][1], b, "B"), (fake_a, SIDES[1][1], a, "A")):
        side = _side(batch, "")
        on_fake = judge(
            {"discriminator": networks[critic]}, side, augment_for_d(recipe, fake, side, f"{domain} again"), None
        )
        on_real = empty_logits(on_fake.logits)
        if objective.g_needs_real:
            with torch.no_grad():
                on_real = networks[critic](augment_for_d(recipe, real, side, f"real {domain} again")).logits.float()
        terms[f"towards {domain}"] = objective.g(on_real, on_fake.logits)
    again_a = paint(recipe, networks, "generator_back", fake_b, batch, "there and back")
    again_b = paint(recipe, networks, "generator", fake_a, batch, "back and there")
    terms["cycle"] = row.cycle * ((again_a - a).abs().mean() + (again_b - b).abs().mean())
    if row.identity:
        same_b = paint(recipe, networks, "generator", b, batch, "same B")
        same_a = paint(recipe, networks, "generator_back", a, batch, "same A")
        terms["identity"] = row.identity * ((same_b - b).abs().mean() + (same_a - a).abs().mean())
    return terms


def _buffer(size: int, domain: str, channels: slice) -> Memory:
    """Past fakes of one domain, kept as synthesis keeps them."""
    kept = replay(size)

    def start(networks: Networks, shape: tuple[int, ...]) -> Remembered:
        return kept.start(networks, (len(range(*channels.indices(shape[0]))), *shape[1:]))

    def after(past: Remembered, networks: Networks, batch: Batch) -> Remembered:
        return kept.after(past, networks, replace(batch, labels=None, shared={"fakes": batch.shared[f"fake {domain}"]}))

    return Memory(start, after)


def translation(recipe: Recipe) -> Scheme:
    """pix2pix or CycleGAN, as the recipe's row `translation` says."""
    check_penalties(recipe)
    row, k = recipe.translation, recipe.given
    assert row is not None
    objective = build_objective(recipe.objective, recipe.relativistic, recipe.label_smoothing)
    if row.paired:
        return _paired(recipe, objective)

    def critics(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        return _critics(recipe, objective, networks, batch)

    def translators(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        return _translators(recipe, objective, networks, batch)

    there, back = zip(*SIDES, strict=True)
    memory = {"past B": _buffer(row.buffer, "B", slice(0, -k)), "past A": _buffer(row.buffer, "A", slice(-k, None))}
    steps = (Step("critics", back, critics, recipe.n_critic), Step("translators", there, translators, freezes=back))
    return Scheme(steps, there, recipe.n_critic, memory if row.buffer else {})
