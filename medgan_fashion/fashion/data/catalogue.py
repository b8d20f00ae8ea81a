"""The catalogue: items with their main pictures, from a shop's table and photos; what cannot be used is named."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.base.groups import connected
from medgan_fashion.fashion.config import CATALOGUE_COLUMNS, CatalogueConfig
from medgan_fashion.fashion.data.photos import read_photo
from medgan_fashion.fashion.data.tables import (
    IMAGE_SEPARATOR,
    Problem,
    find_columns,
    not_negative,
    parse_numbers,
    read_table,
    summarise,
)
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.runs.engine.stage import Stored, store

# ---------------------------------------------------------------------------------------------------------------------
# The catalogue: items with their main pictures, categories, styles and what else is known of them.


_ARRAYS = ("images", "category", "style", "held_out", "price", "stock")


@dataclass(frozen=True)
class Catalogue:
    """N items in the order of their table; a row number stands for an item everywhere inside.

    Args:
        items: N item IDs, text as in the table (leading zeros survive).
        images: uint8 (N, 3, S, S) sRGB, the main picture of each item, padded to a square with its own ground.
        category: int64 (N,) into `categories`.
        categories: names, sorted.
        style: int64 (N,); colour variants and sizes of one garment share a number and are never split across sets.
        held_out: bool (N,); items (whole styles) that no training sees, neither of a recommender nor of a GAN or
            encoder: the cold items of the ranking, and the photos that inversion is judged on.
        price, stock: float64 (N,), NaN where unknown.
        attributes: name -> N values, "" where unknown.
    """

    items: tuple[str, ...]
    images: NDArray[np.uint8]
    category: NDArray[np.int64]
    categories: tuple[str, ...]
    style: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    price: NDArray[np.float64]
    stock: NDArray[np.float64]
    attributes: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.items)

    @property
    def size(self) -> int:
        """Side S of the pictures in pixels."""
        return self.images.shape[-1]

    def rows(self, items: list[str] | tuple[str, ...]) -> NDArray[np.int64]:
        """Row numbers (M,) of item IDs; ValueError names one that is not here."""
        where = {item: row for row, item in enumerate(self.items)}
        for item in items:
            if item not in where:
                raise ValueError(f"no item '{item}' in the catalogue: check the ID (leading zeros count)")
        return np.array([where[item] for item in items], dtype=np.int64)

    def take(self, rows: ArrayLike) -> "Catalogue":
        """The catalogue of those rows (numbers or a mask) alone, in that order."""
        chosen = np.arange(len(self))[np.asarray(rows)]
        arrays: dict[str, Any] = {name: getattr(self, name)[chosen] for name in _ARRAYS}
        attributes = {name: tuple(values[i] for i in chosen) for name, values in self.attributes.items()}
        return replace(self, items=tuple(self.items[i] for i in chosen), attributes=attributes, **arrays)

    def floats(self, rows: ArrayLike | None = None) -> NDArray[np.float32]:
        """Pictures float32 (M, 3, S, S) in [0, 1], of those rows."""
        images = self.images if rows is None else self.images[np.asarray(rows)]
        return images.astype(np.float32) / np.float32(255)

    def content_hash(self) -> str:
        """Hash of everything that a training can depend on: pixels, categories, styles, hold-out, IDs. Prices and stock
        are none of it (see the shelf below)."""
        digest = hashlib.sha256(json.dumps([self.items, self.categories, self.attributes], sort_keys=True).encode())
        for name in ("images", "category", "style", "held_out"):
            digest.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return digest.hexdigest()[:20]


def in_hold_out(style: str, share: float, seed: int) -> bool:
    """Whether a style is held out: a function of its name alone, so that new items move no old one across."""
    digest = hashlib.sha256(f"{seed}|{style}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def save_catalogue(catalogue: Catalogue, folder: Path) -> None:
    """Writes arrays (.npy) and catalogue.json into an existing folder."""
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(catalogue, name))
    plain = {"items": catalogue.items, "categories": catalogue.categories, "attributes": catalogue.attributes}
    (folder / "catalogue.json").write_text(json.dumps(plain))


def load_catalogue(folder: Path) -> Catalogue:
    """Reads what `save_catalogue` wrote; the pictures stay on disk until they are looked at."""
    plain = json.loads((folder / "catalogue.json").read_text())
    arrays: dict[str, Any] = {name: np.load(folder / f"{name}.npy") for name in _ARRAYS if name != "images"}
    return Catalogue(
        items=tuple(plain["items"]),
        categories=tuple(plain["categories"]),
        attributes={name: tuple(values) for name, values in plain["attributes"].items()},
        images=np.load(folder / "images.npy", mmap_mode="r"),
        **arrays,
    )


# ---------------------------------------------------------------------------------------------------------------------
# From rows of a catalogue table to items: one main picture, category, style and attributes each.


_TRUE = ("1", "true", "yes", "main")


@dataclass(frozen=True)
class Item:
    """An item as its table says.

    Args:
        row: number of the row that holds its main picture, from 1.
        image: path of the main picture as written.
        style: name of its style, the item's own ID where it has none.
    """

    row: int
    item: str
    image: str
    category: str
    style: str
    price: float
    stock: float
    attributes: dict[str, str]


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def attribute_columns(
    table: dict[str, list[str]], used: Sequence[str], wanted: Sequence[str] | None, name: str
) -> tuple[str, ...]:
    """Names of the columns kept as attributes: those wanted, else every unused one that is not all numbers.

    Raises:
        ValueError: a wanted column is missing.
    """
    if wanted is None:
        return tuple(
            c for c, values in table.items() if c not in used and not all(map(_is_number, filter(None, values)))
        )
    if missing := [column for column in wanted if column not in table]:
        raise ValueError(
            f"{name} has no column '{missing[0]}', it has {', '.join(table)}: correct catalogue.attributes"
        )
    return tuple(wanted)


def _main_rows(
    items: Sequence[str], images: Sequence[str], marks: Sequence[str] | None
) -> tuple[dict[str, int], list[Problem]]:
    """Item -> index of the row with its main picture: the first row marked as main, else the first."""
    chosen: dict[str, int] = {}
    marked: set[str] = set()
    pictures: dict[tuple[str, str], int] = {}
    problems = []
    for i, item in enumerate(items):
        if not item:
            problems.append(Problem(i + 1, "", "no item ID"))
            continue
        first = pictures.setdefault((item, images[i]), i)
        if first != i:
            problems.append(Problem(i + 1, item, f"same item and picture as row {first + 1}"))
        is_main = marks is not None and marks[i].lower() in _TRUE
        if item not in chosen or (is_main and item not in marked):
            chosen[item] = i
        if is_main:
            marked.add(item)
    return chosen, problems


def _disagreements(items: Sequence[str], values: Sequence[str], chosen: dict[str, int], what: str) -> list[Problem]:
    """Rows that say something else of an item than its main row does."""
    found = []
    for i, item in enumerate(items):
        main = chosen.get(item, i)
        if values[i] and values[i] != values[main]:
            reason = f"{what} '{values[i]}' here and '{values[main]}' in row {main + 1}, which holds the main picture"
            found.append(Problem(i + 1, item, f"{reason} and counts", left_out=False))
    return found


def gather_items(
    table: dict[str, list[str]], name: str, config: CatalogueConfig
) -> tuple[list[Item], tuple[str, ...], list[Problem]]:
    """Items in order of first appearance, names of their attributes, and what is odd about rows.

    Raises:
        ValueError: a column is missing.
    """
    needed = ("item", "image", "category")
    found = find_columns(list(table), CATALOGUE_COLUMNS, needed, config.columns, name, "catalogue")
    items, images, categories = (table[found[role]] for role in needed)
    blank = [""] * len(items)
    styles = table[found["style"]] if "style" in found else blank
    chosen, problems = _main_rows(items, images, table[found["main"]] if "main" in found else None)
    problems += _disagreements(items, categories, chosen, "category") + _disagreements(items, styles, chosen, "style")
    (prices, wrong_prices), (stocks, wrong_stocks) = (
        parse_numbers(table[found[role]] if role in found else blank, items, role, not_negative)
        for role in ("price", "stock")
    )
    problems += wrong_prices + wrong_stocks
    names = attribute_columns(table, tuple(found.values()), config.attributes, name)

    def entry(item: str, i: int) -> Item:
        image = images[i].split(IMAGE_SEPARATOR)[0].strip()
        attributes = {column: table[column][i] for column in names}
        return Item(i + 1, item, image, categories[i], styles[i] or item, prices[i], stocks[i], attributes)

    return [entry(item, i) for item, i in chosen.items()], names, problems


# ---------------------------------------------------------------------------------------------------------------------
# A shop's catalogue table and its photos become a Catalogue; what cannot be used is named.


_TELL_EVERY = 1000


def join_styles(names: Sequence[str], images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], list[list[int]]]:
    """Styles (N,) numbered by first appearance, where items of one picture are one style, whatever their names.

    An identical picture in training and in the hold-out would leak.

    Returns:
        style numbers, and the groups of rows with one picture under several style names.
    """
    by_picture: dict[bytes, list[int]] = {}
    first_of: dict[str, int] = {}
    for i, image in enumerate(images):
        by_picture.setdefault(hashlib.sha256(image.tobytes()).digest(), []).append(i)
    links = [(rows[0], i) for rows in by_picture.values() for i in rows]
    links += [(first_of.setdefault(name, i), i) for i, name in enumerate(names)]
    joined = [rows for rows in by_picture.values() if len({names[i] for i in rows}) > 1]
    return connected(links, len(names)), joined


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


# ---------------------------------------------------------------------------------------------------------------------
# What changes daily in a shop, price and stock: kept apart, so that nothing is trained again for it.


_SHELF_ARRAYS = ("price", "stock")


def store_shelf(run: Path, catalogue: Catalogue) -> Stored:
    """Prices and stock under the hash of their content."""
    digest = hashlib.sha256()
    for name in _SHELF_ARRAYS:
        digest.update(np.ascontiguousarray(getattr(catalogue, name)).tobytes())

    def fill(folder: Path) -> None:
        for name in _SHELF_ARRAYS:
            np.save(folder / f"{name}.npy", getattr(catalogue, name))

    return store(run, "shelf", digest.hexdigest()[:20], fill)


def on_shelf(catalogue: Catalogue, folder: Path) -> Catalogue:
    """The catalogue with the prices and stock of that folder."""
    price, stock = (np.load(folder / f"{name}.npy") for name in _SHELF_ARRAYS)
    return replace(catalogue, price=price, stock=stock)
