"""Training data of any kind as the batch at an address (seed, images seen), and what a recipe asks of them."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.gan.networks.card import DataCard, as_images, as_labels, class_names, fingerprint, value_range
from medgan_fashion.gan.recipe.spec import Recipe

# ---------------------------------------------------------------------------------------------------------------------
# What training data look like to the loop: a batch at an address; and two domains as one.


RawBatch = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class Source:
    """`fetch(seed, images_seen, batch)` gives raw images (B, C, H, W) and labels (B,) or None.

    `labelled` gives such a batch of the images with a label alone, where others have none (-1).
    `exact` is False where the same address need not give the same batch again (a plain iterable), `any_batch` where
    the caller's code decides how large a batch is.
    """

    fetch: Callable[[int, int, int], RawBatch]
    card: DataCard
    exact: bool = True
    any_batch: bool = True
    labelled: Callable[[int, int, int], RawBatch] | None = None


@dataclass(frozen=True)
class Domains:
    """Two sets of images for a translation: `source` (N, K, H, W), which it starts from, and `target` (M, C, H, W),
    what it should arrive at. `paired`: image i of one belongs to image i of the other. They are read as one set of
    C + K channels, the source ones last."""

    source: Any
    target: Any
    paired: bool = False


def shuffled_positions(n: int, seed: int, images_seen: int, batch: int) -> np.ndarray:
    """Rows number images_seen .. images_seen + batch of an endless series of shuffled epochs over n rows: a pure
    function, so that nothing needs to be remembered to resume."""
    position = np.arange(images_seen, images_seen + batch)
    rows = np.empty(batch, dtype=np.int64)
    for epoch in np.unique(position // n):
        chosen = position // n == epoch
        rows[chosen] = np.random.default_rng((seed, int(epoch))).permutation(n)[position[chosen] % n]
    return rows


@dataclass(frozen=True)
class Describe:
    """What the caller says of the data."""

    labels: Any = None
    classes: Sequence[str] | None = None
    value_range: tuple[float, float] | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


def domains_source(data: Domains, source: Source, target: Source, say: Describe) -> Source:
    """Both domains' images as one of C + K channels; ValueError where they do not fit one another."""
    a, b = source.card, target.card
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(
            f"the source images are {a.shape[1:]} and the target ones {b.shape[1:]} pixels; cut both to one size"
        )
    if (a.value_range, a.dtype) != (b.value_range, b.dtype):
        raise ValueError(
            f"the source images are {a.dtype} in {a.value_range} and the target ones {b.dtype} in {b.value_range}; "
            "give both in one value range and type"
        )
    if data.paired and a.n != b.n:
        raise ValueError(f"{a.n} source images cannot be paired with {b.n} target ones; give as many of each")
    shape = (b.shape[0] + a.shape[0], *b.shape[1:])
    n = max(a.n, b.n)
    card = DataCard(shape, b.value_range, b.dtype, (), n, f"{b.fingerprint}+{a.fingerprint}", say.provenance)

    def fetch(seed: int, images_seen: int, batch: int) -> RawBatch:
        # without pairs the source ones are shuffled by a seed of their own: no partner by accident
        other = seed if data.paired else seed + 1
        ours, theirs = target.fetch(seed, images_seen, batch)[0], source.fetch(other, images_seen, batch)[0]
        return torch.cat([ours, theirs], 1), None

    return Source(fetch, card)


# ---------------------------------------------------------------------------------------------------------------------
# Training data of any kind as one function: the batch at an address (seed, images seen).


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
        return domains_source(data, _array_source(data.source, say), _array_source(data.target, say), say)
    if isinstance(data, Sequence) or (getattr(data, "__getitem__", None) and getattr(data, "__len__", None)):
        return _dataset_source(data, say)
    if callable(data):
        return _function_source(data, say)
    if isinstance(data, Iterable):
        return _iterable_source(data, say)
    raise ValueError(
        f"data is a {type(data).__name__}; give an array, a tensor, a Dataset, batch(seed, i) or an iterable"
    )


# ---------------------------------------------------------------------------------------------------------------------
# What a recipe asks of the data: refused at the door, in a sentence that names both.


def check_data(recipe: Recipe, data: Any, labels: Any, source: Source) -> None:
    """ValueError where labels or domains of the data do not fit the recipe; shapes are the networks' own business."""
    if recipe.growth and recipe.growth.batches and not source.any_batch:
        raise ValueError("growth.batches asks for another batch at each level; give an array, a tensor or a Dataset")
    _check_domains(recipe, data)
    if labels is None or not recipe.conditional:
        return
    told = as_labels(labels)
    missing = int((told < 0).sum())
    if missing and (recipe.classify is None or recipe.networks.condition_g != "none"):
        raise ValueError(
            f"{missing} labels are -1 (none) but this recipe needs one for every image; a semi-supervised one has "
            "classify and networks.condition_g none, as the row sgan does"
        )
    if recipe.classify is None:
        return
    counts = torch.bincount(told[told >= 0], minlength=len(source.card.classes))
    absent = [name for name, n in zip(source.card.classes, counts.tolist(), strict=True) if n == 0]
    if absent:
        raise ValueError(
            f"classify needs a labelled image of every class at least, but the labels have none of {', '.join(absent)}"
        )


def device_of(name: str | torch.device | None) -> torch.device:
    """The device to train on; without a name a GPU where there is one. ValueError for one that this machine lacks."""
    has_gpu = torch.cuda.is_available()
    try:
        device = torch.device(name or ("cuda" if has_gpu else "cpu"))
    except RuntimeError:
        raise ValueError(f"unknown device {name!r}; give cpu or cuda") from None
    if device.type == "cuda" and not has_gpu:
        raise ValueError(f"device is {name} but torch finds no GPU here; give cpu, or leave it out")
    return device


def checked_recipe(recipe: Recipe, images_seen: int, seed: int) -> Recipe:
    """The recipe as its file will hold it; ValueError for a value that no file may hold, nothing to show, or a seed
    below 0."""
    if images_seen < 1:
        raise ValueError(f"images_seen is {images_seen}; give 1 or more")
    if seed < 0:
        raise ValueError(f"seed is {seed}; give 0 or more")
    return from_plain(Recipe, to_plain(recipe))


def _check_domains(recipe: Recipe, data: Any) -> None:
    row = recipe.translation
    if not isinstance(data, Domains):
        if row is not None and not row.paired:
            raise ValueError(
                "translation without pairs (CycleGAN) needs two sets: give Domains(source=..., target=...)"
            )
        return
    if recipe.given == 0:
        raise ValueError("the data are two Domains but networks.given is 0: take a translating row such as cyclegan")
    if (row is None or row.paired) and not data.paired:
        raise ValueError(
            "translation.paired (pix2pix) and networks.kind spade need pairs but the Domains are not paired; "
            "say Domains(..., paired=True), or take the row cyclegan"
        )
    channels = as_images(data.source[:1]).shape[1]
    if channels != recipe.given:
        raise ValueError(f"the given images have {channels} channels but networks.given is {recipe.given}; set it so")
