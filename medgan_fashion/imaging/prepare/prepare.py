"""Prepares cases: reads all pictures of a case table into an ImageSet, and keeps it under what it depends on."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.plain import to_key
from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.cases.pseudonyms import pseudonym, pseudonym_key
from medgan_fashion.imaging.cases.quarantine import Failure, report_failures
from medgan_fashion.imaging.cases.table import Case, CaseTable, hold_out_sites, read_case_table
from medgan_fashion.imaging.prepare.canvases import Canvas, Progress, one_per_picture, read_canvases, with_all_masks
from medgan_fashion.imaging.prepare.imageset import Card, ImageSet, first_appearance
from medgan_fashion.imaging.prepare.near_copies.groups import join_look_alikes

# ---------------------------------------------------------------------------------------------------------------------
# Prepares cases: reads all pictures of a case table into an ImageSet, says which rows are unusable.


@dataclass(frozen=True)
class Prepared:
    """The images, the rows that were left out as (row, reason), and what is worth knowing but no failure as
    (row, sentence); all without paths. `here`: rows were left out for want of a package or memory on this machine."""

    images: ImageSet
    skipped: tuple[tuple[int, str], ...] = ()
    notes: tuple[tuple[int, str], ...] = ()
    here: bool = False


def check_alike(cases: Sequence[Case], canvases: Sequence[Canvas], table: str, config: ImageConfig) -> str:
    """The unit of all values; rows of other channels or units are an error, not something to guess about.

    Raises:
        ValueError: rows differ in channels, or in units that the intensity does not even out.
    """
    first, first_case = canvases[0], cases[0]
    for case, canvas in zip(cases, canvases, strict=True):
        rows = f"rows {first_case.row} and {case.row} of {table}"
        if len(canvas.pixels) != len(first.pixels):
            counts = f"{len(first.pixels)} and {len(canvas.pixels)}"
            raise ValueError(f"{rows} have {counts} channels: split the table or convert the pictures")
        both_grey = all(c.unit.startswith("grey") for c in (first, canvas))
        if canvas.unit != first.unit and not (both_grey and config.intensity.each_alone):
            units = f"{first.unit!r} and {canvas.unit!r}"
            cure = " or scale each image alone (image.intensity.kind zscore)" if both_grey else ""
            raise ValueError(f"{rows} hold different values, {units}: split the table{cure}")
    return first.unit if all(c.unit == first.unit for c in canvases) else "grey"


def _groups(cases: Sequence[Case]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Group indices in order of first appearance, and their pseudonyms."""
    key, names = pseudonym_key(), list(dict.fromkeys(case.group for case in cases))
    index = {name: number for number, name in enumerate(names)}
    pseudonyms = tuple(pseudonym(key, name) for name in names)
    return np.array([index[case.group] for case in cases], dtype=np.int64), pseudonyms


def _lesions(cases: Sequence[Case]) -> NDArray[np.int64]:
    index: dict[tuple[str, str], int] = {}
    return first_appearance([index.setdefault(case.lesion, len(index)) for case in cases])


def _image_set(cases: Sequence[Case], canvases: Sequence[Canvas], table: CaseTable, config: ImageConfig) -> ImageSet:
    unit = check_alike(cases, canvases, table.name, config)
    groups, pseudonyms = _groups(cases)
    label_of = {name: number for number, name in enumerate(table.classes)}
    positions = tuple(sorted({canvas.view_position for canvas in canvases}))
    return ImageSet(
        images=np.stack([canvas.pixels for canvas in canvases]),
        labels=np.array([label_of[case.label] for case in cases], dtype=np.int64),
        groups=groups,
        lesions=_lesions(cases),
        diameters=np.array([canvas.diameter for canvas in canvases], dtype=np.float32),
        rows=np.array([case.row for case in cases], dtype=np.int64),
        external=np.array([case.external for case in cases], dtype=np.bool_),
        view_positions=np.array([positions.index(canvas.view_position) for canvas in canvases], dtype=np.int64),
        to_source=np.stack([canvas.to_source for canvas in canvases]),
        card=Card(table.classes, config.size, pseudonyms, table.grouping, unit, table.name, positions),
        masks=np.stack([c.mask for c in canvases if c.mask is not None]) if config.masks else None,
    )


