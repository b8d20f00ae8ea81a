"""Cards of public data sets: what they are, their licence and address, and whether a copy is whole."""

import hashlib
from dataclasses import dataclass, fields
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from medgan_fashion.imaging.cases.found import is_picture
from medgan_fashion.imaging.discover.folders import is_mask_name


@dataclass(frozen=True)
class DatasetCard:
    """What is known of a public data set.

    Args:
        address: where its owners publish it.
        layout: how its files lie in the folder.
        groups: what is known of patients.
        make_cases: options of make-cases that turn it into a case table.
        checksums: name of the list of checksums in the folder (lines `sha256  name`).
        counts: pictures per folder, checked where the list is absent.
        download: address of an archive that may be fetched by a program, "" where there is none.
        sha256: checksum of that archive.
    """

    name: str
    what: str
    licence: str
    citation: str
    address: str
    layout: str
    value_range: str
    groups: str
    quirks: tuple[str, ...]
    make_cases: str
    checksums: str
    counts: dict[str, int]
    download: str = ""
    sha256: str = ""


def _cards_folder() -> Traversable:
    """The cards inside an installed package, else those of the repository."""
    inside = resources.files("medgan_fashion") / "data" / "datasets"
    return inside if inside.is_dir() else Path(__file__).resolve().parents[3] / "datasets"


def parse_card(text: str, name: str) -> DatasetCard:
    """A card from YAML text.

    Raises:
        ValueError: not YAML, or keys that are unknown or missing.
    """
    from ruamel.yaml import YAML, YAMLError

    try:
        raw: Any = YAML(typ="safe").load(text)
    except YAMLError:
        raise ValueError(f"the card {name} is no YAML: correct it") from None
    known = {field.name for field in fields(DatasetCard)}
    needed = known - {"download", "sha256"}
    if not isinstance(raw, dict) or not needed <= set(raw) <= known:
        wrong = ", ".join(sorted(needed ^ (set(raw) - {"download", "sha256"}))) if isinstance(raw, dict) else "all"
        raise ValueError(f"the card {name} has missing or unknown keys: correct {wrong}")
    return DatasetCard(**{**raw, "quirks": tuple(raw["quirks"]), "counts": dict(raw["counts"])})


def list_datasets() -> tuple[DatasetCard, ...]:
    """All cards that come with the package, by name."""
    files = [f for f in _cards_folder().iterdir() if f.name.endswith(".yaml")]
    return tuple(parse_card(f.read_text(encoding="utf-8"), f.name) for f in sorted(files, key=lambda f: f.name))


def dataset_card(name: str) -> DatasetCard:
    """The card of one data set.

    Raises:
        ValueError: no card has this name.
    """
    cards = {card.name: card for card in list_datasets()}
    if name not in cards:
        raise ValueError(f"no data set is called {name!r}: use one of {', '.join(cards)}")
    return cards[name]


def _check_sums(listing: Path, folder: Path) -> int:
    lines = [line.split(maxsplit=1) for line in listing.read_text(encoding="utf-8").splitlines() if line.strip()]
    for digest, name in lines:
        path = folder / name.lstrip("*").strip()
        if not path.is_file():
            raise ValueError(f"{folder.name} lacks {path.relative_to(folder)}: fetch the data set again")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest.lower():
                raise ValueError(f"{path.relative_to(folder)} of {folder.name} has changed: fetch it again")
    return len(lines)


def _check_counts(card: DatasetCard, folder: Path) -> int:
    for name, count in card.counts.items():
        files = [p for p in (folder / name).rglob("*") if p.is_file() and not is_mask_name(p) and is_picture(p)]
        if len(files) != count:
            raise ValueError(f"{folder.name}/{name} holds {len(files)} pictures instead of {count}: fetch it again")
    return sum(card.counts.values())


def verify_dataset(name: str, folder: Path) -> int:
    """Checks a copy of a data set against its list of checksums, or by its counts where the list is absent.

    Returns:
        Number of files checked.

    Raises:
        ValueError: unknown name, no such folder, or a missing or changed file.
    """
    card = dataset_card(name)
    if not folder.is_dir():
        raise ValueError(f"{folder.name} is no folder: give the folder that holds {name}")
    listing = folder / card.checksums
    return _check_sums(listing, folder) if listing.is_file() else _check_counts(card, folder)


def fetch_dataset(name: str, folder: Path) -> Path:
    """Downloads the archive of a data set whose card names one with its checksum.

    Returns:
        The archive's path in the folder.

    Raises:
        ValueError: the card names no archive; says address, licence and layout.
    """
    card = dataset_card(name)
    if not (card.download and card.sha256):
        raise ValueError(
            f"{name} is not downloaded by this program: get it from {card.address} "
            f"(licence: {card.licence}), lay it out as {card.layout}, and verify the folder"
        )
    import pooch

    file = card.download.rsplit("/", 1)[-1]
    return Path(pooch.retrieve(card.download, known_hash=f"sha256:{card.sha256}", fname=file, path=folder))
