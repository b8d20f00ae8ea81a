"""Figures of generated garments, each beside the same for real ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import Encoder
from medgan_fashion.evaluation.images.diversity import ssim_diversity
from medgan_fashion.evaluation.images.judge import blurred
from medgan_fashion.evaluation.images.kid import kid
from medgan_fashion.evaluation.screening.neighbours import find_neighbours
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.gan import Model

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
    nothing = {"agreement_held_out": None, "kid": kids, "near_copies": None, "neighbour_ratio": None}
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
    copies = find_neighbours(made, train, test, encode=encoder.features, seed=seed)
    return {
        "agreement_held_out": float((encoder.predict(test).argmax(1) == kinds).mean()),
        "kid": kids,
        "near_copies": int(copies.flags.sum()),
        "neighbour_ratio": float(np.median(copies.ratios)),
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
    return {
        "extractor": encoder.name,
        "n": len(made),
        "agreement": float(np.mean(list(per_category.values()))),
        "agreement_by_category": per_category,
        "diversity": ssim_diversity(made, told, seed=seed).mean,
        "diversity_real": _diversity(train, items.category[known], seed),
        **_against_unseen(encoder, made, train, test, items.category[unseen], seed),
    }