def _regrouped(images: ImageSet, table: str) -> tuple[ImageSet, list[tuple[int, str]]]:
    """The images with one group for all rows that show one picture, whoever the table says they show, and notes on
    the rows that were joined: what the leakage audit looks for is settled before anything is trained."""
    groups, pairs = join_look_alikes(images.images, images.card.size, images.groups)
    rows, notes = images.rows.tolist(), []
    for a, b in pairs:
        if images.external[a] != images.external[b]:
            raise ValueError(
                f"rows {rows[a]} and {rows[b]} of {table} show the same picture, one of them in the external cohort: "
                "remove one"
            )
        notes.append((rows[b], f"shows the same picture as row {rows[a]}; both stay on one side of every split"))
    first = np.unique(groups, return_index=True)[1]
    names = tuple(images.card.pseudonyms[g] for g in images.groups[first])
    return replace(images, groups=groups, card=replace(images.card, pseudonyms=names)), notes


def _to_read(cases: Sequence[Case], config: ImageConfig) -> tuple[Sequence[Case], list[tuple[int, str]]]:
    """The cases to be read, and notes on rows that are part of another: for segmentation a picture has all its masks,
    and a whole picture is read once."""
    if not config.masks:
        return cases, []
    together = with_all_masks(cases)
    return one_per_picture(together) if config.roi == "whole" else (together, [])


def prepare_cases(
    table: Path,
    config: ImageConfig,
    *,
    skip_unreadable: bool = False,
    external_sites: Sequence[str] = (),
    processes: int = 2,
    progress: Progress | None = None,
) -> Prepared:
    """Reads a case table and its pictures into an ImageSet.

    Args:
        table: CSV, see cases.table.read_case_table.
        config: size, region and intensity (only to know whether grey depths may differ).
        skip_unreadable: leave unusable rows out instead of raising.
        external_sites: sites of the table whose rows are only ever tested on.
        processes: pictures read at once.
        progress: called with (rows done, rows) from the calling thread.

    Returns:
        Images in table order in stored units (mammograms: the share of their presentation range), the rows left
        out, and notes. Files of rows left out are named only in `<table>.quarantine.csv` beside the table.

    Raises:
        ValueError: a wrong table, unusable rows, mixed channels or units, or a class without a usable row.
    """
    checked = hold_out_sites(read_case_table(table), external_sites)
    cases, merged = _to_read(checked.cases, config)
    results = read_canvases(cases, config, processes, progress)
    failures = [r for r in results if isinstance(r, Failure)]
    report_failures(table, len(cases), failures, skip_unreadable)
    read = [(case, r) for case, r in zip(cases, results, strict=True) if isinstance(r, Canvas)]
    images = _image_set([case for case, _ in read], [canvas for _, canvas in read], checked, config)
    empty = sorted(set(range(len(checked.classes))) - set(images.labels.tolist()))
    if empty and not config.masks:  # a segmentation asks nothing of classes
        raise ValueError(f"class {checked.classes[empty[0]]!r} of {table.name} has no usable row: correct its rows")
    if external_sites and not images.external.any():
        raise ValueError(f"no row of external_site {', '.join(external_sites)} in {table.name} is usable: correct them")
    images, joined = _regrouped(images, checked.name)
    notes = (*merged, *joined, *((case.row, note) for case, canvas in read for note in canvas.notes))
    skipped = tuple((failure.row, failure.reason) for failure in failures)
    return Prepared(images, skipped, notes, here=any(failure.here for failure in failures))


# ---------------------------------------------------------------------------------------------------------------------
# Prepared cases kept on disk: keyed by what they depend on, byte for byte; a folder present is complete.


