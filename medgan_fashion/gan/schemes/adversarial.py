"""Synthesis: a generator against a discriminator, with whatever steadies or conditions them."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from medgan_fashion.gan.losses.augment import augment
from medgan_fashion.gan.losses.objectives import Objective, build_objective, empty_logits
from medgan_fashion.gan.losses.penalties import PENALTIES
from medgan_fashion.gan.networks.latent import sample_latent
from medgan_fashion.gan.networks.layers import DiscriminatorOutput
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.schemes.base import Batch, Networks, Scheme, Step, given_part
from medgan_fashion.gan.schemes.memory import critic_terms, generator_terms, memories, noised, replayed


def draw_fakes(recipe: Recipe, networks: Networks, batch: Batch) -> Tensor:
    """G's images for this batch's labels; on a turn's last batch drawn once, with the graph that G's step needs."""
    if "fakes" not in batch.shared:
        z = sample_latent(recipe.latent, len(batch.real), batch.generator("latent"))
        with torch.set_grad_enabled(batch.last):
            given = given_part(batch.real, recipe.given)
            batch.shared["fakes"] = networks["generator"](z, batch.labels, *given)
    return batch.shared["fakes"]


def augment_for_d(recipe: Recipe, images: Tensor, batch: Batch, purpose: str) -> Tensor:
    """Images as D sees them: augmented, as often as the adaptive probability says, and under instance noise."""
    p = batch.memory["ada"]["p"] if "ada" in batch.memory else None
    images = augment(images, recipe.augment, batch.generator(purpose), p)
    return noised(recipe.regularization, images, batch, purpose)


def judge(networks: Networks, batch: Batch, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
    """D's judgement with float32 logits."""
    judged = networks["discriminator"](images, labels)
    return judged._replace(logits=judged.logits.float())


def class_term(judged: DiscriminatorOutput, labels: Tensor | None) -> Tensor:
    """Cross-entropy of the class logits on the images that have a label (not -1); 0 where none has."""
    assert judged.class_logits is not None
    assert labels is not None
    total = cross_entropy(judged.class_logits.float(), labels, ignore_index=-1, reduction="sum")
    return total / (labels >= 0).sum().clamp_min(1)


def entropy_term(judged: DiscriminatorOutput) -> Tensor:
    """Mean entropy of the class probabilities, in nats; 0 where every image is surely of one class."""
    assert judged.class_logits is not None
    logs = judged.class_logits.float().log_softmax(1)
    return -(logs.exp() * logs).sum(1).mean()


def _class_terms(
    recipe: Recipe,
    networks: Networks,
    batch: Batch,
    real: DiscriminatorOutput,
    fake: DiscriminatorOutput,
    fake_labels: Tensor | None,
) -> dict[str, Tensor]:
    """D's terms on classes: of the labelled images that joined the batch, or else of the batch's own labels and those
    that the fakes (some of the past) were drawn for."""
    row = recipe.classify
    if row is None:
        return {}
    terms = {"entropy": row.entropy * entropy_term(real)} if row.entropy else {}
    if batch.labelled is not None:
        images, labels = batch.labelled
        told = judge(networks, batch, augment_for_d(recipe, images, batch, "labelled"), labels)
        return terms | {"classes": row.real * class_term(told, labels)}
    terms["classes"] = row.real * class_term(real, batch.labels)
    return terms | ({"fake classes": row.fake * class_term(fake, fake_labels)} if row.fake else {})


def penalty_terms(recipe: Recipe, critic, real: Tensor, fake: Tensor, batch: Batch) -> dict[str, Tensor]:
    """The recipe's penalties that are due at this batch; `critic` maps images to logits."""
    terms = {}
    for row in recipe.penalties:
        if batch.images_seen // len(batch.real) % row.every == 0:
            value = PENALTIES[row.name](critic, real, fake, batch.generator(row.name))
            terms[row.name] = row.weight * row.every * value
    return terms


def critic_loss(recipe: Recipe, objective: Objective, networks: Networks, batch: Batch) -> dict[str, Tensor]:
    """D's loss: the objective on reals and (also past) fakes, penalties, classes, stabilisers."""
    images, labels = replayed(draw_fakes(recipe, networks, batch).detach(), batch)
    fake, real = augment_for_d(recipe, images, batch, "fake"), augment_for_d(recipe, batch.real, batch, "real")
    on_real, on_fake = (judge(networks, batch, real, batch.labels), judge(networks, batch, fake, labels))
    batch.shared |= {"real logits": on_real.logits.detach(), "fake logits": on_fake.logits.detach()}

    def critic(images: Tensor) -> Tensor:
        # a penalty on the reals' own logits (drift) needs no second pass
        return on_real.logits if images is real else judge(networks, batch, images, batch.labels).logits

    terms = {"critic": objective.d(on_real.logits, on_fake.logits)}
    terms |= penalty_terms(recipe, critic, real, fake, batch)
    terms |= _class_terms(recipe, networks, batch, on_real, on_fake, labels)
    return terms | critic_terms(recipe.regularization, networks, batch, on_real.logits, on_fake.logits)


def generator_loss(recipe: Recipe, objective: Objective, networks: Networks, batch: Batch) -> dict[str, Tensor]:
    """G's loss: the objective, classes, stabilisers."""
    # the same draws as the critic's own augmentation would hide nothing, but fresh ones teach more
    fake = augment_for_d(recipe, draw_fakes(recipe, networks, batch), batch, "fake again")
    on_fake, on_real = judge(networks, batch, fake, batch.labels), None
    if objective.g_needs_real or recipe.regularization.feature_matching:
        with torch.no_grad():
            on_real = judge(networks, batch, augment_for_d(recipe, batch.real, batch, "real again"), batch.labels)
    real_logits = empty_logits(on_fake.logits) if on_real is None else on_real.logits
    terms = {}
    if recipe.regularization.adversarial:
        terms["generator"] = recipe.regularization.adversarial * objective.g(real_logits, on_fake.logits)
    if recipe.classify and recipe.classify.generator:
        terms["classes of G"] = recipe.classify.generator * class_term(on_fake, batch.labels)
    return terms | generator_terms(recipe.regularization, objective, networks, batch, fake, on_real, on_fake)


def check_penalties(recipe: Recipe) -> None:
    """ValueError for a name that is no penalty."""
    for row in recipe.penalties:
        if row.name not in PENALTIES:
            raise ValueError(f"unknown penalty '{row.name}'; choose from {', '.join(PENALTIES)}")


def adversaries(recipe: Recipe, steps: Sequence[Step], averaged: tuple[str, ...]) -> Scheme:
    """A scheme of a critic's step, repeated `n_critic` times, and a generator's."""
    return Scheme(tuple(steps), averaged, recipe.n_critic, memories(recipe))


def adversarial(recipe: Recipe) -> Scheme:
    """G against D by the recipe's objective, penalties and augmentation."""
    check_penalties(recipe)
    objective = build_objective(recipe.objective, recipe.relativistic, recipe.label_smoothing)

    def critic(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        return critic_loss(recipe, objective, networks, batch)

    def generator(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        return generator_loss(recipe, objective, networks, batch)

    steps = (
        Step("critic", ("discriminator",), critic, n_repeat=recipe.n_critic),
        Step("generator", ("generator",), generator, freezes=("discriminator",)),
    )
    # a D that names classes (Salimans et al. 2016) is itself what such a training is for
    averaged = ("generator", "discriminator") if recipe.networks.condition_d == "shared" else ("generator",)
    return adversaries(recipe, steps, averaged)
