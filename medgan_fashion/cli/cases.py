"""Commands on cases: cases, preview, and public data sets (list, verify, fetch)."""

from pathlib import Path
from typing import Literal

# ---------------------------------------------------------------------------------------------------------------------
# Commands that make and look at case tables: cases, preview.


def cases(
    folder: Path,
    out: Path = Path("cases.csv"),
    classes: str | None = None,
    boxes: Literal["none", "yolo"] = "none",
    masks: Path | None = None,
    pattern: str | None = None,
    labels: Path | None = None,
    level: Literal["lesion", "film"] = "lesion",
    films: Literal["presentation", "processing"] | None = None,
    modality: str = "MG",
    uid_column: str | None = None,
    z_column: str | None = None,
    label_column: str | None = None,
    polygon_columns: tuple[str, str] | None = None,
    lesion_column: str | None = None,
    outlines: Path | None = None,
    outline_classes: str | None = None,
    readers: Literal["each", "union", "majority", "intersection", "first"] = "each",
    instance_column: str | None = None,
    reader_column: str | None = None,
) -> None:
    """Write a case table from a folder of pictures or DICOM files, and list what was left over.

    Args:
        folder: one sub-folder for each class, or DICOM files.
        out: the case table to write.
        classes: comma list of the classes to keep; others are left out and named.
        boxes: yolo = NAME.txt beside NAME.jpg with `label x y width height` as fractions.
        masks: folder of masks CLASS/NAME_mask*.png; several per picture become several lesions.
        pattern: regular expression on the relative path with groups patient, lesion, slice, label, view, laterality.
        labels: Info.txt of mini-MIAS, a CBIS-DDSM case table, or your own table (CSV, XLSX; see docs/tables.md).
        level: film = one row per whole film, averaged over each breast.
        films: kind of mammograms to take, and no other DICOM file; default: presentation, where there are mammograms.
        modality: comma list of the Modality tags that mammograms have; where tags are wrong for example MG,RG.
        uid_column: your table's column with UIDs, Accession Numbers or file names; default: found by its contents.
        z_column: its column with the slice position in mm; default: found by its contents, where it is needed.
        label_column: its column with the label (mini-MIAS: severity, finding or abnormality).
        polygon_columns: its two columns with the outline's x and y as lists; default: found by their contents.
        lesion_column: its column that names the lesion.
        outlines: file or folder of DICOM SEG, RTSTRUCT or NIfTI outlines; they become masks beside the table.
        outline_classes: NAME=CLASS,NAME=CLASS for the outlines' names; default: the names are the classes.
        readers: outlines that overlap: each stays a lesion of its own, or several readers' become one by this rule.
        instance_column: its column with the Instance Number of the slice, in place of z_column.
        reader_column: its column that names who drew the outline.
    """
    given = dict(locals())  # these flags are make_cases's own arguments
    from medgan_fashion.imaging.discover.make_cases import make_cases

    print("\n".join([*make_cases(**given).lines(), str(out)]))


def preview(
    table: Path,
    out: Path = Path("preview.png"),
    n: int = 48,
    margin: float = 0.25,
    size: tuple[int, int] = (64, 64),
    mammogram: Literal["no", "lesion", "whole"] = "no",
) -> None:
    """Draw the crops of a case table with their labels and row numbers, to look at before any training.

    Args:
        table: a case table.
        out: the PNG to write.
        n: how many crops.
        margin: share of the box's longer side added on each side.
        size: height and width of a crop in pixels.
        mammogram: read pictures as mammograms, chest wall left: patches around lesions, or whole films.
    """
    from medgan_fashion.imaging.cases.config import ImageConfig, mammogram_image
    from medgan_fashion.imaging.prepare.preview import preview as draw

    plain = ImageConfig(size=size, margin=margin)
    draw(table, out, n, plain if mammogram == "no" else mammogram_image(mammogram, size, margin))
    print(out)


# ---------------------------------------------------------------------------------------------------------------------
# Commands on public data sets: list, verify, fetch.


def list_datasets() -> None:
    """List the public data sets there are cards for."""
    from medgan_fashion.imaging.discover import dataset_cards

    for card in dataset_cards.list_datasets():
        print(f"{card.name:24} {card.what}\n{'':24} {card.licence}")


def verify(name: str, folder: Path) -> None:
    """Check a data set on disk against its card.

    Args:
        name: a name from `datasets list`.
        folder: where it lies.
    """
    from medgan_fashion.imaging.discover import dataset_cards

    print(f"{dataset_cards.verify_dataset(name, folder)} files in {folder} agree with the card {name}")


def fetch(name: str, folder: Path) -> None:
    """Download a data set whose card has an address and a checksum; otherwise say where it is to be had.

    Args:
        name: a name from `datasets list`.
        folder: where to put it.
    """
    from medgan_fashion.imaging.discover import dataset_cards

    print(dataset_cards.fetch_dataset(name, folder))
