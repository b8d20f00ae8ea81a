"""Reads .npy files that hold Python objects without running what is in them.

numpy.load(allow_pickle=True) runs any code that a file names. Here a name in the file can only mean one of a few
stand-ins of our own, so the worst that a hostile file can do is to be refused or to waste memory.
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

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
