"""All image figures of one fold as plain data, each beside the same figure for real and for worsened images."""

from dataclasses import asdict

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from medgan_fashion.evaluation.images.fid import enough_for_fid, fid
from medgan_fashion.evaluation.images.kid import feature_pair, kid
from medgan_fashion.evaluation.images.precision_recall import overlap

Floats = NDArray[np.float64]
DRAWS = 10  # random equal-size draws that FID and the neighbour figures are averaged over
FIGURES = ("precision", "recall", "density", "coverage")


def _draw(features: Floats, n: int, *address: int) -> Floats:
    """n random rows without replacement."""
    return features[np.random.default_rng(address).choice(len(features), n, replace=False)]


def _overlaps(test: Floats, sets: dict[str, Floats], n: int, seed: int) -> dict[str, dict[str, float]]:
    """Each neighbour figure of each set against the test reals, averaged over equal-size draws."""
    found: dict[str, dict[str, float]] = {figure: {} for figure in FIGURES}
    for at, (name, features) in enumerate(sets.items()):
        rows = [
            asdict(overlap(_draw(test, n, seed, 2, draw), _draw(features, n, seed, 3, draw, at)))
            for draw in range(DRAWS)
        ]
        for figure in FIGURES:
            found[figure][name] = float(np.mean([row[figure] for row in rows]))
    return found


def _fids(test: Floats, sets: dict[str, Floats], n: int, seed: int) -> dict[str, float]:
    """FID of each set against the test reals, averaged over equal-size draws (its bias depends on n)."""
    return {
        name: float(
            np.mean(
                [fid(_draw(test, n, seed, 2, draw), _draw(features, n, seed, 3, draw, at)) for draw in range(DRAWS)]
            )
        )
        for at, (name, features) in enumerate(sets.items())
    }


def _figures(test: Floats, sets: dict[str, Floats], extractor: str, seed: int) -> dict:
    """The judge's answer for checked features."""
    n, d = min(len(test), *(len(features) for features in sets.values())), test.shape[1]
    size, possible = min(n // 2, 1000), enough_for_fid(n, d)
    reason = f"FID needs at least {10 * d} images of each kind for {d} features; there are {n}."
    kids = {name: kid(test, features, subset_size=size, seed=seed) for name, features in sets.items()}
    return {
        "extractor": extractor,
        "n": n,
        "d": d,
        "draws": DRAWS,
        "kid_subset_size": size,
        "kid": {name: asdict(value) for name, value in kids.items()},
        "fid": _fids(test, sets, n, seed) if possible else None,
        "fid_reason": None if possible else reason,
        **_overlaps(test, sets, n, seed),
    }


def judge_images(
    features_synthetic: ArrayLike,
    features_train: ArrayLike,
    features_test: ArrayLike,
    features_blurred: ArrayLike,
    features_noisy: ArrayLike,
    *,
    extractor: str,
    seed: int,
) -> dict:
    """KID, FID, precision, recall, density and coverage of four sets against the held-out fold's reals.

    All features (N_i, d) from one `extractor`, whose name is printed with the figures. `train` is what good
    looks like; `blurred` and `noisy` are degraded training reals (of other patients than the test reals):
    what bad looks like. Everything is compared at equal n (the smallest set); `fid` is None with
    `fid_reason` when n < 10 d. ValueError for fewer than 6 images in a set.
    """
    given = {"synthetic": features_synthetic, "train": features_train}
    given |= {"blurred": features_blurred, "noisy": features_noisy}
    pairs = {name: feature_pair(features_test, features, at_least=6) for name, features in given.items()}
    return _figures(pairs["train"][0], {name: pair[1] for name, pair in pairs.items()}, extractor, seed)


# ---------------------------------------------------------------------------------------------------------------------
# Reals made worse on purpose: what a figure says about them is what "bad" looks like.


def _batch(images: ArrayLike) -> NDArray[np.float32]:
    values = np.asarray(images, dtype=np.float32)
    if values.ndim != 4:
        raise ValueError(f"images of shape {values.shape} must be (N, C, H, W).")
    return values


def blurred(images: ArrayLike, sigma: float) -> NDArray[np.float32]:
    """Images (N, C, H, W) in [0, 1] under a Gaussian blur of `sigma` >= 0 pixels; float32, same shape."""
    if sigma < 0:
        raise ValueError(f"sigma {sigma} must be 0 or more pixels.")
    soft = gaussian_filter(_batch(images), sigma=(0, 0, sigma, sigma), mode="nearest")
    return np.asarray(soft, dtype=np.float32)


def noisy(images: ArrayLike, sd: float, seed: int) -> NDArray[np.float32]:
    """Images (N, C, H, W) in [0, 1] plus Gaussian noise of `sd` >= 0, clipped to [0, 1]; float32."""
    if sd < 0:
        raise ValueError(f"sd {sd} must be 0 or more.")
    values = _batch(images)
    noise = np.random.default_rng((seed, 5)).standard_normal(values.shape, dtype=np.float32)
    return np.clip(values + sd * noise, 0, 1, dtype=np.float32)
