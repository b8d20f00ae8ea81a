"""Trainings as the rows start them."""

from benchmarks.reproduce.data import Split
from benchmarks.reproduce.row import Job
from medgan_fashion.gan import train
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.recipe.spec import Recipe


def trained(job: Job, name: str, recipe: Recipe, split: Split, images: int, labelled: bool = False) -> Model:
    """The recipe's model; two rows that ask for the same name and seed share one training."""
    return train(
        recipe,
        split.train,
        labels=split.train_labels if labelled else None,
        images_seen=job.images(images),
        out=job.folder.parents[1] / "trainings" / f"{name}-{job.seed}",
        seed=job.seed,
        check_every=20_000,
        progress=False,
    ).model
