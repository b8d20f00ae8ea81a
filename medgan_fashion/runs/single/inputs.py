"""What single commands are given: arrays from an .npz, or two sets of images to compare, on one scale."""

import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.images.report import ImagesToMeasure
from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.prepare.image_folder import image_files, read_pictures
from medgan_fashion.imaging.prepare.intensity import fit_intensity
from medgan_fashion.imaging.prepare.prepare import prepare_cases

# ---------------------------------------------------------------------------------------------------------------------
# Images from an .npz as `train` and `privacy` take them: one reader, which says in words what a file is not.


UNLABELLED = "unlabelled"  # the sub-folder of pictures whose class nobody has said


# what zipfile and numpy raise for files that were cut off, damaged, or are something else
_DAMAGED = (OSError, ValueError, EOFError, KeyError, RuntimeError, struct.error, zipfile.BadZipFile, zlib.error)
_SAVE = "save `images` (N, C, H, W) or (N, H, W) with numpy.savez"


@dataclass(frozen=True)
class Arrays:
    """Images (N, C, H, W), finite numbers; labels (N,), whole numbers from 0; class names by label. None where the
    file has none."""

    images: NDArray[Any]
    labels: NDArray[Any] | None
    classes: list[str] | None


def _load(path: Path) -> dict[str, NDArray[Any]]:
    """images, labels and classes, as far as they are there; ValueError for another file or a synthetic one."""
    with path.open("rb") as file:  # one that may not be opened is no damaged one
        try:
            found = np.load(file, allow_pickle=False)
        except _DAMAGED:
            found = None
        if not isinstance(found, np.lib.npyio.NpzFile):
            raise ValueError(f"{path} is no .npz file, or a damaged one; {_SAVE}")
        names = list(found)
        if "images" not in names:
            raise ValueError(f"{path} holds {', '.join(names) or 'nothing'} but no `images`; save them under that name")
        if "SyntheticData" in names:
            raise ValueError(f"{path} holds synthetic images; give real ones")
        try:
            return {name: found[name] for name in ("images", "labels", "classes") if name in names}
        except _DAMAGED:
            raise ValueError(f"{path} is damaged, or holds Python objects in place of numbers; {_SAVE} again") from None


def _checked_images(path: Path, images: NDArray[Any]) -> NDArray[Any]:
    """Images (N, C, H, W) from these or (N, H, W)."""
    if images.dtype.kind not in "biuf":
        raise ValueError(f"`images` of {path} are {images.dtype}, not real numbers; {_SAVE}")
    if images.ndim not in (3, 4) or images.size == 0:
        raise ValueError(f"`images` of {path} have shape {images.shape}; {_SAVE}")
    if not np.isfinite(images).all():
        raise ValueError(f"`images` of {path} hold NaN or infinite values; remove those images first")
    return images[:, None] if images.ndim == 3 else images


def read_arrays(path: Path) -> Arrays:
    """The images of an .npz with their labels and class names, where it has some.

    Raises ValueError for a file that is damaged, no .npz, synthetic, or without usable images or labels.
    """
    found = _load(path)
    images, labels, classes = _checked_images(path, found["images"]), found.get("labels"), found.get("classes")
    if labels is not None and (labels.shape != images.shape[:1] or labels.dtype.kind not in "biu" or labels.min() < 0):
        raise ValueError(
            f"`labels` of {path} are {labels.dtype} of shape {labels.shape} for {len(images)} images; save one whole "
            "number from 0 for each image"
        )
    if classes is not None and classes.ndim != 1:
        raise ValueError(f"`classes` of {path} have shape {classes.shape}; save a list of names, one per label")
    return Arrays(images, labels, None if classes is None else [str(name) for name in classes])


# ---------------------------------------------------------------------------------------------------------------------
# Two sets of images to compare, from folders of pictures, .npz files or case tables: on one scale, with one list of
# classes.


Floats = NDArray[np.float32]
LabelsFrom = Literal["folders", "none"]
Span = tuple[str, float, float]  # kind of number (numpy's letter), black, white


