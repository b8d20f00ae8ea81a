"""The image figures of one fold, all together and by view, and the stage that judges its synthetic images."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import Encoder, load_encoder
from medgan_fashion.evaluation.images.degrade import blurred, noisy
from medgan_fashion.evaluation.images.diversity import ssim_diversity
from medgan_fashion.evaluation.images.kid import kid
from medgan_fashion.evaluation.images.report import judge_images
from medgan_fashion.evaluation.images.swd import swd
from medgan_fashion.evaluation.screening.neighbours import neighbour_ratios
from medgan_fashion.imaging.prepare.near_copies.copies import Copies
from medgan_fashion.imaging.prepare.near_copies.rules import SCREEN
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.copies import load_copies
from medgan_fashion.runs.stages.folds import Fold, load_fold
from medgan_fashion.runs.stages.images import UNKNOWN_VIEW, Synthetic, load_synthetic

# ---------------------------------------------------------------------------------------------------------------------
# Image figures of one fold, and the same for each View Position that has enough images on both sides.


FEWEST = 6  # images of a kind that the figures need
_MOST = 500  # images of a set whose patches are compared
KINDS = ("synthetic", "train", "blurred", "noisy")  # what is held against the held-out reals, "test"


@dataclass(frozen=True)
class Pictured:
    """A set of images as the figures see it: images (N, C, H, W) with labels (N,), features (N, d), the classes that
    the encoder calls (N,), and view positions (N,)."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    features: NDArray[np.float64]
    called: NDArray[np.int64]
    view_positions: NDArray[np.int64]

    def of_view(self, position: int) -> "Pictured":
        """The images of one View Position."""
        here = self.view_positions == position
        return Pictured(
            self.images[here], self.labels[here], self.features[here], self.called[here], self.view_positions[here]
        )


Sets = dict[str, Pictured]  # "test" and KINDS


def agreement(sets: Sets, n_classes: int) -> dict[str, float]:
    """Share of images that the encoder calls by their own class."""
    right = {name: float((sets[name].called == sets[name].labels).mean()) for name in ("synthetic", "test")}
    return {**right, "chance": 1.0 / n_classes}


def _spread(found: Pictured, seed: int) -> float | None:
    """SSIM diversity over the classes of two images or more; None where there is no such class."""
    several = np.isin(found.labels, np.flatnonzero(np.bincount(found.labels) > 1))
    if not several.any():
        return None
    return ssim_diversity(found.images[several], found.labels[several], seed=seed).mean


def spread(sets: Sets, seed: int) -> dict[str, float | None]:
    """Diversity of the synthetic images beside that of the training reals."""
    return {"synthetic": _spread(sets["synthetic"], seed), "real": _spread(sets["train"], seed)}


def patch_distances(sets: Sets, seed: int) -> dict[str, dict[str, float]]:
    """Sliced Wasserstein distance x 1000 of every kind to the held-out reals by level, at equal n."""
    n = min(_MOST, *(len(found.labels) for found in sets.values()))
    drawn = {
        name: found.images[np.random.default_rng((seed, 51, at)).permutation(len(found.images))[:n]]
        for at, (name, found) in enumerate(sets.items())
    }
    figures = {kind: swd(drawn["test"], drawn[kind], seed=seed) for kind in KINDS}
    return {kind: {str(level): value for level, value in found.items()} for kind, found in figures.items()}


def _few(sets: Sets, here: Sets) -> str | None:
    """Why a view has no figures, in words."""
    if (sets["synthetic"].view_positions == UNKNOWN_VIEW).any():
        return "the GAN was not told the view; set gan.by_view"
    words = {"test": "held-out", "train": "training", "synthetic": "synthetic"}
    few = [f"{len(here[name].labels)} {word}" for name, word in words.items() if len(here[name].labels) < FEWEST]
    return f"too few images: {', '.join(few)}; {FEWEST} are needed" if few else None


