"""Drawn images against the training images: which are near copies, what a GAN could give away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.prepare.imageset import centre
from medgan_fashion.imaging.prepare.near_copies.rules import CopyRule
from medgan_fashion.imaging.prepare.near_copies.search import Floats, Images, TrainingImages, most_similar

CALIBRATED = 200  # training images at most whose likeness to other patients' is measured


@dataclass(frozen=True)
class Copies:
    """One entry per image (N,): the most similar training image, and the similarity in [-1, 1]. `others` (M,): the same
    of training images against those of other patients, from which a rule takes its threshold."""

    copied_from: NDArray[np.int64]
    similarity: Floats
    others: Floats

    def flags(self, rule: CopyRule) -> NDArray[np.bool_]:
        """(N,): which images are near copies."""
        return self.similarity > rule.threshold(self.others)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_] | slice) -> "Copies":
        """Those of these images."""
        return Copies(self.copied_from[rows], self.similarity[rows], self.others)


def find_copies(
    images: Images, canvases: Images, size: tuple[int, int], groups: NDArray[np.int64], *, seed: int = 0
) -> Copies:
    """The training image that each of images (N, C, h, w) in [0, 1] might be a copy of.

    Args:
        canvases: float32 (M, C, Hc, Wc) in [0, 1], the training images with the context around their views. With a
            canvas of 1.42 times a square view every turn is searched; a canvas that is the view itself (whole films)
            is turned by right angles that keep its frame and by a few degrees beside them.
        size: (h, w) of the views.
        groups: int64 (M,), the patient of each training image.

    ValueError where the images are not of the views' shape.
    """
    if images.shape[1:] != (canvases.shape[1], *size):
        raise ValueError(f"images are {images.shape} but the training views are {(canvases.shape[1], *size)}.")
    training, views = TrainingImages(canvases, size), centre(canvases, size)
    rows = np.random.default_rng((seed, 23)).permutation(len(views))[:CALIBRATED]
    _, others = most_similar(views[rows], training, groups[rows][:, None] == groups)
    return Copies(*most_similar(images, training), others)
