"""Image figures of one fold, and the same for each View Position that has enough images on both sides."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.images.diversity import ssim_diversity
from medgan_fashion.evaluation.images.kid import kid
from medgan_fashion.evaluation.images.swd import swd
from medgan_fashion.runs.stages.images import UNKNOWN_VIEW

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
