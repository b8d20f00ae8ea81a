"""Stages of the segmentation ablation: classic pairs, GANs of images with masks, their pairs, one arm's U-Net."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.metrics import dice, hausdorff_95, surface_distance
from medgan_fashion.evaluation.encoder import encoder_for_set, save_encoder
from medgan_fashion.gan import Model, load_model
from medgan_fashion.gan.recipe.spelling import read_recipe
from medgan_fashion.medical.arms.classic import augmented_set, warp
from medgan_fashion.medical.arms.pools import Counts, compose, there_are
from medgan_fashion.medical.config import GATED_ARM, ClassicConfig, SegmenterConfig
from medgan_fashion.medical.learners import train_and_segment
from medgan_fashion.medical.segmentation.config import SYNTHETIC
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.folds import Fold, load_fold
from medgan_fashion.runs.stages.images import Rows, load_synthetic, save_synthetic, train_kept

# ---------------------------------------------------------------------------------------------------------------------
# Training pools of images with masks: equal totals in every arm but `real`.


@dataclass(frozen=True)
class Pairs:
    """Images float32 (N, C, H, W) in [0, 1] with masks (N, 1, H, W) in [0, 1]."""

    images: NDArray[np.float32]
    masks: NDArray[np.float32]


def counts_of(arm: str, n_real: int, pool: float, ratio: float, n_gan: int = 0) -> Counts:
    """How many images of each source an arm takes, by the rule of the classifier's ablation. `n_gan`: how many a gate
    let in."""
    return compose("real+classic+gan" if arm in SYNTHETIC else arm, n_real, pool, ratio, n_gan=n_gan)


def fill_pairs(
    counts: Counts, real: Pairs, classic: Pairs | None, gan: Pairs | None, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """(images, masks, is-real) of a pool: reals in a seeded order, then classic and GAN images.

    Where a GAN made fewer pairs than counted, it gives what it has again: totals stay equal.
    """
    order = np.random.default_rng((seed, 41)).permutation(len(real.images))
    parts = [(real, order[np.arange(counts.real) % len(order)])]
    for source, n in ((classic, counts.classic), (gan, counts.gan)):
        if n:
            assert source is not None
            parts.append((source, np.arange(n) % len(source.images)))
    images, masks = (
        np.concatenate([np.asarray(getattr(source, name)[rows]) for source, rows in parts])
        for name in ("images", "masks")
    )
    return images, masks, np.arange(len(images)) < counts.real


MOST_DRAWS = 4  # times the pairs wanted: what is drawn at most to find masks as large as real ones


@stage(version=1)
def classic_pairs(work: Path, training: Path, n: int, policy: ClassicConfig, seed: int) -> None:
    """n classic variations of the training rows, image and mask moved alike; grey values change in the image alone."""
    fold = load_fold(training)
    if fold.masks is None:
        raise ValueError("this training fold has no masks: prepare the cases with image.masks true")
    how = {"n_images": n, "size": fold.size, "seed": seed}
    made = augmented_set(fold.canvases, fold.labels, fold.diameters, config=policy, **how)
    masks = [warp(fold.masks[row], values, fold.size) for row, values in zip(made.source, made.parameters, strict=True)]
    np.save(work / "images.npy", made.images)
    np.save(work / "masks.npy", np.stack(masks) if masks else np.empty((0, 1, *fold.size), np.float32))
    np.save(work / "source.npy", made.source)


@stage(version=1)
def pair_encoder(work: Path, training: Path, updates: int, seed: int) -> None:
    """The encoder in whose features the gate measures distances. Pairs have no classes, so it learns which way up the
    fold's pictures are."""
    found = encoder_for_set(load_fold(training).views, None, 0, updates=updates, seed=seed)
    save_encoder(found.encoder, work / "encoder.safetensors")


@stage(version=1)
def train_pairs(work: Path, training: Path, recipe: dict[str, Any], images_seen: int, seed: int) -> None:
    """A GAN on the fold's images with their masks as the last channel; goes on from its checkpoint after a kill."""
    fold = load_fold(training)
    joined = np.concatenate([fold.views, fold.mask_views], axis=1)
    provenance = {"training_rows": fold.training_rows, "masks": "last channel", "synthetic": True}
    train_kept(work, Rows(joined, None, (), provenance), read_recipe(recipe), None, images_seen, seed)


