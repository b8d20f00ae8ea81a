"""The .npy layout of the DVBPR data sets (Kang et al. 2017; AmazonFashion, AmazonWomen, AmazonMen, Tradesy).

A file holds [user_train, user_validation, user_test, Item, usernum, itemnum]. The first three map a user's number to a
list of records with `productid`, an item's number; Item maps that to a record with `imgs`, a JPEG as bytes, and
perhaps `asin`, the shop's ID, and `c`, the category one-hot. Written by Python 2, so keys come as bytes.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.catalogue_config import CatalogueConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.catalogue_rows import Item
from medgan_fashion.fashion.data.catalogue_table import build_catalogue
from medgan_fashion.fashion.data.columns import Problem, summarise
from medgan_fashion.fashion.data.photos import decode_photo
from medgan_fashion.fashion.data.purchase_table import build_purchases
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.data.safe_arrays import read_objects
from medgan_fashion.imaging.read.picture import UnreadableError

_PARTS = ("user_train", "user_validation", "user_test")


def _get(record: Any, name: str) -> Any:
    """A record's value under a key that is text or bytes; None where absent."""
    return record.get(name.encode(), record.get(name)) if isinstance(record, dict) else None


def _numbered(value: Any, what: str, name: str) -> dict[int, Any]:
    """A mapping or a list as number -> value."""
    if isinstance(value, dict) and all(isinstance(key, int) for key in value):
        return value
    if isinstance(value, list):
        return dict(enumerate(value))
    raise ValueError(f"{name}: {what} is {type(value).__name__} instead of a mapping from numbers: no DVBPR file")


def _item(number: int, record: Any) -> Item:
    """An item of a file; its picture stays behind."""
    asin, onehot = _get(record, "asin"), _get(record, "c")
    text = asin.decode("latin1") if isinstance(asin, bytes) else str(asin or number)
    category = "all" if onehot is None else f"category {int(np.argmax(onehot))}"
    return Item(number + 1, text, "", category, text, float("nan"), float("nan"), {})


def _read_items(records: dict[int, Any], size: int) -> tuple[list[Item], list[int], NDArray[np.uint8], list[Problem]]:
    """Items, their numbers in the file, pictures (N, 3, S, S), and what cannot be used."""
    images = np.empty((len(records), 3, size, size), dtype=np.uint8)
    items, numbers, problems = [], [], []
    for number, record in sorted(records.items()):
        item, data = _item(number, record), _get(record, "imgs")
        try:
            if not isinstance(data, bytes) or not data:
                raise UnreadableError("no picture", "remove the row")
            images[len(items)] = decode_photo(io.BytesIO(data), size)
            items.append(item)
            numbers.append(number)
        except UnreadableError as error:
            problems.append(Problem(number + 1, item.item, error.reason))
    return items, numbers, images[: len(items)], problems


def _read_events(parts: list[dict[int, Any]], name: str) -> tuple[list[str], list[int], list[float]]:
    """User, item's number and part (0 train, 1 validation, 2 test) of every record."""
    users, products, places = [], [], []
    for place, part in enumerate(parts):
        for user, records in part.items():
            for record in records:
                product = _get(record, "productid")
                if not isinstance(product, int):
                    raise ValueError(f"{name}: a record of {_PARTS[place]} for user {user} has no number 'productid'")
                users.append(str(user))
                products.append(product)
                places.append(float(place))
    return users, products, places


def _checked(content: Any, name: str) -> tuple[list[dict[int, Any]], dict[int, Any]]:
    """The three parts of the purchases, and the items' records."""
    if not isinstance(content, list) or len(content) != 6:
        raise ValueError(f"{name} has another layout: a DVBPR file holds {', '.join(_PARTS)}, Item and two counts")
    parts = [_numbered(part, what, name) for part, what in zip(content[:3], _PARTS, strict=True)]
    return parts, _numbered(content[3], "Item", name)


def read_dvbpr(
    path: Path, config: CatalogueConfig | None = None, tell: Callable[[str], object] = lambda line: None
) -> tuple[Catalogue, Purchases]:
    """Reads a DVBPR file without running code that could be in it (`safe_arrays`).

    The file's own split is kept: training, validation and test purchases get the times 0, 1 and 2, so that
    `split_purchases` holds back what the authors held back, as far as config.hold_out leaves it warm.

    Raises:
        ValueError: another layout, a hostile or damaged file, pictures that cannot be read (unless
            config.skip_unreadable; then `tell` gets a line), no purchase left.
    """
    config = config or CatalogueConfig()
    parts, records = _checked(read_objects(path), path.name)
    items, numbers, images, problems = _read_items(records, config.size)
    if problems and not (items and config.skip_unreadable):
        raise ValueError(
            f"{len(problems)} of {len(records)} items of {path.name} cannot be used: {summarise(problems)}"
        )
    if problems:
        tell(f"{len(problems)} of {len(records)} items of {path.name} left out: {summarise(problems)}")
    catalogue, _ = build_catalogue(items, images, (), config)
    row = {number: i for i, number in enumerate(numbers)}
    events = [event for event in zip(*_read_events(parts, path.name), strict=True) if event[1] in row]
    if not events:
        raise ValueError(f"{path.name} holds no purchase of an item that can be used")
    users, products, times = zip(*events, strict=True)
    item = np.array([row[product] for product in products], dtype=np.int64)
    return catalogue, build_purchases(users, item, np.ones(len(item)), np.array(times))[0]