@dataclass(frozen=True)
class Sources:
    """The sets on one scale [0, 1] with labels 0..K-1 by `classes`, as far as there are any."""

    real: ImagesToMeasure
    fake: ImagesToMeasure
    held_out: ImagesToMeasure | None
    classes: list[str]


@dataclass(frozen=True)
class _Read:
    """Images float32 (N, C, H, W) in [0, 1], class names (N,) or None, their order, groups (N,) or None, and what an
    .npz or a case table must be scaled by to be like this one."""

    images: Floats
    names: list[str] | None = None
    classes: list[str] | None = None
    groups: NDArray[np.int64] | None = None
    span: Span | None = None
    intensity: Any = None


def _span(images: NDArray[Any]) -> Span:
    """Black and white of an array: 0..255, 0..1 or -1..1 where its values lie within, else its own extremes."""
    kind, low, high = images.dtype.kind, float(images.min()), float(images.max())
    ranges = [(0.0, 255.0)] if images.dtype == np.uint8 else [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)]
    found = next(((a, b) for a, b in ranges if a <= low and high <= b), (low, max(high, low + 1e-6)))
    return ("i" if kind in "biu" else "f", *found)


def _unit(images: NDArray[Any], span: Span) -> Floats:
    return np.clip((images.astype(np.float32) - span[1]) / (span[2] - span[1]), 0, 1)


def _shares(pictures: NDArray[np.uint8]) -> Floats:
    return np.divide(pictures, 255, dtype=np.float32)


def _labels_beside(path: Path) -> list[str] | None:
    """The class names that `medgan-fashion generate` wrote beside its files."""
    beside = path / "synthetic.json" if path.is_dir() else path.parent / "synthetic.json"
    if not beside.is_file():
        return None
    try:
        labels = json.loads(beside.read_text()).get("labels")
    except (ValueError, AttributeError):
        raise ValueError(f"{beside} is damaged; generate the images again, or remove it") from None
    return None if labels is None else [str(name) for name in labels]


def _generated_files(folder: Path) -> list[Path]:
    """The pictures of a folder that `generate` wrote, without their masks."""
    listed = json.loads((folder / "synthetic.json").read_text()).get("files", [])
    paths = [folder / str(name) for name in listed]
    if not paths or any(path.suffix.lower() != ".png" for path in paths):
        raise ValueError(f"{folder} holds no generated PNG; generate with --format png, or give its synthetic.npz")
    return paths


def _folder(path: Path, size: tuple[int, int] | None, channels: int | None, synthetic: bool) -> _Read:
    if synthetic and (path / "synthetic.json").is_file():
        labels, paths = _labels_beside(path), _generated_files(path)
        return _Read(_shares(read_pictures(paths, size, channels, synthetic=True)), labels)
    paths, numbers, classes = image_files(path)
    images = _shares(read_pictures(paths, size, channels, synthetic))
    return _Read(images, None if numbers is None else [classes[k] for k in numbers], classes)


def _generated_arrays(path: Path) -> NDArray[Any] | None:
    """`images` of an .npz that `generate` wrote, else None."""
    try:
        with np.load(path, allow_pickle=False) as found:
            return np.asarray(found["images"]) if "SyntheticData" in found else None
    except Exception:  # whatever is wrong with the file, read_arrays says it in words
        return None


def _npz(path: Path, size: tuple[int, int] | None, synthetic: bool, like: "_Read | None") -> _Read:
    made = _generated_arrays(path) if synthetic else None
    if made is not None:
        if made.ndim != 4 or made.dtype.kind not in "biuf" or not np.isfinite(made).all():
            raise ValueError(f"`images` of {path} are no finite numbers of shape (N, C, H, W); generate them again")
        images, names, classes = made, _labels_beside(path), None
    else:
        found = read_arrays(path)
        images, classes = found.images, found.classes
        labels = None if found.labels is None else [int(k) for k in found.labels]
        if labels is not None and classes is not None and max(labels) >= len(classes):
            raise ValueError(f"`labels` of {path} go up to {max(labels)} for {len(classes)} `classes`; name every one")
        names = None if labels is None else [classes[k] if classes else str(k) for k in labels]
        if labels is not None and classes is None:
            classes = [str(k) for k in range(max(labels) + 1)]
    if size is not None and images.shape[-2:] != size:
        raise ValueError(f"{path} holds images of {images.shape[-2]}x{images.shape[-1]}, not --size; resize them first")
    span = _span(images)
    if like is not None and like.span is not None and like.span[0] == span[0]:
        span = like.span
    return _Read(_unit(images, span), names, classes, None, span)


