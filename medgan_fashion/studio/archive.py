"""Drawn pictures to take away: a zip of marked files in folders by class, their labels, and a data card."""

import csv
import io
import json
import math
import re
import tempfile
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from medgan_fashion.report.model_card import plain
from medgan_fashion.runs.generate import generate_files
from medgan_fashion.studio.models import Listed, truncation

MOST = 500  # images of one zip
VALUES = 2**25  # pixels of one zip: 500 of 256 x 256, 25 of 1280 x 1024
LONGEST = 40  # letters of a class in a file's name
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)  # no file of Windows may be called so
CARD = "DATA_CARD.md"


@dataclass(frozen=True)
class Order:
    """What is asked of a model.

    Args:
        label: a class by name, None for all of them evenly.
        variety: the central share of each latent that is drawn from; see `models.truncation`.
    """

    n: int
    label: str | None
    seed: int
    variety: float = 1.0
    format: Literal["png", "dicom"] = "png"


def most_images(shape: Sequence[int]) -> int:
    """How many pictures of `shape` (C, H, W) one zip may hold: 500, or fewer large ones."""
    return max(1, min(MOST, VALUES // max(1, math.prod(shape))))


def safe_names(classes: Sequence[str]) -> dict[str, str]:
    """Each class -> a name for files: ASCII letters, digits and hyphens, distinct on every file system."""
    names: dict[str, str] = {}
    for number, label in enumerate(dict.fromkeys(classes), 1):
        letters = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
        name = re.sub(r"[^A-Za-z0-9]+", "-", letters).strip("-")[:LONGEST].strip("-") or "class"
        taken = {other.lower() for other in names.values()}
        if name == "class" or _RESERVED.fullmatch(name):
            name = f"{name}-{number}"
        while name.lower() in taken:
            name = f"{name}-{number}"
        names[label] = name
    return names


def _arcname(file: str, label: str, names: dict[str, str]) -> str:
    """benign/synthetic_00003_benign.png"""
    if not label:
        return file
    stem, _, suffix = file.rpartition(".")
    return f"{names[label]}/{stem}_{names[label]}.{suffix}"


def labels_csv(files: Sequence[str], labels: Sequence[str]) -> str:
    """A line per file with its class; no class: empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "label"))
    writer.writerows(zip(files, labels, strict=True))
    return text.getvalue()


def _what(model: Listed, order: Order, about: dict[str, Any], labels: Sequence[str]) -> list[str]:
    """Lines of the card: how the pictures came to be."""
    channels, height, width = model.shape
    low, high = model.value_range
    narrowed = (
        "everything that the model draws (no truncation)"
        if about["truncation"] is None
        else f"the central {100 * order.variety:g} % of each latent (truncation {about['truncation']:.4g}): nearer to "
        "the model's average picture"
    )
    return [
        f"- Model: {plain(model.name)}, file {plain(about['model'])}, sha256 `{about['model_sha256']}`.",
        f"- Seed: {order.seed}. Number of pictures: {order.n}.",
        f"- Variety: {narrowed}.",
        f"- Size: {width} x {height} pixels, {'grey' if channels == 1 else f'{channels} channels'}.",
        f"- Value range of the model: {low:g} to {high:g}, which became the ends of what a file can hold.",
        "- Classes are what the model was asked for, not what a reader found:",
        *(f"  - {plain(label) or 'not named'}: {n}" for label, n in Counter(labels).items()),
    ]


def _marks(order: Order) -> list[str]:
    if order.format == "dicom":
        return [
            "SYNTHETIC is burned into a corner of every picture. The DICOM objects say Synthetic Data YES, Burned In",
            "Annotation YES, and name a patient SYNTHETIC^NOT A PATIENT. `synthetic.json` says the same of all files.",
        ]
    return ["Every PNG carries the text `SyntheticData` = `YES`; `synthetic.json` says the same of all files."]


def data_card(model: Listed, order: Order, about: dict[str, Any], labels: Sequence[str]) -> str:
    """Markdown for whoever opens the zip; `about` is what synthetic.json says, `labels` one class per picture."""
    what = "pictures of garments" if model.kind == "garments" else "medical images"
    use = (
        "Research and teaching on generated images. **Not for diagnosis**: the pictures show no patient, and findings "
        "in them mean nothing. Do not mix them into a data set without their labels and marks."
        if model.kind == "medical"
        else "Looking at what the model draws. The garments do not exist and cannot be bought. **Not for diagnosis.**"
    )
    lines = ["# Synthetic images", "", f"{order.n} synthetic {what}, drawn by a computer (a GAN).", ""]
    lines += [*(f"**Mind:** {plain(one)}.\n" for one in model.warnings), "## What they are", ""]
    lines += [*_what(model, order, about, labels), "", "## Intended use", "", use, "", "## How they are marked", ""]
    lines += [*_marks(order), "Keep the marks, and this card, with the pictures.", "", "## Files", ""]
    lines += ["- `labels.csv`: file and class of every picture.", "- `synthetic.json`: the same for programs.", ""]
    return "\n".join(lines)


def check_order(model: Listed, order: Order) -> None:
    """ValueError for what no zip may hold or the model cannot draw."""
    most = most_images(model.shape)
    if not 1 <= order.n <= most:
        raise ValueError(f"{order.n} pictures were asked for; one download holds 1 to {most} of this model's size")
    if order.label is not None and order.label not in model.classes:
        raise ValueError(f"unknown class {order.label!r}; this model has {', '.join(model.classes) or 'none'}")
    if order.format == "dicom" and model.kind != "medical":
        raise ValueError("garments are no medical images: take them as PNG instead of DICOM")


def make_archive(model: Listed, order: Order) -> bytes:
    """A zip with the pictures, `labels.csv`, `synthetic.json` and `DATA_CARD.md`.

    ValueError for a number of pictures that no zip may hold, an unknown class, a variety or format that does not fit.
    """
    check_order(model, order)
    told, narrowed = order.label if model.conditional else None, truncation(model.prior, order.variety)
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = Path(name) / "made"
        generate_files(model.path, folder, order.n, told, order.seed, narrowed, order.format)
        about = json.loads((folder / "synthetic.json").read_text())
        labels = about["labels"] or [model.classes[0] if len(model.classes) == 1 else ""] * order.n
        names, made = safe_names(model.classes), about["files"]
        files = [_arcname(file, label, names) for file, label in zip(made, labels, strict=True)]
        about |= {"files": files, "labels": labels if any(labels) else None}
        archive.writestr(CARD, data_card(model, order, about, labels))
        archive.writestr("labels.csv", labels_csv(files, labels))
        archive.writestr("synthetic.json", json.dumps(about, indent=1))
        for source, file in zip(made, files, strict=True):
            archive.write(folder / source, file)
    return buffer.getvalue()
