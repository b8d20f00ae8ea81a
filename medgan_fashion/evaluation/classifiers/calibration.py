"""Reliability: how often a classifier is right at each level of its confidence."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from medgan_fashion.evaluation.classifiers.metrics import checked


def reliability(probabilities: ArrayLike, labels: ArrayLike, bins: int = 10) -> dict[str, list[Any]]:
    """Mean confidence, accuracy and count in equal-width bins of the top probability, without empty bins.

    `probabilities` (N, K), `labels` (N,).
    """
    scores, truth = checked(probabilities, labels)
    confidence, right = scores.max(1), scores.argmax(1) == truth
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    used = [b for b in range(bins) if (index == b).any()]
    return {
        "confidence": [float(confidence[index == b].mean()) for b in used],
        "accuracy": [float(right[index == b].mean()) for b in used],
        "n": [int((index == b).sum()) for b in used],
    }