def _of_view(sets: Sets, position: int, name: str, n_classes: int, seed: int) -> dict[str, Any]:
    here = {kind: found.of_view(position) for kind, found in sets.items()}
    n = min(len(found.labels) for found in here.values())
    about: dict[str, Any] = {"view": name or "unknown", "n": n, "note": _few(sets, here)}
    if about["note"]:
        return {**about, "kid": None, "class_agreement": None, "diversity": None}
    test = here["test"].features
    found = {kind: kid(test, here[kind].features, subset_size=n // 2, seed=seed) for kind in KINDS}
    kids = {kind: {"mean": value.mean, "sd": value.sd} for kind, value in found.items()}
    return {**about, "kid": kids, "class_agreement": agreement(here, n_classes), "diversity": spread(here, seed)}


def view_figures(sets: Sets, names: tuple[str, ...], n_classes: int, seed: int) -> list[dict[str, Any]]:
    """KID, class agreement and diversity for every View Position, or why there are none; [] where there is one view.

    `names` are what the view positions index.
    """
    present = np.union1d(sets["train"].view_positions, sets["test"].view_positions)
    if len(present) < 2:
        return []
    return [_of_view(sets, int(at), names[at], n_classes, seed) for at in present]


# ---------------------------------------------------------------------------------------------------------------------
# The stage that judges a fold's synthetic images: figures, sample grids, the gallery of nearest neighbours.


GRID = 6  # images of each class in a sample grid
PAIRS = 24  # nearest neighbours kept for the gallery
BLUR = 1 / 16  # sigma of the blurred reals, as a share of the view's height: what a bad generator's softness looks like
NOISE = 0.2  # sd of the noisy reals


def _thumbnails(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (np.clip(images[:, images.shape[1] // 2], 0, 1) * 255).astype(np.uint8)


def _grid(images: NDArray[np.float32], labels: NDArray[np.int64], n_classes: int) -> NDArray[np.uint8]:
    """(K, GRID, h, w) uint8: the first of each class; places without an image stay black."""
    grid = np.zeros((n_classes, GRID, *images.shape[2:]), dtype=np.uint8)
    for k in range(n_classes):
        rows = np.flatnonzero(labels == k)[:GRID]
        grid[k, : len(rows)] = _thumbnails(np.asarray(images[rows]))
    return grid


def _sets(fold: Fold, held_out: Fold, made: Synthetic, extractor: Encoder, seed: int) -> Sets:
    """All images that the figures compare. The synthetic ones are as many as the larger of the real sets."""
    n = max(len(fold.labels), len(held_out.labels))
    train, known = fold.views, (np.asarray(fold.labels), np.asarray(fold.view_positions))
    given = {
        "synthetic": (np.asarray(made.images[:n]), made.labels[:n], made.view_positions[:n]),
        "train": (train, *known),
        "blurred": (blurred(train, BLUR * fold.size[0]), *known),
        "noisy": (noisy(train, NOISE, seed), *known),
        "test": (held_out.views, np.asarray(held_out.labels), np.asarray(held_out.view_positions)),
    }
    return {
        name: Pictured(images, labels, extractor.features(images), extractor.predict(images).argmax(1), positions)
        for name, (images, labels, positions) in given.items()
    }


@stage(version=6)
def judge(
    work: Path, training: Path, test: Path, synthetic: Path, copies: Path, classic: Path, encoder: Path, seed: int
) -> None:
    """Image figures of one fold's synthetic images, all together and by view; its grids and neighbour gallery.
    Chooses nothing."""
    fold, held_out = load_fold(training), load_fold(test)
    extractor = load_encoder(encoder / "encoder.safetensors")
    sets = _sets(fold, held_out, load_synthetic(synthetic, fold), extractor, seed)
    features = [sets[name].features for name in ("synthetic", "train", "test", "blurred", "noisy")]
    figures = judge_images(*features, extractor=extractor.name, seed=seed)
    made = sets["synthetic"].images
    near = load_copies(copies).take(slice(len(made)))
    ratios = neighbour_ratios(made, fold.views, held_out.views, encode=extractor.features, seed=seed)
    n_classes = len(fold.classes)
    figures |= {"class_agreement": agreement(sets, n_classes), "diversity": spread(sets, seed)}
    figures |= {"near_copies": int(near.flags(SCREEN).sum()), "neighbour_ratio": float(np.median(ratios))}
    figures |= {"swd": patch_distances(sets, seed), "views": view_figures(sets, fold.position_names, n_classes, seed)}
    (work / "figures.json").write_text(json.dumps(figures))
    _save_samples(work, fold, sets["synthetic"], classic, near)


def _save_samples(work: Path, fold: Fold, made: Pictured, classic: Path, near: Copies) -> None:
    n_classes, train = len(fold.classes), fold.views
    closest, flags = np.argsort(-near.similarity)[:PAIRS], near.flags(SCREEN)
    varied = np.load(classic / "images.npy", mmap_mode="r"), np.load(classic / "labels.npy")
    own = ~flags  # a near copy of a patient's image belongs into the gallery, not among the samples
    np.savez(
        work / "samples.npz",
        real=_grid(train, np.asarray(fold.labels), n_classes),
        synthetic=_grid(made.images[own], made.labels[own], n_classes),
        classic=_grid(*varied, n_classes),
        neighbour_synthetic=_thumbnails(made.images[closest]),
        neighbour_train=_thumbnails(train[near.copied_from[closest]]),
        neighbour_ncc=near.similarity[closest],
        neighbour_copy=flags[closest],
    )
