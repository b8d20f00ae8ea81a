"""From rows of a catalogue table to items: one main picture, category, style and attributes each."""

from collections.abc import Sequence
from dataclasses import dataclass

from medgan_fashion.fashion.catalogue_config import CATALOGUE_COLUMNS, CatalogueConfig
from medgan_fashion.fashion.data.columns import Problem, find_columns, not_negative, parse_numbers
from medgan_fashion.fashion.data.tables import IMAGE_SEPARATOR

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
