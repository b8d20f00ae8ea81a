"""Inception Score of any classifier's probabilities (Salimans et al. 2016): sure about each image, varied over all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class InceptionScore:
    """`mean` over the splits, in 1..`ceiling` (the number of classes), and the `sd` between them."""

    mean: float
    sd: float
    ceiling: int


def _probabilities(values: ArrayLike, splits: int) -> Floats:
    """Checked float64 (N, K)."""
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise ValueError(f"probabilities of shape {rows.shape} must be (N, K) of at least two classes.")
    if not 1 <= splits <= len(rows):
        raise ValueError(f"{splits} splits of {len(rows)} images are not possible: give 1..{len(rows)}.")
    if not (np.isfinite(rows).all() and (rows >= 0).all() and np.allclose(rows.sum(axis=1), 1, atol=1e-4)):
        raise ValueError("probabilities must be 0 or more with rows that sum to 1: give softmax values, not logits.")
    return rows


def _score(rows: Floats) -> float:
    """exp of the mean Kullback-Leibler divergence of p(y|x) from their mean p(y); 0 log 0 = 0."""
    whole = rows.mean(axis=0)
    ratio = np.divide(rows, whole, out=np.ones_like(rows), where=rows > 0)
    return float(np.exp((rows * np.log(ratio)).sum(axis=1).mean()))


def inception_score(probabilities: ArrayLike, *, splits: int = 1, seed: int = 0) -> InceptionScore:
    """exp(E KL(p(y|x) || p(y))) of class probabilities (N, K) of the images of one set, whatever classifier made them.

    Uniform or equal rows give 1, sure and evenly spread ones K. The mean over `splits` random parts of the images is
    given, since the score grows with the number of images. It looks at one set only: it is blind to copies of the
    training images, to a class of which one image alone is ever drawn (a collapse within the class), and to whatever
    the classifier does not look at. Compare with the reals' score by the same classifier, never across classifiers.
    ValueError for rows that are no probabilities and for fewer images than splits.
    """
    rows = _probabilities(probabilities, splits)
    order = np.random.default_rng((seed, 30)).permutation(len(rows))  # images often come sorted by class
    scores = [_score(rows[part]) for part in np.array_split(order, splits)]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)), rows.shape[1])
