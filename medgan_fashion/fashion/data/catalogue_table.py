"""A shop's catalogue table and its photos become a Catalogue; what cannot be used is named."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.catalogue_config import CatalogueConfig
from medgan_fashion.fashion.data.catalogue import Catalogue, in_hold_out
from medgan_fashion.fashion.data.catalogue_rows import Item, gather_items
from medgan_fashion.fashion.data.columns import Problem, summarise
from medgan_fashion.fashion.data.photos import read_photo
from medgan_fashion.fashion.data.tables import read_table
from medgan_fashion.imaging.read.picture import UnreadableError

_TELL_EVERY = 1000


def join_styles(names: Sequence[str], images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], list[list[int]]]:
    """Styles (N,) numbered by first appearance, where items of one picture are one style, whatever their names.

    An identical picture in training and in the hold-out would leak.

    Returns:
        style numbers, and the groups of rows with one picture under several style names.
    """
    parent = list(range(len(names)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    by_picture: dict[bytes, list[int]] = {}
    first_of: dict[str, int] = {}
    for i, name in enumerate(names):
        same = by_picture.setdefault(hashlib.sha256(images[i].tobytes()).digest(), [])
        same.append(i)
        for other in (same[0], first_of.setdefault(name, i)):
            low, high = sorted((root(i), root(other)))
            parent[high] = low
    roots = [root(i) for i in range(len(names))]
    number = {r: n for n, r in enumerate(dict.fromkeys(roots))}
    joined = [rows for rows in by_picture.values() if len({names[i] for i in rows}) > 1]
    return np.array([number[r] for r in roots], dtype=np.int64), joined


def hold_out(names: Sequence[str], style: NDArray[np.int64], share: float, seed: int) -> NDArray[np.bool_]:
    """bool (N,): whole styles, by the name of each style's first item."""
    first = {}
    for number, name in zip(style.tolist(), names, strict=True):
        first.setdefault(number, name)
    out = {number: in_hold_out(name, share, seed) for number, name in first.items()}
    return np.array([out[number] for number in style.tolist()], dtype=np.bool_)


def picture_path(table: Path, image: str, config: CatalogueConfig) -> Path:
    """Where a picture named in a table lies."""
    folder = table.parent / config.images if config.images else table.parent
    ends = not config.suffix or image.lower().endswith(config.suffix.lower())
    return folder / (image if ends else image + config.suffix)


def _lacks(item: Item) -> str:
    """What an item lacks, or ""."""
    if not item.image:
        return "no picture"
    return "" if item.category else "no category"


def read_pictures(
    items: Sequence[Item], table: Path, config: CatalogueConfig, tell: Callable[[str], object]
) -> tuple[list[Item], NDArray[np.uint8], list[Problem]]:
    """Items that can be used, their pictures (N, 3, S, S), and why the others cannot."""
    images = np.empty((len(items), 3, config.size, config.size), dtype=np.uint8)
    usable: list[Item] = []
    problems = []
    for done, item in enumerate(items, start=1):
        try:
            if reason := _lacks(item):
                raise UnreadableError(reason, "fill it in, or remove the row")
            images[len(usable)] = read_photo(picture_path(table, item.image, config), config.size)
            usable.append(item)
        except UnreadableError as error:
            problems.append(Problem(item.row, item.item, f"{error.reason} ({error.cure})"))
        if done % _TELL_EVERY == 0:
            tell(f"read {done} of {len(items)} pictures of {table.name}")
    return usable, images[: len(usable)], problems


def _refuse(table: Path, n_items: int, usable: int, unreadable: list[Problem], config: CatalogueConfig) -> None:
    """Stops where items cannot be used and may not be left out, or none can be used."""
    if usable and (config.skip_unreadable or not unreadable):
        return
    cure = "correct them" if config.skip_unreadable else "correct them or pass --set catalogue.skip_unreadable=true"
    raise ValueError(
        f"{len(unreadable)} of {n_items} items of {table.name} cannot be used: {summarise(unreadable, 3)}; {cure}"
    )


def _small_categories(items: Sequence[Item], least: int) -> tuple[NDArray[np.bool_], list[Problem]]:
    """Which items (N,) stay, and a line for every category that is too small."""
    counts = Counter(item.category for item in items)
    stays = np.array([counts[item.category] >= least for item in items], dtype=np.bool_)
    small = sorted(name for name, count in counts.items() if count < least)
    return stays, [Problem(0, "", f"category '{c}' has {counts[c]} items, fewer than {least}: left out") for c in small]


def _notes(catalogue: Catalogue, joined: list[list[int]], share: float) -> list[Problem]:
    """What is worth knowing of a catalogue that can be used."""
    notes = []
    for rows in joined:
        same = "', '".join(catalogue.items[i] for i in rows[1:4]) + ("', ..." if len(rows) > 4 else "'")
        reason = f"the same picture as '{same}: all of them are one style now, so that none leaks into the hold-out"
        notes.append(Problem(0, catalogue.items[rows[0]], reason, left_out=False))
    if len(catalogue.categories) == 1:
        reason = f"one category only ('{catalogue.categories[0]}'): nothing can be conditioned on it"
        notes.append(Problem(0, "", reason, left_out=False))
    if share and not catalogue.held_out.any():
        notes.append(Problem(0, "", f"no style fell into the hold-out of {share:g}: no cold items", left_out=False))
    return notes


def build_catalogue(
    items: Sequence[Item], images: NDArray[np.uint8], attributes: Sequence[str], config: CatalogueConfig
) -> tuple[Catalogue, tuple[Problem, ...]]:
    """The catalogue of items with their pictures (N, 3, S, S), and notes on it."""
    categories = tuple(sorted({item.category for item in items}))
    number = {name: i for i, name in enumerate(categories)}
    names = [item.style for item in items]
    style, joined = join_styles(names, images)
    catalogue = Catalogue(
        items=tuple(item.item for item in items),
        images=images,
        category=np.array([number[item.category] for item in items], dtype=np.int64),
        categories=categories,
        style=style,
        held_out=hold_out(names, style, config.hold_out, config.hold_out_seed),
        price=np.array([item.price for item in items], dtype=np.float64),
        stock=np.array([item.stock for item in items], dtype=np.float64),
        attributes={name: tuple(item.attributes[name] for item in items) for name in attributes},
    )
    return catalogue, tuple(_notes(catalogue, joined, config.hold_out))


def read_catalogue(
    table: Path, config: CatalogueConfig, tell: Callable[[str], object] = lambda line: None
) -> tuple[Catalogue, tuple[Problem, ...]]:
    """Reads a catalogue table (CSV or Parquet) with the pictures it names.

    Args:
        tell: gets a line now and then while pictures are read.

    Returns:
        the catalogue, in the table's order of items, and what was left out or is odd.

    Raises:
        ValueError: missing columns; items that cannot be used, unless config.skip_unreadable; none can be used.
    """
    items, attributes, problems = gather_items(read_table(table), table.name, config)
    nameless = [problem for problem in problems if not problem.item]
    n_items = len(items) + len(nameless)
    items, images, unreadable = read_pictures(items, table, config, tell)
    _refuse(table, n_items, len(items), [*nameless, *unreadable], config)
    stays, small = _small_categories(items, config.min_category)
    if not stays.any():
        raise ValueError(f"no category of {table.name} has {config.min_category} items: lower catalogue.min_category")
    if not stays.all():
        items, images = [item for item, stay in zip(items, stays, strict=True) if stay], images[stays]
    catalogue, notes = build_catalogue(items, images, attributes, config)
    return catalogue, (*problems, *unreadable, *small, *notes)
