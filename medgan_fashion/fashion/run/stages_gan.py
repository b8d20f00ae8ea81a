"""The stages of garment pictures: the encoder that knows categories, the conditional GAN, and what is said of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import Encoder, load_encoder, save_encoder
from medgan_fashion.evaluation.images.degrade import blurred
from medgan_fashion.evaluation.images.diversity import ssim_diversity
from medgan_fashion.evaluation.images.kid import kid
from medgan_fashion.evaluation.screening.neighbours import neighbour_ratios
from medgan_fashion.fashion.data.catalogue import Catalogue, load_catalogue
from medgan_fashion.fashion.recommend.towers import train_catalogue_encoder
from medgan_fashion.gan import Model, load_model, save_model
from medgan_fashion.gan.latent.encoder import save_latent_encoder, train_latent_encoder
from medgan_fashion.gan.recipe.spelling import read_recipe
from medgan_fashion.imaging.prepare.near_copies.copies import find_copies
from medgan_fashion.imaging.prepare.near_copies.rules import GARMENT
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.images import Rows, train_kept

# ---------------------------------------------------------------------------------------------------------------------
# Figures of generated garments, each beside the same for real ones.


STORED = (0.0, 255.0)  # value range of the catalogue's pictures
COMPARED = 10_000  # real pictures of either kind that drawings are compared with, at most


def at_size(images: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Pictures (N, 3, h, w) resized (antialiased) to the catalogue's size, where they differ."""
    if images.shape[-2:] == (size, size):
        return images
    import torch

    resized = torch.nn.functional.interpolate(torch.from_numpy(images), (size, size), mode="bilinear", antialias=True)
    return resized.numpy()


def differs(model: Model, items: Catalogue) -> list[str]:
    """What is done about a GAN of another size or value range than the catalogue's, in a sentence."""
    side, (low, high) = model.card.shape[-1], model.card.value_range
    if side == items.size and (low, high) == STORED:
        return []
    own, theirs = f"{side} x {side} pictures in [{low:g}, {high:g}]", f"{items.size} x {items.size} in [0, 255]"
    return [f"the GAN draws {own}, the catalogue has {theirs}: they are resized and rescaled to each other"]


def _diversity(images: NDArray[np.float32], labels: NDArray[np.int64], seed: int) -> float | None:
    """1 - mean SSIM within classes, of those that have two pictures; None where none has."""
    several = np.isin(labels, np.flatnonzero(np.bincount(labels) > 1))
    return ssim_diversity(images[several], labels[several], seed=seed).mean if several.any() else None


def _against_unseen(
    encoder: Encoder,
    made: NDArray[np.float32],
    train: NDArray[np.float32],
    test: NDArray[np.float32],
    kinds: NDArray[np.int64],
    seed: int,
) -> dict[str, Any]:
    """The figures that need held-out photos `test` of categories `kinds`; None, and a note, where they are too few."""
    kids: dict[str, float | None] = dict.fromkeys(("synthetic", "train", "blurred"))
    nothing = {"agreement_held_out": None, "kid": kids, "neighbour_ratio": None}
    few = f"{len(test)} held-out photos of what the GAN draws are too few"
    if not len(test):
        return nothing | {"notes": [f"{few}: its pictures were not compared with photos that it did not see"]}
    notes, subset = [], min(len(test), len(made), len(train)) // 2
    if subset > 1:
        shown = {"synthetic": made, "train": train, "blurred": blurred(train, made.shape[-1] / 16)}
        unseen = encoder.features(test)
        kids |= {k: kid(unseen, encoder.features(x), subset_size=subset, seed=seed).mean for k, x in shown.items()}
    else:
        notes = [f"{few} for KID"]
    ratios = neighbour_ratios(made, train, test, encode=encoder.features, seed=seed)
    return {
        "agreement_held_out": float((encoder.predict(test).argmax(1) == kinds).mean()),
        "kid": kids,
        "neighbour_ratio": float(np.median(ratios)),
        "notes": notes,
    }