_VERSION = 5  # raise it when prepared pixels or groups change for the same inputs
_KEPT = (4,)  # whose pixels are the same: a study goes on with the groups that it began with, and its audit says more


def _file_hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def cases_keys(
    table: Path, config: ImageConfig, *, skip_unreadable: bool = False, external_sites: Sequence[str] = ()
) -> list[str]:
    """The names under which a preparation may lie, this version's first: sha256 over the table's bytes, the bytes of
    every picture and mask it names, the configuration, the sites held out and the pseudonym key's own pseudonym, 64
    hexadecimal digits. Sizes and times of files play no part."""
    cases = read_case_table(table).cases
    files = sorted({path for case in cases for path in (case.image, case.mask) if path is not None})
    with ThreadPoolExecutor(2) as pool:
        hashes = list(pool.map(_file_hash, files))
    parts = [
        _file_hash(table),
        hashes,
        to_key(config),
        skip_unreadable,
        pseudonym(pseudonym_key(), ""),
        *external_sites,
    ]
    return [hashlib.sha256(json.dumps([one, *parts]).encode()).hexdigest() for one in (_VERSION, *_KEPT)]


def _load_rows(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((int(row), str(text)) for row, text in json.loads(path.read_text(encoding="utf-8")))


def _load(folder: Path) -> Prepared:
    return Prepared(ImageSet.load(folder), _load_rows(folder / "skipped.json"), _load_rows(folder / "notes.json"))


def _store(prepared: Prepared, folder: Path) -> None:
    """Saves beside the place and renames: what another process stored first is as good and stays."""
    draft = folder.with_name(f".{folder.name[:16]}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        prepared.images.save(draft)
        (draft / "skipped.json").write_text(json.dumps(prepared.skipped), encoding="utf-8")
        (draft / "notes.json").write_text(json.dumps(prepared.notes), encoding="utf-8")
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def find_prepared(cache: Path, content_hash: str) -> Prepared | None:
    """The newest prepared set of this content among those kept in the folder `cache`; None where there is none.

    The hash leaves row numbers out, so an edited case table may give the same content under other numbers. Nobody can
    tell here which table is meant.

    Raises:
        ValueError: sets of this content number their rows differently.
    """
    folders = sorted(cache.glob("[!.]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    kept = [(folder.name[:12], _load(folder)) for folder in folders]
    found = [(name, prepared) for name, prepared in kept if prepared.images.content_hash() == content_hash]
    for name, other in found[1:]:
        if not np.array_equal(other.images.rows, found[0][1].images.rows):
            raise ValueError(
                f"{cache} keeps the same images under the row numbers of two case tables ({found[0][0]}... and "
                f"{name}...); delete that folder and run the chain again on the table whose rows you mean"
            )
    return found[0][1] if found else None


def cached_prepare(
    table: Path,
    config: ImageConfig,
    cache: Path,
    *,
    skip_unreadable: bool = False,
    external_sites: Sequence[str] = (),
    processes: int = 2,
    progress: Progress | None = None,
) -> Prepared:
    """prepare_cases, kept under cache/<key> and opened from there (memory-mapped) the next time.

    Where rows are left out because of this machine rather than of their files, nothing is kept.

    Args:
        cache: folder for prepared sets; made if missing.
        table, config, skip_unreadable, external_sites, processes, progress: as in prepare_cases.

    Raises:
        ValueError: as in prepare_cases; then nothing is stored.
    """
    keys = cases_keys(table, config, skip_unreadable=skip_unreadable, external_sites=external_sites)
    folder = next((cache / key for key in keys if (cache / key).is_dir()), cache / keys[0])
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        prepared = prepare_cases(
            table,
            config,
            skip_unreadable=skip_unreadable,
            external_sites=external_sites,
            processes=processes,
            progress=progress,
        )
        if prepared.here:  # installing what is missing changes none of the bytes in the key: ask again the next time
            return prepared
        _store(prepared, folder)
    return _load(folder)
