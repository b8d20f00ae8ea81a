"""Training data of any kind as one function: the batch at an address (seed, images seen)."""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from medgan_fashion.gan.networks.card import DataCard, as_images, as_labels, class_names, fingerprint, value_range
from medgan_fashion.gan.training.source_parts import (
    Describe,
    Domains,
    RawBatch,
    Source,
    domains_source,
    shuffled_positions,
)

_ON_DEVICE = 2 * 2**30  # bytes: arrays up to this size live on the accelerator for the whole training


def _array_source(data: Any, say: Describe) -> Source:
    images = as_images(data)
    labels = None if say.labels is None else as_labels(say.labels)
    names = class_names(labels, say.classes)
    labels = None if labels is None else labels.long()
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"{len(images)} images but {len(labels)} labels; give one label per image")
    card = DataCard(
        tuple(images.shape[1:]),
        value_range(images, say.value_range),
        str(images.dtype).removeprefix("torch."),
        names,
        len(images),
        fingerprint(images, labels),
        say.provenance,
    )
    if say.device.type != "cpu" and images.nbytes <= _ON_DEVICE:
        images = images.to(say.device)

    def fetch(seed: int, images_seen: int, batch: int, among: Tensor | None = None) -> RawBatch:
        n = len(images) if among is None else len(among)
        rows = torch.from_numpy(shuffled_positions(n, seed, images_seen, batch))
        rows = rows if among is None else among[rows]
        return images[rows.to(images.device)], None if labels is None else labels[rows]

    few = None if labels is None or int(labels.min()) >= 0 else torch.nonzero(labels >= 0)[:, 0]
    if few is None or len(few) == 0:
        return Source(fetch, card)
    return Source(fetch, card, labelled=partial(fetch, among=few))


def _all_told(labels: Tensor) -> Tensor:
    if int(labels.min()) < 0:
        raise ValueError("data gave a label below 0; for images without a label give an array and labels= with -1")
    return labels


def _collate(items: Sequence[Any]) -> RawBatch:
    if isinstance(items[0], (tuple, list)):
        images = torch.stack([torch.as_tensor(item[0]) for item in items])
        return as_images(images), _all_told(torch.as_tensor([int(item[1]) for item in items]))
    return as_images(torch.stack([torch.as_tensor(item) for item in items])), None


def _described(
    fetch: Callable[[int, int, int], RawBatch],
    say: Describe,
    first: RawBatch,
    n: int,
    *,
    exact: bool = True,
    any_batch: bool = False,
) -> Source:
    images, labels = first
    names = class_names(labels, say.classes)
    card = DataCard(
        tuple(images.shape[1:]),
        value_range(images, say.value_range, "the first batch of data"),
        str(images.dtype).removeprefix("torch."),
        names,
        n,
        "",
        say.provenance,
    )
    if labels is not None and say.classes is None:
        raise ValueError("data gives labels batch by batch, so their number is unknown; give classes=[names]")
    return Source(fetch, card, exact, any_batch)


def _dataset_source(data: Any, say: Describe) -> Source:
    def fetch(seed: int, images_seen: int, batch: int) -> RawBatch:
        return _collate([data[int(i)] for i in shuffled_positions(len(data), seed, images_seen, batch)])

    return _described(fetch, say, _collate([data[i] for i in range(min(len(data), 64))]), len(data), any_batch=True)


def _whole_batch(got: Any, batch: int) -> RawBatch:
    """What a function or an iterable gave, of exactly the recipe's batch (0: the look at the door takes any)."""
    images, labels = got if isinstance(got, (tuple, list)) else (got, None)
    images = as_images(images)
    if batch and len(images) != batch:
        raise ValueError(f"data gave {len(images)} images but the recipe's batch is {batch}; give batches of {batch}")
    return images, None if labels is None else _all_told(torch.as_tensor(labels).long())


def _function_source(data: Callable[[int, int], Any], say: Describe) -> Source:
    def fetch(seed: int, images_seen: int, batch: int) -> RawBatch:
        return _whole_batch(data(seed, images_seen), batch)

    return _described(fetch, say, fetch(0, 0, 0), 0)


def _iterable_source(data: Iterable[Any], say: Describe) -> Source:
    stream = iter(data)

    def fetch(seed: int, images_seen: int, batch: int) -> RawBatch:
        nonlocal stream
        try:
            got = next(stream)
        except StopIteration:
            stream = iter(data)
            try:
                got = next(stream)
            except StopIteration:
                raise ValueError(
                    "the iterable of batches is empty or can be read only once; give a longer one"
                ) from None
        return _whole_batch(got, batch)

    return _described(fetch, say, fetch(0, 0, 0), 0, exact=False)


def open_source(data: Any, say: Describe) -> Source:
    """Any of the kinds of data as a Source.

    Arrays and tensors (N, C, H, W) or (N, H, W); a map-style Dataset (`__len__`, `__getitem__` giving an image or
    (image, label)); a function `batch(seed, images_seen)`; or an iterable of batches, without exact resume;
    or `Domains`, two arrays for a translation.
    """
    if isinstance(data, (str, os.PathLike)):
        raise ValueError(f"data is the path {str(data)!r}; give what lies there: an array, a tensor or a Dataset")
    if isinstance(data, (np.ndarray, Tensor)):
        return _array_source(data, say)
    if say.labels is not None:
        raise ValueError("labels= goes with an array or tensor; here let the data itself give (image, label)")
    if isinstance(data, Domains):
        return domains_source(data, _array_source(data.given, say), _array_source(data.wanted, say), say)
    if isinstance(data, Sequence) or (getattr(data, "__getitem__", None) and getattr(data, "__len__", None)):
        return _dataset_source(data, say)
    if callable(data):
        return _function_source(data, say)
    if isinstance(data, Iterable):
        return _iterable_source(data, say)
    raise ValueError(
        f"data is a {type(data).__name__}; give an array, a tensor, a Dataset, batch(seed, i) or an iterable"
    )
