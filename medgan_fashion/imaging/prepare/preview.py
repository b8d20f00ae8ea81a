"""Preview: a contact sheet of views with row numbers and labels, to look at before anything is trained."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.cases.quarantine import Failure
from medgan_fashion.imaging.cases.table import Case, read_case_table
from medgan_fashion.imaging.prepare.canvases import Canvas, read_canvases
from medgan_fashion.imaging.prepare.imageset import centre
from medgan_fashion.imaging.prepare.intensity import fit_intensity
from medgan_fashion.imaging.prepare.prepare import check_alike

_TILE = 128
_CAPTION = 30
_GAP = 6
_COLUMNS = 8
_FAIL = (120, 30, 30)


def _choose(cases: Sequence[Case], n: int) -> list[Case]:
    """At most n cases, evenly spaced within each class, as many of each class as possible, in table order."""
    by_class: dict[str, list[Case]] = {}
    for case in cases:
        by_class.setdefault(case.label, []).append(case)
    share = max(1, n // len(by_class))
    chosen: list[Case] = []
    for members in by_class.values():
        picks = np.linspace(0, len(members) - 1, min(share, len(members))).round().astype(int)
        chosen += [members[i] for i in picks]
    return chosen[:n]


def _tile(caption: Sequence[str], view: np.ndarray | None) -> Image.Image:
    """A view (H, W) in [0, 1], or a red field where there is none, above two lines of text."""
    tile = Image.new("RGB", (_TILE, _TILE + _CAPTION), "white")
    if view is None:
        tile.paste(_FAIL, (0, 0, _TILE, _TILE))
    else:
        scale = _TILE / max(view.shape)
        size = (max(1, round(view.shape[1] * scale)), max(1, round(view.shape[0] * scale)))
        grey = Image.fromarray(np.rint(255 * view).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
        tile.paste(grey, ((_TILE - size[0]) // 2, (_TILE - size[1]) // 2))
    draw = ImageDraw.Draw(tile)
    for line, text in enumerate(caption):
        draw.text((2, _TILE + 2 + 13 * line), text[:22], fill="black", font=ImageFont.load_default(size=11))
    return tile


def _views(results: Sequence[Canvas | Failure], config: ImageConfig) -> list[np.ndarray | None]:
    """The first channel of each view in [0, 1] by an intensity fitted to this sheet, None if unusable."""
    canvases = [r.pixels for r in results if isinstance(r, Canvas)]
    if not canvases:
        return [None] * len(results)
    stack = np.stack(canvases)
    images = iter(centre(fit_intensity(stack, config.intensity, config.size).apply(stack), config.size))
    return [next(images)[0] if isinstance(r, Canvas) else None for r in results]


def preview(table: Path, out_png: Path, n: int = 48, config: ImageConfig | None = None) -> None:
    """Draws a contact sheet of up to n views; captions are row number and label, never an ID or a file name.

    Rows that cannot be used appear as red fields with the reason.

    Args:
        table: case table.
        out_png: the PNG to write.
        n: number of views, evenly spaced within each class.
        config: as for prepare_cases; None for its defaults.

    Raises:
        ValueError: a wrong table, n below 1, or mixed channels or units.
    """
    if n < 1:
        raise ValueError(f"a preview of {n} views shows nothing: ask for 1 or more")
    config = config or ImageConfig()
    checked = read_case_table(table)
    cases = _choose(checked.cases, n)
    results = read_canvases(cases, config)
    good = [(case, r) for case, r in zip(cases, results, strict=True) if isinstance(r, Canvas)]
    if good:
        check_alike([case for case, _ in good], [r for _, r in good], checked.name, config)
    columns = min(_COLUMNS, len(cases))
    step = (_TILE + _GAP, _TILE + _CAPTION + _GAP)
    sheet = Image.new("RGB", (columns * step[0] + _GAP, math.ceil(len(cases) / columns) * step[1] + _GAP), "white")
    for place, (case, result, view) in enumerate(zip(cases, results, _views(results, config), strict=True)):
        second = result.reason if isinstance(result, Failure) else case.label
        corner = (_GAP + place % columns * step[0], _GAP + place // columns * step[1])
        sheet.paste(_tile((f"row {case.row}", second), view), corner)
    out_png.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out_png, format="PNG")
