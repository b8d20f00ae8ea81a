"""Drawn pictures of a model: as a grid on the page, and as a zip of marked files with labels and a data card."""

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

from medgan_fashion.gan import Model
from medgan_fashion.report.cards import (
    CARD,
    GARMENT_ABUSE,
    GARMENT_USE,
    MEDICAL_ABUSE,
    MEDICAL_USE,
    SetFacts,
    data_card,
    plain,
)
from medgan_fashion.report.pictures import Tile, tile
from medgan_fashion.runs.single.generate import generate_files, shades
from medgan_fashion.runs.stages.privacy_cards import check_release, find_card, in_words
from medgan_fashion.studio.generate.models import Listed, truncation

# ---------------------------------------------------------------------------------------------------------------------
# Drawn pictures to take away: a zip of marked files in folders by class, their labels, and a data card.


MOST = 500  # images of one zip
VALUES = 2**25  # pixels of one zip: 500 of 256 x 256, 25 of 1280 x 1024
LONGEST = 40  # letters of a class in a file's name
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)  # no file of Windows may be called so


@dataclass(frozen=True)
class Order:
    """What is asked of a model.

    Args:
        label: a class by name, None for all of them evenly.
        variety: the central share of each latent that is drawn from; see `models.truncation`.
        despite_privacy: take them away although the model's privacy card says blocked.
    """

    n: int
    label: str | None
    seed: int
    variety: float = 1.0
    format: Literal["png", "dicom"] = "png"
    despite_privacy: bool = False


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


def _origin(model: Listed, order: Order, about: dict[str, Any]) -> list[str]:
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
    ]


def _marks(order: Order) -> list[str]:
    if order.format == "dicom":
        return [
            "SYNTHETIC is burned into a corner of every picture. The DICOM objects say Synthetic Data YES, Burned In",
            "Annotation YES, and name a patient SYNTHETIC^NOT A PATIENT. `synthetic.json` says the same of all files.",
        ]
    return ["Every PNG carries the text `SyntheticData` = `YES`; `synthetic.json` says the same of all files."]


def _privacy(note: dict[str, Any]) -> list[str]:
    lines = [f"{plain(in_words(note))}.".capitalize()]
    if note["overridden"]:
        lines += ["", "**The model was blocked, and these pictures were taken away despite that.**"]
    return lines


def _card(model: Listed, order: Order, about: dict[str, Any], labels: Sequence[str]) -> str:
    """Markdown for whoever opens the zip; `about` is what synthetic.json says, `labels` one class per picture."""
    medical = model.kind == "medical"
    facts = SetFacts(
        what="medical images" if medical else "pictures of garments",
        counts=Counter(labels),
        origin=_origin(model, order, about),
        marks=_marks(order),
        warnings=[f"{plain(one)}." for one in model.warnings],
        privacy=_privacy(about["privacy"]) if medical else ["Garments show nobody."],
        files=["- `labels.csv`: file and class of every picture.", "- `synthetic.json`: the same for programs."],
        use=MEDICAL_USE if medical else GARMENT_USE,
        abuse=MEDICAL_ABUSE if medical else GARMENT_ABUSE,
    )
    return data_card(facts)


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

    ValueError for a number of pictures that no zip may hold, an unknown class, a variety or format that does not fit,
    or a privacy card that blocks the model.
    """
    check_order(model, order)
    check_release(find_card(model.path), order.despite_privacy, "the box below")
    told, narrowed = order.label if model.conditional else None, truncation(model.prior, order.variety)
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = Path(name) / "made"
        despite = order.despite_privacy
        generate_files(model.path, folder, order.n, told, order.seed, narrowed, order.format, despite_privacy=despite)
        about = json.loads((folder / "synthetic.json").read_text())
        labels = about["labels"] or [model.classes[0] if len(model.classes) == 1 else ""] * order.n
        names, made = safe_names(model.classes), about["files"]
        files = [_arcname(file, label, names) for file, label in zip(made, labels, strict=True)]
        about |= {"files": files, "labels": labels if any(labels) else None}
        archive.writestr(CARD, _card(model, order, about, labels))
        archive.writestr("labels.csv", labels_csv(files, labels))
        archive.writestr("synthetic.json", json.dumps(about, indent=1))
        for source, file in zip(made, files, strict=True):
            archive.write(folder / source, file)
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------------------------
# Pictures of a model for the page Generate, each visibly marked.


@dataclass(frozen=True)
class Drawn:
    """A picture in its frame with the word SYNTHETIC, and its class, "" where the model names none."""

    tile: Tile
    label: str
    number: int

    @property
    def caption(self) -> str:
        """What stands below it."""
        return f"{self.label} · {self.number} · synthetic".removeprefix(" · ")


def draw_grid(model: Model, listed: Listed, order: Order) -> list[Drawn]:
    """The pictures of an order, numbered as `make_archive` names its files. ValueError as there, and for pictures that
    are neither grey nor RGB."""
    check_order(listed, order)
    if listed.shape[0] not in (1, 3):
        raise ValueError(f"{listed.name} draws {listed.shape[0]} channels; only 1 (grey) and 3 (RGB) can be shown")
    told = order.label if listed.conditional else None
    images = model.generate(order.n, told, seed=order.seed, truncation=truncation(listed.prior, order.variety))
    numbers = model.labels(told, order.n)
    only = listed.classes[0] if len(listed.classes) == 1 else ""
    labels = [only] * order.n if numbers is None else [listed.classes[int(k)] for k in numbers]
    drawn = []
    for number, (image, label) in enumerate(zip(shades(images.numpy(), listed.value_range), labels, strict=True)):
        picture = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
        drawn.append(
            Drawn(tile(picture, "synthetic", f"synthetic picture {number}: {label or listed.name}"), label, number)
        )
    return drawn
