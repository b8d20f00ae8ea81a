"""Rows of few labels: a discriminator that learns classes from few labels and many pictures without any."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from benchmarks.reproduce.data import Labels, Pictures, Split, digits, labels_kept, tumours, write_grid
from benchmarks.reproduce.judging import drawn
from benchmarks.reproduce.row import Job, Row
from medgan_fashion.gan import train
from medgan_fashion.gan.losses.augment import augment
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.recipe.table import changed_recipe, find_recipe

SGAN_STOPS = [400_000]  # images seen
BRAIN = changed_recipe("sgan_dcgan", {"networks": {"width": 16, "max_width": 64}, "batch": 32})
BRAIN_STOPS = [10_000, 20_000]


def scaled(images: Pictures) -> torch.Tensor:
    """Pictures uint8 to [-1, 1]."""
    return torch.from_numpy(images).float() / 127.5 - 1


def supervised(recipe: Recipe, images: Pictures, labels: Labels, updates: int, seed: int) -> nn.Module:
    """The recipe's discriminator trained by cross-entropy on labelled pictures alone: the same network, noise,
    augmentation, optimizer and batch as in the game, without the game. Labels are 0 .. K - 1."""
    network = build_networks(recipe, tuple(images.shape[1:]), int(labels.max()) + 1, seed)["discriminator"].train()
    steps = torch.optim.Adam(network.parameters(), lr=recipe.lr_d, betas=(recipe.beta1, recipe.beta2))
    generator, pool, told = torch.Generator().manual_seed(seed), scaled(images), torch.from_numpy(labels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # for the network's own noise, inside the fork only
        for _ in range(updates):
            rows = torch.randint(len(pool), (recipe.batch,), generator=generator)
            shown = augment(pool[rows], recipe.augment, generator)
            loss = cross_entropy(network(shown, None).class_logits, told[rows])
            steps.zero_grad()
            loss.backward()
            steps.step()
    return network.eval()


@torch.no_grad()
def named(network: nn.Module, images: Pictures) -> Labels:
    """The class of every picture by a discriminator with class logits."""
    parts = [network(part, None).class_logits.argmax(1) for part in scaled(images).split(500)]
    return torch.cat(parts).numpy()


@torch.no_grad()
def accuracy(model: Model, split: Split) -> float:
    """The share of held-out pictures that the model's discriminator names rightly."""
    parts = [model.classify(part).argmax(1) for part in torch.from_numpy(split.held).split(500)]
    return float((torch.cat(parts).numpy() == split.held_labels).mean())


def learnt(job: Job, split: Split, recipe: Recipe, labels: Labels, stops: list[int]) -> tuple[Model, dict[int, float]]:
    """The model at the last of the `stops` (images seen), and the held-out accuracy at each; none is chosen by it."""
    model, curve = None, {}
    for stop in stops:
        model = train(
            recipe,
            split.train,
            labels=labels,
            images_seen=stop,
            out=job.folder / "sgan",
            seed=job.seed,
            check_every=50_000,
            progress=False,
        ).model
        curve[stop] = accuracy(model, split)
    assert model is not None
    return model, curve


def few_labels(job: Job, split: Split, recipe: Recipe, per_class: int, stops: list[int]) -> dict[str, Any]:
    """Accuracy on the held-out pictures, with and without the unlabelled ones; the seed draws the labels too."""
    labels, stops = labels_kept(split.train_labels, per_class, job.seed), sorted({job.images(stop) for stop in stops})
    model, curve = learnt(job, split, recipe, labels, stops)
    has, ours = labels >= 0, curve[stops[-1]]
    alone = supervised(recipe, split.train[has], labels[has], stops[-1] // recipe.batch, job.seed)
    base = float((named(alone, split.held) == split.held_labels).mean())
    write_grid(job.folder / "grid.png", drawn(model, 50, 1))
    text = f"{100 * ours:.2f} %; the same network on the labels alone: {100 * base:.2f} %"
    return {"value": ours, "text": text, "supervised": base, "curve": curve, "held_out": len(split.held)}


def run_sgan(job: Job) -> dict[str, Any]:
    """Digits with ten labels a class."""
    return few_labels(job, digits(job.data), find_recipe("sgan_dcgan"), 10, SGAN_STOPS)


def run_brain(job: Job, per_class: int) -> dict[str, Any]:
    """Tumours on MRI slices with so many labels a class."""
    split = tumours(job.data, job.folder / "cases")
    return few_labels(job, split, BRAIN, per_class, BRAIN_STOPS)


def brain_row(per_class: int) -> Row:
    """The row of so many labels a class."""
    run: Callable[[Job], dict[str, Any]] = partial(run_brain, per_class=per_class)
    return Row(
        f"brain_sgan_{per_class}",
        "semi-supervised GAN",
        "sgan_dcgan",
        "no published figure",
        "brain_tumor_mri, 3 tumours, 315 slices cut around the lesion at 32 x 32",
        f"accuracy on 135 held-out slices with {per_class} labels a class (of 105)",
        "",
        "",
        False,
        (0, 1, 2),
        run,
        "The set names no patients: near-duplicate slices are kept together, but a patient may stand on both sides. "
        "With 135 held-out slices one standard error is about 4 percentage points. The row is about the classifier; "
        "its generator, told to match features, draws spots and stripes after 20,000 images and no lesions.",
    )


ROWS: dict[str, Row] = {
    "sgan": Row(
        "sgan",
        "semi-supervised GAN",
        "sgan_dcgan",
        "Salimans et al. 2016, table 1; Langr and Bok 2019 (GANs in Action), notebook of chapter 7",
        "MNIST, 10,000 held-out digits of the training set",
        "accuracy with 100 labels (10 a class)",
        "99.07 % (93 +- 6.5 errors); the notebook: 89.41 %, its network on the labels alone: 69.22 %",
        "MNIST test digits",
        True,
        (0, 1, 2, 3, 4),
        run_sgan,
        "The baseline has the same network, labels, number of updates, augmentation and noise. The paper's networks "
        "are fully connected (our recipe `sgan`); convolutions learn sooner. Each seed draws other labels. "
        "Short of the paper's figure after 400,000 images, eight passes over the digits; at 300,000, without an "
        "average of the discriminator, it was 94.36 %, so more time alone would be slow. A generator that "
        "matches features draws no good digits, here as in the paper.",
    ),
    "brain_sgan_10": brain_row(10),
    "brain_sgan_20": brain_row(20),
    "brain_sgan_50": brain_row(50),
}
