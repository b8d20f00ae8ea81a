"""The images of a reader study: as many real as synthetic, alike in all but origin, in an order that says nothing.

Real ones are of held-out folds, synthetic ones of the GANs that never saw those folds; both of the first repeat.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.prepare.imageset import centre
from medgan_fashion.runs.stages.folds import Fold, load_fold
from medgan_fashion.runs.stages.images import Synthetic, load_synthetic
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.widgets import png

SIDE = 420  # pixels of a shown image's longer side
PARTS, LEAST_PART = 4, 10  # every part of a reading, of at least so many images, is as balanced as the whole


@dataclass(frozen=True)
class Case:
    """One image of a study. `id` is opaque; `fold` and `row` say where it lies, `label` indexes the classes."""

    id: str
    fold: int
    row: int
    synthetic: bool
    label: int


@dataclass(frozen=True)
class Source:
    """One held-out fold and the synthetic images of a GAN that never saw it."""

    held_out: Fold
    made: Synthetic


@dataclass(frozen=True)
class Sources:
    """All images that a run has for reading; `stamp` changes when they do."""

    folds: tuple[Source, ...]
    classes: tuple[str, ...]
    stamp: str


def _read_source(run: Run, about: dict[str, str]) -> Source:
    held_out = load_fold(run.folder / about["test"])
    made = load_synthetic(run.folder / about["synthetic"], held_out)
    shown = (held_out.canvases.shape[1], *held_out.size)
    if made.images.shape[1:] != shown:
        raise ValueError(
            f"synthetic images of run {run.name} are {made.images.shape[1:]} and its real ones {shown}: anybody could "
            "tell them apart; read a run whose GAN draws the size of its images"
        )
    return Source(held_out, made)


def load_sources(run: Run) -> Sources:
    """The images of a finished ablation, memory-mapped; ValueError where the run does not say where they lie, where
    they are gone, or where real and synthetic ones differ in size."""
    listed = run.folder / "results" / "images.json"
    if not listed.is_file():
        raise ValueError(
            f"run {run.name} was finished by an older version, which does not list its images: run the same command "
            "again (it resumes, and only collects)"
        )
    text = listed.read_text()
    try:
        about = json.loads(text)
        folds = tuple(_read_source(run, fold) for fold in about["folds"])
        classes = tuple(str(name) for name in about["classes"])
    except (json.JSONDecodeError, KeyError, TypeError):
        raise ValueError(f"the list of images of run {run.name} is damaged: run the same command again") from None
    except OSError as error:
        gone = Path(str(error.filename)).parent.name
        raise ValueError(
            f"images of run {run.name} are gone ({gone}): bring its folder 'stages' back, or run the same command again"
        ) from None
    return Sources(folds, classes, hashlib.sha256(text.encode()).hexdigest()[:16])


def _pairs_of(source: Source, label: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(P, 2): a real row and a synthetic one of that class. One image of a lesion, because a second look at the same
    lesion would give it away: a GAN seldom draws one twice."""
    rows = rng.permutation(np.flatnonzero(source.held_out.labels == label))
    first = np.unique(np.asarray(source.held_out.lesions)[rows], return_index=True)[1]
    real, made = rng.permutation(rows[first]), rng.permutation(np.flatnonzero(source.made.labels == label))
    most = min(len(real), len(made))
    return np.stack([real[:most], made[:most]], axis=1)


def _all_pairs(sources: Sources, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """For each class (P, 3) in random order: fold, real row, synthetic row. As many of each from every fold."""
    found = []
    for label in range(len(sources.classes)):
        parts = [_pairs_of(source, label, rng) for source in sources.folds]
        found.append(np.concatenate([np.insert(pairs, 0, fold, axis=1) for fold, pairs in enumerate(parts)]))
    return [rng.permutation(pairs) for pairs in found]


def available(sources: Sources) -> int:
    """The largest study: images, half of them real, equally many of each class."""
    return 2 * len(sources.classes) * min(len(pairs) for pairs in _all_pairs(sources, np.random.default_rng(0)))


def choose_cases(sources: Sources, n: int, seed: int, study: str) -> list[Case]:
    """n cases in random order: n / 2 real and n / 2 synthetic, balanced over classes as far as n allows, and of the
    same folds. A function of seed, study and the images. ValueError for an n that cannot be balanced."""
    rng = np.random.default_rng((seed, 51))
    per_class, most, k = _all_pairs(sources, rng), available(sources), len(sources.classes)
    if n % 2 or n < 2 * k or n > most:
        raise ValueError(
            f"{n} images cannot be balanced: ask for an even number from {2 * k} to {most}, the most that this run "
            "has (one image of a lesion)"
        )
    share = np.full(k, n // 2 // k)
    share[rng.permutation(k)[: n // 2 % k]] += 1
    chosen = [
        (fold, row, synthetic, label)
        for label, pairs in enumerate(per_class)
        for fold, *both in pairs[: share[label]].tolist()
        for row, synthetic in zip(both, (False, True), strict=True)
    ]
    return [Case(_opaque(seed, study, at), *chosen[i]) for at, i in enumerate(rng.permutation(n))]


def _opaque(seed: int, study: str, position: int) -> str:
    """16 hex digits that nothing can be read from."""
    return hashlib.sha256(f"{seed} {study} {position}".encode()).hexdigest()[:16]


def reading_order(cases: list[Case], seed: int, reader: str) -> list[Case]:
    """The cases in this reader's own order: random, with each part of the reading as balanced as the whole, so that
    who tires towards the end does so for all kinds alike."""
    rng = np.random.default_rng((seed, int(hashlib.sha256(reader.encode()).hexdigest()[:15], 16)))
    parts = min(PARTS, max(1, len(cases) // LEAST_PART))
    kinds = [(case.synthetic, case.label) for case in cases]
    part = np.zeros(len(cases))
    for kind in sorted(set(kinds)):
        mine = rng.permutation([at for at, other in enumerate(kinds) if other == kind])
        part[mine] = np.floor((np.arange(len(mine)) + rng.random()) * parts / len(mine))
    return [cases[at] for at in np.lexsort((rng.random(len(cases)), part))]


def case_png(sources: Sources, case: Case) -> bytes:
    """The image as 8-bit grey PNG, SIDE pixels on its longer side: one path for real and synthetic ones, and none of
    the marks that exported synthetic images carry. Of several channels (neighbouring slices) the middle one."""
    source = sources.folds[case.fold]
    if case.synthetic:
        image = source.made.images[case.row]
    else:
        image = centre(source.held_out.canvases[case.row], source.held_out.size)
    middle = len(image) // 2
    return png(np.asarray(image[middle : middle + 1], dtype=np.float32), SIDE)
