"""What a recipe asks of the data: refused at the door, in a sentence that names both."""

from typing import Any

import torch

from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.gan.networks.card import as_images, as_labels
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.training.data import Domains, Source


def check_data(recipe: Recipe, data: Any, labels: Any, source: Source) -> None:
    """ValueError where labels or domains of the data do not fit the recipe; shapes are the networks' own business."""
    if recipe.growth and recipe.growth.batches and not source.any_batch:
        raise ValueError("growth.batches asks for another batch at each level; give an array, a tensor or a Dataset")
    _check_domains(recipe, data)
    if labels is None or not recipe.conditional:
        return
    told = as_labels(labels)
    missing = int((told < 0).sum())
    if missing and (recipe.classify is None or recipe.networks.condition_g != "none"):
        raise ValueError(
            f"{missing} labels are -1 (none) but this recipe needs one for every image; a semi-supervised one has "
            "classify and networks.condition_g none, as the row sgan does"
        )
    if recipe.classify is None:
        return
    counts = torch.bincount(told[told >= 0], minlength=len(source.card.classes))
    absent = [name for name, n in zip(source.card.classes, counts.tolist(), strict=True) if n == 0]
    if absent:
        raise ValueError(
            f"classify needs a labelled image of every class at least, but the labels have none of {', '.join(absent)}"
        )


def device_of(name: str | torch.device | None) -> torch.device:
    """The device to train on; without a name a GPU where there is one. ValueError for one that this machine lacks."""
    has_gpu = torch.cuda.is_available()
    try:
        device = torch.device(name or ("cuda" if has_gpu else "cpu"))
    except RuntimeError:
        raise ValueError(f"unknown device {name!r}; give cpu or cuda") from None
    if device.type == "cuda" and not has_gpu:
        raise ValueError(f"device is {name} but torch finds no GPU here; give cpu, or leave it out")
    return device


def checked_recipe(recipe: Recipe, images_seen: int, seed: int) -> Recipe:
    """The recipe as its file will hold it; ValueError for a value that no file may hold, nothing to show, or a seed
    below 0."""
    if images_seen < 1:
        raise ValueError(f"images_seen is {images_seen}; give 1 or more")
    if seed < 0:
        raise ValueError(f"seed is {seed}; give 0 or more")
    return from_plain(Recipe, to_plain(recipe))


def _check_domains(recipe: Recipe, data: Any) -> None:
    row = recipe.translation
    if not isinstance(data, Domains):
        if row is not None and not row.paired:
            raise ValueError("translation without pairs (CycleGAN) needs two sets: give Domains(given=..., wanted=...)")
        return
    if recipe.networks.given == 0:
        raise ValueError("the data are two Domains but networks.given is 0: take a translating row such as cyclegan")
    if (row is None or row.paired) and not data.paired:
        raise ValueError(
            "translation.paired (pix2pix) and networks.kind spade need pairs but the Domains are not paired; "
            "say Domains(..., paired=True), or take the row cyclegan"
        )
    channels = as_images(data.given[:1]).shape[1]
    if channels != recipe.networks.given:
        raise ValueError(
            f"the given images have {channels} channels but networks.given is {recipe.networks.given}; set it so"
        )
