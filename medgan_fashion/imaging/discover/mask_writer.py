"""Writes the masks of a case table as numbered PNG files in a folder beside it."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from medgan_fashion.imaging.cases.found import Found, Region
from medgan_fashion.imaging.read.mask_crop import MaskCrop


def masks_folder(out: Path) -> Path:
    """cases.csv -> cases_masks."""
    return out.with_name(f"{out.stem}_masks")


def mask_name(out: Path, count: int) -> str:
    """The name of a table's mask, relative to the table: a number tells nothing of a patient."""
    return f"{masks_folder(out).name}/{count:05d}.png"


def _differs(draft: Path, folder: Path) -> bool:
    """True where a folder holds other files than the draft."""
    names = {path.name for path in draft.iterdir()}
    if names != {path.name for path in folder.iterdir()}:
        return True
    return any((draft / name).read_bytes() != (folder / name).read_bytes() for name in names)


def name_masks(pairs: Sequence[tuple[Found, Region]], out: Path) -> tuple[list[tuple[Found, Region]], list[MaskCrop]]:
    """Pairs whose masks have the names of the files that they are to be written to, and these masks."""
    named, masks = [], []
    for found, region in pairs:
        if region.inside is not None:
            masks.append(region.inside)
            region = replace(region, columns={**region.columns, "mask": mask_name(out, len(masks))})
        named.append((found, region))
    return named, masks


@contextmanager
def writing_masks(masks: Sequence[MaskCrop], out: Path) -> Iterator[None]:
    """Writes masks (0 outside, 255 inside) to a draft, which takes its place when the table inside was written.

    Raises:
        ValueError: the folder exists and differs.
    """
    if not masks:
        yield
        return
    folder = masks_folder(out)
    draft = out.with_name(f".{folder.name}.{os.getpid()}.draft")
    try:
        draft.mkdir(parents=True)
        for count, mask in enumerate(masks, start=1):
            Image.fromarray(np.where(mask.full(), 255, 0).astype(np.uint8)).save(
                draft / Path(mask_name(out, count)).name
            )
        if folder.exists() and _differs(draft, folder):
            raise ValueError(f"{folder.name} exists and differs, perhaps edited by hand: move it away first")
        yield
        if not folder.exists():
            draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