def _at_most(rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """COMPARED of the rows by seed, where there are more: they are compared as floats in memory."""
    if len(rows) <= COMPARED:
        return rows
    return np.sort(np.random.default_rng((seed, 54)).choice(rows, COMPARED, replace=False))


def picture_figures(
    encoder: Encoder, items: Catalogue, made: NDArray[np.float32], told: NDArray[np.int64], seed: int
) -> dict[str, Any]:
    """Figures of generated pictures `made` of categories `told` (N,), each beside the same for real ones."""
    kinds = np.unique(told)
    mine = np.isin(items.category, kinds)
    known, unseen = (_at_most(np.flatnonzero(mine & side), seed) for side in (~items.held_out, items.held_out))
    train, test = items.floats(known), items.floats(unseen)
    agree = encoder.predict(made).argmax(1) == told
    per_category = {items.categories[k]: float(agree[told == k].mean()) for k in kinds}
    copies = find_copies(made, train, (train.shape[-2], train.shape[-1]), np.arange(len(train)), seed=seed)
    return {
        "extractor": encoder.name,
        "n": len(made),
        "agreement": float(np.mean(list(per_category.values()))),
        "agreement_by_category": per_category,
        "diversity": ssim_diversity(made, told, seed=seed).mean,
        "diversity_real": _diversity(train, items.category[known], seed),
        "near_copies": int(copies.flags(GARMENT).sum()),
        **_against_unseen(encoder, made, train, test, items.category[unseen], seed),
    }


JUDGED = 600  # generated pictures that the figures are taken from
SHOWN = 16  # of each category in the report's grids


def designable(catalogue: Catalogue, least: int) -> NDArray[np.int64]:
    """Category numbers with at least `least` pictures to train on; ValueError where there is none."""
    counts = np.bincount(catalogue.category[~catalogue.held_out], minlength=len(catalogue.categories))
    enough = np.flatnonzero(counts >= least)
    if not len(enough):
        raise ValueError(
            f"no category has {least} pictures (the largest has {counts.max()}): a GAN cannot learn from so few; "
            "merge categories, or lower gan.least_pictures"
        )
    return enough


@stage(version=1)
def catalogue_encoder(work: Path, catalogue: Path, updates: int, seed: int) -> None:
    """A small classifier of categories, trained on pictures that are not held out and on variations of them."""
    encoder = train_catalogue_encoder(load_catalogue(catalogue), updates=updates, seed=seed)
    save_encoder(encoder, work / "encoder.safetensors")


@stage(version=1)
def garment_gan(
    work: Path, catalogue: Path, encoder: Path, recipe: dict[str, Any], images_seen: int, least: int, seed: int
) -> None:
    """The conditional GAN on all pictures that are not held out, of the categories that have enough of them."""
    items = load_catalogue(catalogue)
    kinds = designable(items, least)
    rows = np.flatnonzero(~items.held_out & np.isin(items.category, kinds))
    labels = np.searchsorted(kinds, items.category[rows])
    names = tuple(items.categories[kind] for kind in kinds)
    given = Rows(np.asarray(items.images[rows]), labels, names, {"training_rows": catalogue.name, "synthetic": True})
    train_kept(work, given, read_recipe(recipe), load_encoder(encoder / "encoder.safetensors"), images_seen, seed)


@stage(version=1)
def adopted_gan(work: Path, catalogue: Path, path: str, content: str) -> None:
    """A model that was trained elsewhere, checked against the catalogue. `content` is its file's hash."""
    model, items = load_model(Path(path)), load_catalogue(catalogue)
    check_garment_model(model, items, Path(path).name)
    save_model(model, work / "model.safetensors")
    facts = {"alarm": None, "classes": model.card.classes, "adopted": content, **model.facts}
    facts["training_rows"] = model.card.provenance.get("training_rows")
    (work / "gan.json").write_text(json.dumps(facts))


def check_garment_model(model: Model, catalogue: Catalogue, name: str) -> None:
    """ValueError where a GAN does not draw garments of this catalogue."""
    unknown = [c for c in model.card.classes if c not in catalogue.categories]
    if not model.card.classes or unknown:
        raise ValueError(
            f"{name} draws {', '.join(model.card.classes) or 'no named classes'}, and the catalogue has the categories "
            f"{', '.join(catalogue.categories)}: train it on this catalogue's categories"
        )
    channels, height, width = model.card.shape
    if channels != 3:
        raise ValueError(f"{name} draws {channels} channel(s): garments need 3 (RGB)")
    if height != width:
        raise ValueError(f"{name} draws pictures of {width} x {height}: garments need squares, as the catalogue has")


@stage(version=1)
def gan_encoder(work: Path, gan: Path, images_seen: int, seed: int) -> None:
    """From a picture to a first guess at its latent: where inversion starts."""
    model = load_model(gan / "model.safetensors")
    save_latent_encoder(train_latent_encoder(model, images_seen, seed), work / "latent_encoder.safetensors")


def drawn_evenly(model: Model, n: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """n pictures in [0, 1], evenly over the model's classes, and their class numbers."""
    labels = model.labels(None, n)
    assert labels is not None
    images, (low, high) = model.generate(n, labels, seed=seed).numpy().astype(np.float32), model.card.value_range
    return (images - low) / (high - low), labels.numpy()


@stage(version=3)
def judge_gan(work: Path, catalogue: Path, encoder: Path, gan: Path, seed: int) -> None:
    """What the generated garments are worth: category agreement, KID, copies, diversity; grids for the report."""
    items, model = load_catalogue(catalogue), load_model(gan / "model.safetensors")
    kinds = np.array([items.categories.index(name) for name in model.card.classes])
    made, labels = drawn_evenly(model, JUDGED, seed)
    made = at_size(made, items.size)
    figures = picture_figures(load_encoder(encoder / "encoder.safetensors"), items, made, kinds[labels], seed)
    figures["notes"] = [*differs(model, items), *figures["notes"]]
    (work / "figures.json").write_text(json.dumps(figures))
    grids = {}
    for number, name in enumerate(model.card.classes):
        real = np.flatnonzero((items.category == kinds[number]) & ~items.held_out)
        shown = np.random.default_rng((seed, 52, number)).permutation(real)[:SHOWN]
        grids[f"real_{name}"] = np.asarray(items.images[shown])
        grids[f"synthetic_{name}"] = (made[labels == number][:SHOWN].clip(0, 1) * 255).astype(np.uint8)
    np.savez(work / "grids.npz", **grids)
