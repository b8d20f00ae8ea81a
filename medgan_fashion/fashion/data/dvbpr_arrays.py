"""The .npy layout of the DVBPR data sets (Kang et al. 2017), read without running what is in them."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.config import CatalogueConfig
from medgan_fashion.fashion.data.catalogue import Catalogue, Item, build_catalogue
from medgan_fashion.fashion.data.photos import decode_photo
from medgan_fashion.fashion.data.purchases import Purchases, build_purchases
from medgan_fashion.fashion.data.tables import Problem, summarise
from medgan_fashion.imaging.read.picture import UnreadableError

# ---------------------------------------------------------------------------------------------------------------------
# Reads .npy files that hold Python objects without running what is in them.
#
# numpy.load(allow_pickle=True) runs any code that a file names. Here a name in the file can only mean one of a few
# stand-ins of our own, so the worst that a hostile file can do is to be refused or to waste memory.


_DTYPES = "biufSU"
_DAMAGED = (ValueError, EOFError, LookupError, TypeError, AttributeError, RecursionError, MemoryError)


class _Dtype:
    """Stands for numpy.dtype: a code such as "i8" and the byte order that pickle sets afterwards."""

    def __init__(self, code: Any, *_: Any) -> None:
        self.code = code.decode("ascii") if isinstance(code, bytes) else str(code)
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        self.order = order.decode("ascii") if isinstance(order, bytes) else str(order)

    def numpy(self) -> np.dtype:
        """The real one, of numbers or text only."""
        dtype = np.dtype(self.code)
        if dtype.kind not in _DTYPES:
            raise pickle.UnpicklingError(f"an array of {self.code}")
        return dtype if self.order == "|" else dtype.newbyteorder(self.order)  # pyright: ignore[reportArgumentType]


class _Array:
    """Stands for numpy.ndarray until pickle has handed over shape, type and content."""

    value: Any = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, content = state
        if isinstance(content, list):
            self.value = content
            return
        data = content.encode("latin1") if isinstance(content, str) else content
        array = np.frombuffer(data, dtype=dtype.numpy())
        self.value = array.reshape(shape, order="F" if fortran else "C")


def _array(*_: Any) -> _Array:
    return _Array()


def _scalar(dtype: Any, content: Any = b"") -> Any:
    data = content.encode("latin1") if isinstance(content, str) else content
    return np.frombuffer(data, dtype=dtype.numpy())[0].item()


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    """Stands for numpy's _frombuffer, by which newer versions write arrays in the newest protocol."""
    return np.frombuffer(data, dtype=dtype.numpy()).reshape(shape, order="F" if order == "F" else "C")


def _bytes(text: Any = "", encoding: Any = "latin1") -> bytes:
    """Stands for _codecs.encode, by which newer Pythons write bytes in the old protocol."""
    if encoding not in ("latin1", b"latin1"):
        raise pickle.UnpicklingError(f"text in {encoding}")
    return text.encode("latin1") if isinstance(text, str) else bytes(text)


def _dict(*_: Any) -> dict:
    """Stands for OrderedDict and for defaultdict, whose factory is not wanted."""
    return {}


class _Marker:
    """Stands for ndarray and the built-in types where they are only handed on, never called."""

    def __new__(cls, *_: Any) -> "_Marker":
        raise pickle.UnpicklingError("a type that is called")


_NUMPY = ("numpy.core", "numpy._core")
_KNOWN: dict[tuple[str, str], Any] = {
    **{(f"{module}.multiarray", "_reconstruct"): _array for module in _NUMPY},
    **{(f"{module}.multiarray", "scalar"): _scalar for module in _NUMPY},
    **{(f"{module}.numeric", "_frombuffer"): _from_buffer for module in _NUMPY},
    ("numpy", "ndarray"): _Marker,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _bytes,
    ("collections", "OrderedDict"): _dict,
    ("collections", "defaultdict"): _dict,
    **{(module, name): _Marker for module in ("__builtin__", "builtins") for name in ("list", "dict", "set", "int")},
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"'{module}.{name}'")
        return _KNOWN[module, name]


def _plain(value: Any) -> Any:
    """Stand-ins replaced by what they hold."""
    if isinstance(value, _Array):
        return _plain(value.value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def read_objects(path: Path) -> Any:
    """What a .npy file of Python objects holds: lists, dicts, bytes (Python 2's text, too), text, numbers, arrays.

    An array of objects becomes a flat list.

    Raises:
        ValueError: no such file, no .npy file of objects, a damaged one, or one that asks for anything else.
    """
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            first = np.lib.format.read_array_header_1_0
            header = first(file) if version == (1, 0) else np.lib.format.read_array_header_2_0(file)
            if header[2].kind != "O":
                raise ValueError("holds plain numbers")
            return _plain(_Reader(file, encoding="bytes").load())
    except OSError:
        raise ValueError(f"{path.name} cannot be opened: check the path") from None
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path.name} was refused, it asks for {error}: only arrays, dicts, lists, text and numbers are read, "
            "because anything else in such a file could run code"
        ) from None
    except _DAMAGED as error:
        raise ValueError(f"{path.name} is no .npy file of Python objects, or a damaged one ({error})") from None


# ---------------------------------------------------------------------------------------------------------------------
# The .npy layout of the DVBPR data sets (Kang et al. 2017; AmazonFashion, AmazonWomen, AmazonMen, Tradesy).
#
# A file holds [user_train, user_validation, user_test, Item, usernum, itemnum]. The first three map a user's number to
# a list of records with `productid`, an item's number; Item maps that to a record with `imgs`, a JPEG as bytes, and
# perhaps `asin`, the shop's ID, and `c`, the category one-hot. Written by Python 2, so keys come as bytes.


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
    """Reads a DVBPR file without running code that could be in it (see above).

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