def plausible(masks: NDArray[np.float32], real: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which masks (N, 1, H, W) are as large as a real one: between half the smallest and the largest real area. An
    empty mask would teach that a lesion is background."""
    areas, known = ((one > 0.5).sum(axis=(1, 2, 3)) for one in (masks, real))
    return (areas >= max(1, known.min() / 2)) & (areas <= known.max())


def _drawn(model: Model, n: int, seed: int, given: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """(n, C + 1, H, W) in [0, 1]; the masks of a joint GAN as it drew them, or the given ones."""
    handed = None
    if given is not None:  # a channel as the model saw it in training: soft edges
        handed = torch.from_numpy(np.ascontiguousarray(given[np.arange(n) % len(given)]))
    return model.generate(n, seed=seed, given=handed).numpy()


def _accepted(model: Model, n: int, fold: Fold, seed: int) -> tuple[NDArray[np.float32], int]:
    """The first n plausible pairs of a joint GAN, and how many were drawn; as many as there are, where they are few."""
    kept: list[NDArray[np.float32]] = []
    drawn = 0
    while sum(map(len, kept)) < n and drawn < MOST_DRAWS * n:
        pairs = _drawn(model, n, seed + drawn, None)
        kept.append(pairs[plausible(pairs[:, -1:], fold.mask_views)])
        drawn += n
    return np.concatenate(kept)[:n], drawn


@stage(version=1)
def synthesise_pairs(work: Path, training: Path, gan: Path, n: int, seed: int, outlines: Path | None = None) -> None:
    """n synthetic images with masks, bound to the rows behind their GAN.

    Without `outlines` the GAN draws both, and pairs whose mask is no lesion's are drawn again; with them (a
    `classic_pairs`) it paints over those masks.
    """
    fold, model = load_fold(training), load_model(gan / "model.safetensors")
    if outlines is None:
        pairs, drawn = _accepted(model, n, fold, seed)
    else:
        given = np.load(outlines / "masks.npy")
        given = given[plausible(given, fold.mask_views)]
        pairs, drawn = _drawn(model, n, seed, given), n
    if len(pairs) == 0:
        raise ValueError(
            f"the GAN {gan.name} drew no mask that is as large as a real one; train it longer (images_seen) or leave "
            "its arm out"
        )
    save_synthetic(work, pairs[:, :-1], np.zeros(len(pairs), dtype=np.int64), fold, [gan.name])
    np.save(work / "masks.npy", (pairs[:, -1:] > 0.5).astype(np.float32))
    (work / "accepted.json").write_text(json.dumps({"wanted": n, "drawn": drawn, "kept": len(pairs)}))


def _pairs(folder: Path | None) -> Pairs | None:
    if folder is None:
        return None
    return Pairs(np.load(folder / "images.npy", mmap_mode="r"), np.load(folder / "masks.npy", mmap_mode="r"))


@stage(version=1)
def segment(
    work: Path,
    training: Path,
    test: Path,
    arm: str,
    pool: float,
    ratio: float,
    segmenter: SegmenterConfig,
    seed: int,
    classic: Path | None = None,
    synthetic: Path | None = None,
) -> None:
    """Trains one arm's U-Net on one fold; writes its masks of the test rows and each one's scores, in their order."""
    fold, held_out = load_fold(training), load_fold(test)
    if synthetic is not None:
        load_synthetic(synthetic, fold)  # refuses another fold's
    gated = there_are(synthetic, round(ratio * len(fold.labels))) if arm == GATED_ARM and synthetic else 0
    counts = counts_of(arm, len(fold.labels), pool, ratio if arm in SYNTHETIC else 0.0, gated)
    images, masks, real = fill_pairs(
        counts, Pairs(fold.views, fold.mask_views), _pairs(classic), _pairs(synthetic), seed
    )
    mask = real if 0 < real.sum() < len(real) else None
    predicted = train_and_segment(images, masks, mask, held_out.views, segmenter, seed)
    truth = held_out.mask_views[:, 0] > 0.5
    for name, score in (("dice", dice), ("surface_distance", surface_distance), ("hausdorff_95", hausdorff_95)):
        np.save(work / f"{name}.npy", np.array([score(p, t) for p, t in zip(predicted, truth, strict=True)]))
    np.save(work / "predicted.npy", predicted)
    about = {"arm": arm, "ratio": ratio, "real": counts.real, "classic": counts.classic, "gan": counts.gan}
    (work / "pool.json").write_text(json.dumps(about))