def _table(path: Path, size: tuple[int, int] | None, like: "_Read | None") -> _Read:
    side = (64, 64) if like is None else (like.images.shape[2], like.images.shape[3])
    config = ImageConfig(size=size or side)
    found = prepare_cases(path, config).images
    found = found.take(~found.external)
    fitted = like.intensity if like is not None and like.intensity is not None else None
    fitted = fitted or fit_intensity(found.images, config.intensity, config.size)
    classes = list(found.card.classes)
    names = [classes[k] for k in found.labels]
    return _Read(fitted.apply(found.view()), names, classes, np.asarray(found.groups), None, fitted)


def _read(path: Path, size: tuple[int, int] | None, synthetic: bool, like: "_Read | None" = None) -> _Read:
    if path.is_dir():
        return _folder(path, size, None if like is None else like.images.shape[1], synthetic)
    if not path.is_file():
        raise ValueError(f"no folder or file {path}; give a folder of pictures, an .npz or a case table (CSV)")
    return _npz(path, size, synthetic, like) if path.suffix == ".npz" else _table(path, size, like)


def _check_shape(path: Path, found: _Read, real: Path, like: _Read) -> None:
    if found.images.shape[1:] != like.images.shape[1:]:
        these, those = ("x".join(map(str, one.images.shape[1:])) for one in (found, like))
        raise ValueError(
            f"{path} holds images of {these} and {real} of {those} (channels x height x width); give one --size for "
            "folders, or save them alike"
        )


def _measured(found: _Read, path: Path, classes: list[str], labels_from: LabelsFrom) -> ImagesToMeasure:
    """With labels by the reals' classes; plain numbers are taken as they are."""
    if found.names is None or labels_from == "none" or not classes:
        return ImagesToMeasure(found.images, None, found.groups)
    if len(found.names) != len(found.images):
        raise ValueError(f"{path} has {len(found.names)} labels for {len(found.images)} images; generate it again")
    numbers = {str(k): k for k in range(len(classes))} | {name: k for k, name in enumerate(classes)}
    known = np.flatnonzero([name != UNLABELLED for name in found.names])  # whose class nobody has said
    if unknown := sorted(set(found.names) - {*numbers, UNLABELLED}):
        raise ValueError(
            f"{path} has a class {unknown[0]!r} that the real images have not ({', '.join(classes)}); rename it, or "
            "give --labels-from none"
        )
    labels = np.array([numbers.get(name, -1) for name in found.names])
    return ImagesToMeasure(found.images, labels, found.groups).take(known)


def read_sources(
    real: Path,
    fake: Path,
    held_out: Path | None = None,
    *,
    size: tuple[int, int] | None = None,
    labels_from: LabelsFrom = "folders",
) -> Sources:
    """Real, fake and, where given, held-out images; each path is a folder of pictures (sub-folders are classes), an
    .npz with `images` and perhaps `labels`, a case table (CSV), or, of fakes, what `generate` wrote.

    Fakes take the reals' colours (grey or RGB), scale and order of classes. ValueError, in one sentence that names the
    file, for what cannot be read, differs in shape, or has a class that the reals have not. Pictures in a sub-folder
    "unlabelled" are left out where there are classes.
    """
    first = _read(real, size, synthetic=False)
    named = (first.classes or []) if labels_from == "folders" else []
    classes = [name for name in named if name != UNLABELLED]
    others = []
    for path, synthetic in ((fake, True), (held_out, False)):
        if path is None:
            others.append(None)
            continue
        found = _read(path, size, synthetic, first)
        _check_shape(path, found, real, first)
        others.append(_measured(found, path, classes, labels_from))
    return Sources(_measured(first, real, classes, labels_from), others[0], others[1], classes)
