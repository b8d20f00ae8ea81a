"""Prepares cases: reads all pictures of a case table at once, cuts canvases, says which rows are unusable."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.case_table import Case, CaseTable, read_case_table
from medgan_fashion.imaging.config import ImageConfig
from medgan_fashion.imaging.imageset import Card, ImageSet, centre, first_appearance
from medgan_fashion.imaging.pictures import UnreadableError
from medgan_fashion.imaging.pseudonyms import pseudonym, pseudonym_key
from medgan_fashion.imaging.quarantine import Failure, report_failures
from medgan_fashion.imaging.readers import read_image, read_mask
from medgan_fashion.imaging.roi import Box, canvas_to_source, check_box, circle_box, extract_canvas, mask_box, window_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Canvas:
    """One row's canvas (C, Hc, Wc), the unit of its values, the lesion's diameter in view pixels, the affine map
    from canvas to source (see ImageSet.to_source), and the View Position ("" where unknown)."""

    pixels: NDArray[np.float32]
    unit: str
    diameter: float
    to_source: NDArray[np.float64]
    view_position: str = ""


@dataclass(frozen=True)
class Prepared:
    """The images, and the rows that were left out as (row, reason), without paths."""

    images: ImageSet
    skipped: tuple[tuple[int, str], ...] = ()


def _box(case: Case, shape: tuple[int, int], spacing_mm: tuple[float, float] | None) -> Box | None:
    """The lesion's box: from x, y, width, height, else the circle, else the mask."""
    if case.box is not None:
        check_box(case.box, shape)
        return case.box
    if case.circle is not None:
        box = circle_box(case.circle, spacing_mm)
        check_box(box, shape, centre_only=True)
        return box
    return None if case.mask is None else mask_box(read_mask(case.mask, shape))


def _canvas(case: Case, config: ImageConfig) -> Canvas:
    """Reads one row.

    Raises:
        UnreadableError: the row cannot be used.
    """
    picture = read_image(case.image)
    height, width = picture.pixels.shape[1:]
    whole: Box = (0.0, 0.0, float(width), float(height))
    if config.roi == "whole":
        pixels, _ = extract_canvas(picture.pixels, whole, config.size, margin=0.0, context=config.context)
        window = window_of(whole, config.size, 0.0)
        to_source = canvas_to_source(window, pixels.shape[1:])
        return Canvas(pixels, picture.unit, max(height, width) / window.scale, to_source, case.view)
    box = _box(case, (height, width), picture.spacing_mm)
    if box is None:
        raise UnreadableError(
            "the row has no box, circle or mask", "fill one in, or use the whole picture (image.roi whole)"
        )
    pixels, diameter = extract_canvas(picture.pixels, box, config.size, margin=config.margin, context=config.context)
    view = centre(pixels, config.size)
    if view.min() == view.max():
        raise UnreadableError("all pixels of the region are equal", "correct the region, or remove the row")
    to_source = canvas_to_source(window_of(box, config.size, config.margin), pixels.shape[1:])
    return Canvas(pixels, picture.unit, diameter, to_source, case.view)


def _try(case: Case, config: ImageConfig) -> Canvas | Failure:
    try:
        return _canvas(case, config)
    except UnreadableError as error:
        return Failure(case.row, case.image, error.reason, error.cure)
    except MemoryError:
        return Failure(case.row, case.image, "too large for this machine's memory", "shrink the picture")


def read_canvases(
    cases: Sequence[Case], config: ImageConfig, processes: int = 2, progress: Progress | None = None
) -> list[Canvas | Failure]:
    """Reads rows at once, in their order; what cannot be used comes back as a Failure.

    Threads: decoding and resampling release the interpreter's lock, and threads need no guarded main module
    and no start-up time.
    """
    with ThreadPoolExecutor(max(1, processes)) as pool:
        futures = [pool.submit(_try, case, config) for case in cases]
        if progress is not None:
            for done, _ in enumerate(as_completed(futures), start=1):
                progress(done, len(futures))
        return [future.result() for future in futures]


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
    )


def prepare_cases(
    table: Path,
    config: ImageConfig,
    *,
    skip_unreadable: bool = False,
    processes: int = 2,
    progress: Progress | None = None,
) -> Prepared:
    """Reads a case table and its pictures into an ImageSet.

    Args:
        table: CSV, see case_table.read_case_table.
        config: size, region and intensity (only to know whether grey depths may differ).
        skip_unreadable: leave unusable rows out instead of raising.
        processes: pictures read at once.
        progress: called with (rows done, rows) from the calling thread.

    Returns:
        Images in table order in stored units, and the rows left out. Files of those rows are named only in
        `<table>.quarantine.csv` beside the table.

    Raises:
        ValueError: a wrong table, unusable rows, mixed channels or units, or a class without a usable row.
    """
    checked = read_case_table(table)
    results = read_canvases(checked.cases, config, processes, progress)
    failures = [r for r in results if isinstance(r, Failure)]
    report_failures(table, len(checked.cases), failures, skip_unreadable)
    read = [(case, r) for case, r in zip(checked.cases, results, strict=True) if isinstance(r, Canvas)]
    images = _image_set([case for case, _ in read], [canvas for _, canvas in read], checked, config)
    empty = sorted(set(range(len(checked.classes))) - set(images.labels.tolist()))
    if empty:
        raise ValueError(f"class {checked.classes[empty[0]]!r} of {table.name} has no usable row: correct its rows")
    return Prepared(images, tuple((failure.row, failure.reason) for failure in failures))
