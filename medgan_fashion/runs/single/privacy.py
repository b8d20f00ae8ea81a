"""The privacy card of one model from two files: what the command `privacy` does."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.screening.privacy import Screened, screen
from medgan_fashion.evaluation.screening.thresholds import PrivacyRules
from medgan_fashion.gan import Model, load_model
from medgan_fashion.imaging.cases.config import ImageConfig, mammogram_image
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.intensity import fit_intensity
from medgan_fashion.imaging.prepare.near_copies.copies import find_copies
from medgan_fashion.imaging.prepare.prepare import prepare_cases
from medgan_fashion.runs.single.inputs import read_arrays
from medgan_fashion.runs.single.train import Films
from medgan_fashion.runs.stages.privacy_cards import BY, card_beside, model_hash, write_card


@dataclass(frozen=True)
class PrivacyJob:
    """One screening as the command line gives it; `mammogram` as the training read its pictures."""

    model: Path
    train: Path
    held_out: Path
    images: int = 1000
    seed: int = 0
    mammogram: Films = "no"
    rules: PrivacyRules = field(default_factory=PrivacyRules)


@dataclass(frozen=True)
class Side:
    """Images (N, C, H, W) in the range that the model draws in, their patients (N,), and their canvases (N, C, Hc, Wc),
    which are the images themselves where nothing is known around them."""

    images: NDArray[Any]
    patients: NDArray[np.int64]
    canvases: NDArray[Any]


@dataclass(frozen=True)
class Report:
    """Where the card lies, what it says, and the closest pairs: drawn and training images (K, C, H, W)."""

    path: Path
    screened: Screened
    drawn: NDArray[np.float32]
    twins: NDArray[np.float32]


def _arrays(path: Path) -> Side:
    """The images of an .npz, which names no patients: each counts as one."""
    images = read_arrays(path).images
    return Side(images, np.arange(len(images)), images)


def _tables(job: PrivacyJob, size: tuple[int, int]) -> tuple[Side, Side, str]:
    """Training rows (external rows trained nothing) and held-out rows, on the scale that the training rows fit."""
    config = ImageConfig(size=size) if job.mammogram == "no" else mammogram_image(job.mammogram, size)
    known, unseen = (prepare_cases(path, config).images for path in (job.train, job.held_out))
    known = known.take(~known.external)
    _apart(known, unseen)
    fitted = fit_intensity(known.images, config.intensity, size)
    sides = [Side(fitted.apply(o.view()), np.asarray(o.groups), fitted.apply(o.images)) for o in (known, unseen)]
    names = {one.card.grouping for one in (known, unseen)}
    grouping = next(name for name in ("none", "near-duplicate pictures", "patient") if name in names)
    return sides[0], sides[1], BY[grouping]


def _apart(known: ImageSet, unseen: ImageSet) -> None:
    """ValueError where somebody is on both sides."""
    if known.card.grouping != "patient" or unseen.card.grouping != "patient":
        return
    names = [{one.card.pseudonyms[g] for g in np.unique(one.groups)} for one in (known, unseen)]
    if n := len(names[0] & names[1]):
        who = "1 patient is" if n == 1 else f"{n} patients are"
        raise ValueError(f"{who} in both --train and --held_out; leave out whoever trained the model")


def _sides(job: PrivacyJob, model: Model) -> tuple[Side, Side, str]:
    for path in (job.train, job.held_out):
        if not path.is_file():
            raise ValueError(f"no file {path}; give a case table (CSV) or an .npz with `images`")
    kinds = {path.suffix == ".npz" for path in (job.train, job.held_out)}
    if len(kinds) == 2:
        raise ValueError("--train and --held_out are of two kinds; give two case tables or two .npz files")
    channels, height, width = model.card.shape
    found = (
        (_arrays(job.train), _arrays(job.held_out), BY["none"]) if kinds == {True} else _tables(job, (height, width))
    )
    for path, side in zip((job.train, job.held_out), found[:2], strict=True):
        if side.images.shape[1:] != (channels, height, width):
            has = "x".join(map(str, side.images.shape[1:]))
            raise ValueError(
                f"{path} holds images of {has}, the model draws {channels}x{height}x{width}; give such ones"
            )
    rows = {image.tobytes() for image in found[0].images}
    if n := sum(image.tobytes() in rows for image in found[1].images):
        raise ValueError(f"{job.held_out} holds {n} images of --train; leave out what trained the model")
    return found


def screen_model(job: PrivacyJob) -> Report:
    """Draws from the model, screens what it drew, and writes the card beside the model.

    ValueError for files that do not fit the model or each other, or no image to draw.
    """
    if job.images < 1:
        raise ValueError(f"--images is {job.images}, and a screening needs drawn images; give 1 or more")
    model, sha256 = load_model(job.model), model_hash(job.model)
    known, unseen, by = _sides(job, model)
    n = min(job.images, job.rules.images)
    made = model.generate(n, seed=job.seed).numpy().astype(np.float32)
    canvases, size = np.asarray(known.canvases, dtype=np.float32), (model.card.shape[1], model.card.shape[2])
    screened = screen(
        made,
        known.images,
        unseen.images,
        find_copies(made, canvases, size, known.patients, seed=job.seed),
        train_patients=known.patients,
        held_out_patients=unseen.patients,
        by=by,
        rules=job.rules,
        seed=job.seed,
    )
    path = card_beside(job.model)
    write_card(screened.card | {"model_sha256": sha256}, path)
    low, high = model.card.value_range
    pairs = [
        (one.astype(np.float32) - low) / (high - low) for one in (made[screened.drawn], known.images[screened.twins])
    ]
    return Report(path, screened, *pairs)
