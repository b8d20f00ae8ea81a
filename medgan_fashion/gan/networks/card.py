"""What training data are: their card, the checks at the door, and what of it may be released."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from medgan_fashion.base.plain import to_plain

# ---------------------------------------------------------------------------------------------------------------------
# What training data are: their card, and the checks at the door.


@dataclass(frozen=True)
class DataCard:
    """What a model must know of its data: shape (C, H, W), value range and dtype of the images as they were given,
    class names, number of images (0 = unknown), a fingerprint of their content where it can be had, and what the
    caller wants recorded (plain data)."""

    shape: tuple[int, ...]
    value_range: tuple[float, float]
    dtype: str
    classes: tuple[str, ...] = ()
    n: int = 0
    fingerprint: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)


def as_images(array: Any) -> Tensor:
    """An array or tensor as (N, C, ...) uint8 or float32; ValueError in words for anything else."""
    images = torch.as_tensor(np.asarray(array) if not isinstance(array, Tensor) else array)
    if images.dtype not in (torch.uint8, torch.float32):
        images = images.float()
    if images.ndim == 3:
        images = images[:, None]
    if images.ndim < 3 or len(images) == 0:
        raise ValueError(f"data has shape {tuple(images.shape)}; give images as (N, C, H, W) or (N, H, W)")
    if images.ndim == 4 and images.shape[-1] in (1, 3, 4) and images.shape[1] not in (1, 2, 3, 4):
        raise ValueError(f"data has shape {tuple(images.shape)}, channels last; transpose it to (N, C, H, W)")
    return images


def value_range(images: Tensor, given: tuple[float, float] | None, where: str = "data") -> tuple[float, float]:
    """The range that maps to [-1, 1]: as given, else (0, 255) for uint8, and for floats (0, 1) or (-1, 1) by their
    values. ValueError for NaN, constant images, or values outside."""
    low, high = float(images.min()), float(images.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{where} holds NaN or infinite values; remove those images first")
    if low == high:
        raise ValueError(f"{where} is constant ({low}); there is nothing to learn from")
    if given is None:
        if images.dtype == torch.uint8:
            return (0.0, 255.0)
        given = (0.0, 1.0) if low >= 0 else (-1.0, 1.0)
    if low < given[0] - 1e-6 or high > given[1] + 1e-6:
        raise ValueError(f"{where} spans [{low:g}, {high:g}] outside {given}; scale it or give value_range=(low, high)")
    return float(given[0]), float(given[1])


def as_labels(labels: Any) -> Tensor:
    """A copy as a tensor, because it may be a read-only map; ValueError for text."""
    array = np.array(labels)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"labels are {array.dtype}; give numbers from 0, and what they are called as classes=[names]")
    return torch.as_tensor(array)


def class_names(labels: Tensor | None, classes: Sequence[str] | None) -> tuple[str, ...]:
    if labels is None:
        return ()
    if labels.is_floating_point() or labels.ndim != 1 or int(labels.min()) < -1:
        raise ValueError(
            f"labels {tuple(labels.shape)} of {labels.dtype} must be whole numbers from 0 (-1: no label), one per image"
        )
    n = int(labels.max()) + 1
    if classes is not None and len(classes) < n:
        raise ValueError(f"labels go up to {n - 1} but only {len(classes)} class names were given")
    return tuple(str(i) for i in (range(n) if classes is None else classes))


def fingerprint(*arrays: Tensor | None) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        if array is not None:
            digest.update(np.ascontiguousarray(array.cpu().numpy()).tobytes())
    return digest.hexdigest()[:16]


# ---------------------------------------------------------------------------------------------------------------------
# What may leave the house of what a training recorded on its data: hashes, and this package's own words.


KEPT = ("training_rows", "masks", "synthetic")  # the hash of the training rows, and two words of this package


def _harmless(key: str, value: Any) -> bool:
    """Whether a value is what this package itself would have written: a hash, a flag, one word."""
    if key == "synthetic":
        return isinstance(value, bool)
    pattern = "last channel" if key == "masks" else "[0-9a-f]{8,64}"
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def released(provenance: dict[str, Any]) -> dict[str, Any]:
    """A card's provenance as it may leave the house: what KEPT names, and the sha256 of all of it together, by which
    the house finds its own record again. Paths, names and pseudonyms that a caller recorded stay behind."""
    if not provenance:
        return {}
    if "provenance_sha256" in provenance:  # it came from outside already, as a published model's does
        return {k: v for k, v in provenance.items() if k in (*KEPT, "provenance_sha256") and _harmless(k, v)}
    whole = json.dumps(to_plain(provenance), sort_keys=True).encode()
    kept = {k: v for k, v in provenance.items() if k in KEPT and _harmless(k, v)}
    return {**kept, "provenance_sha256": hashlib.sha256(whole).hexdigest()}
