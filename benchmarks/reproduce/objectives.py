"""Rows of objectives and networks on garments: the papers' sets cannot be had here, so none stands beside a figure."""

from functools import partial
from typing import Any

from benchmarks.reproduce.data import garments, write_grid
from benchmarks.reproduce.judging import agreement, asked_for, distances, drawn, judge_of
from benchmarks.reproduce.row import Job, Row
from medgan_fashion.gan import train
from medgan_fashion.gan.recipe.schedules import shared_out
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.recipe.table import changed_recipe, find_recipe

IMAGES = 150_000  # shown to each row's discriminator: the same for all
JUDGE_UPDATES = 1_500
SLIM = {"networks": {"width": 32, "max_width": 128}, "batch": 16}
# WGAN-GP's G moves once in five updates of D: at the paper's 1e-4 it has hardly begun by the end of this budget
RATES = {"wgan_gp": {"lr_g": 5e-4, "lr_d": 5e-4}}
SHAPE = (1, 32, 32)


def slim(recipe: str, images: int) -> Recipe:
    """The row at the width and batch that two cores can afford; a growing one shares the images out over its levels."""
    row = find_recipe(recipe)
    if row.growth is not None:
        return shared_out(row, SHAPE, images)
    return changed_recipe(changed_recipe(row, SLIM), RATES.get(recipe, {}))


def run(job: Job, recipe: str) -> dict[str, Any]:
    """Distances of 1,000 drawings from 1,000 held-out garments, beside those of 1,000 real ones."""
    split = garments(job.data)
    judge = judge_of(
        split, job.folder.parents[1] / "judges" / "garments.safetensors", 60 if job.quick else JUDGE_UPDATES
    )
    row = slim(recipe, job.images(IMAGES))
    model = train(
        row,
        split.train,
        labels=split.train_labels if row.conditional else None,
        images_seen=job.images(IMAGES),
        out=job.folder / "gan",
        seed=job.seed,
        check_every=10_000,
        progress=False,
    )
    images = drawn(model.model, len(split.held), 1)
    found, floor = distances(judge, split.held, images), distances(judge, split.held, split.train)
    write_grid(job.folder / "grid.png", images[:50])
    real = f"KID {1000 * floor.kid:.1f}, FID {floor.fid:.2f}, coverage {floor.coverage:.2f}"
    text = f"{found.text()} (real garments: {real})"
    extras: dict[str, Any] = {"remark": f"Stopped early: {model.alarm}"} if model.alarm else {}
    if row.networks.condition_g != "none":
        share = agreement(judge.network, images, asked_for(len(images), split.n_classes))
        own = agreement(judge.network, split.held, split.held_labels)
        text += f"; {100 * share:.1f} % named as the class asked for (real garments: {100 * own:.1f} %)"
        extras["agreement"] = share
    return {"value": found.kid, "text": text} | extras


def garment_row(recipe: str, system: str, source: str, reported: str, reported_on: str, note: str = "") -> Row:
    """A row on garments."""
    return Row(
        recipe,
        system,
        recipe,
        source,
        "Fashion-MNIST at 32 x 32, 7,000 garments",
        f"distances of 1,000 drawings from 1,000 held-out garments after {IMAGES:,} images",
        reported,
        reported_on,
        False,
        (0,),
        partial(run, recipe=recipe),
        note,
    )


_score = "Inception score 7.86 +- 0.07"
_rows = (
    garment_row("dcgan", "deep convolutional GAN", "Radford et al. 2015 (pictures; no such figure)", "", ""),
    garment_row("lsgan", "least squares", "Mao et al. 2017 (pictures; no such figure)", "", ""),
    garment_row("ragan", "relativistic average", "Jolicoeur-Martineau 2018 (FID on CIFAR-10, not looked up)", "", ""),
    garment_row(
        "wgan_gp",
        "Wasserstein with gradient penalty",
        "Gulrajani et al. 2017, table 3",
        _score,
        "CIFAR-10",
        "At five times the paper's rates: G moves once in five updates, and at 1e-4 it has hardly begun (KID 1749).",
    ),
    garment_row(
        "acgan", "auxiliary classifier", "Odena et al. 2017", "Inception score 8.25 +- 0.07", "CIFAR-10, with classes"
    ),
    garment_row(
        "sagan",
        "self-attention",
        "Zhang et al. 2019, abstract",
        "FID 18.65, Inception score 52.52",
        "ImageNet",
        "At the paper's rate for G, 1e-4, half of the drawings are silhouettes yet.",
    ),
    garment_row("r3gan", "relativistic pairing with R1 and R2", "Huang et al. 2024", "FID 1.96", "CIFAR-10"),
    garment_row("small", "our default for a few hundred labelled images", "ours", "", ""),
    garment_row(
        "progan",
        "progressive growing",
        "Karras et al. 2018",
        "Inception score 8.80",
        "CIFAR-10",
        "At the paper's large batches 150,000 images, shared out over the levels, are few updates: silhouettes yet.",
    ),
    garment_row("progan_small", "progressive growing, our slim row", "ours", "", ""),
)

ROWS: dict[str, Row] = {row.name: row for row in _rows}
