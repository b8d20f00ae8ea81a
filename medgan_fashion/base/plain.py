"""Frozen dataclasses to plain data and back, strictly: an unknown or ill-typed key is an error that names it.

A configuration outlives the version that wrote it. A field that comes later is declared with `added`: which value
stands for what was done before there was the field. Stored data without it are read as that value, and `to_key` leaves
the field out at that value, so that a new field alone moves no key and a changed default does.
"""

import dataclasses
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")
_MISSING = dataclasses.MISSING


def added(default: Any, *, absent: Any) -> Any:
    """A dataclass field that earlier versions did not have; at the value `absent` all is as it was without it."""
    return dataclasses.field(default=default, metadata={"absent": absent})


def to_plain(value: Any) -> Any:
    """Dataclasses, tuples and scalars as dicts, lists and scalars: what JSON and a checkpoint hold."""
    return _plain(value, whole=True)


def to_key(value: Any) -> Any:
    """As `to_plain`, without the fields that are at their `absent` value: what keys and comparisons are made of."""
    return _plain(value, whole=False)


def _plain(value: Any, whole: bool) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((f, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {f.name: _plain(v, whole) for f, v in fields if whole or f.metadata.get("absent", _MISSING) != v}
    if isinstance(value, (tuple, list)):
        return [_plain(v, whole) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v, whole) for k, v in value.items()}
    # NumPy's float64 and str_ are subclasses that a checkpoint cannot hold: hand over Python's own
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    if value is None:
        return None
    raise TypeError(f"{value!r} of type {type(value).__name__} is not plain data")


def from_plain(kind: type[T], data: dict[str, Any], where: str = "", *, stored: bool = False) -> T:
    """Rebuild the dataclass `kind` from `to_plain`'s dict; missing keys take their defaults, or in what an earlier
    version `stored` the value that stands for their absence.

    Raises ValueError naming the key for one that `kind` does not have, that is missing without a default, or whose
    value is of the wrong type. A `kind` with a class method `plain_type(data, where)` says by it which dataclass
    the data are of.
    """
    if plain_type := getattr(kind, "plain_type", None):
        kind = plain_type(data, where)
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # pyright: ignore[reportArgumentType]
    for key in data:
        if key not in fields:
            raise ValueError(f"unknown key '{where}{key}'; {kind.__name__} has {', '.join(sorted(fields))}")
    for name, field in fields.items():
        if name not in data and field.default is field.default_factory is _MISSING:
            raise ValueError(f"'{where}{name}' is missing; {kind.__name__} has no default for it")
    absent = {n: f.metadata["absent"] for n, f in fields.items() if stored and n not in data and "absent" in f.metadata}
    return kind(**absent, **{k: _value(hints[k], v, f"{where}{k}", stored) for k, v in data.items()})


def _value(hint: Any, value: Any, where: str, stored: bool) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _union(args, value, where, stored)
    if origin is typing.Literal:
        if value in args:
            return value
        raise ValueError(f"'{where}' is {value!r}; it must be one of {', '.join(map(str, args))}")
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if isinstance(value, dict):
            return from_plain(hint, value, f"{where}.", stored=stored)
        raise ValueError(f"'{where}' is {value!r}; it must be a mapping of {hint.__name__}'s keys")
    if origin is tuple and isinstance(value, (list, tuple)):
        if not (len(args) == 2 and args[1] is Ellipsis) and len(value) != len(args):
            raise ValueError(f"'{where}' is {list(value)}; it must hold {len(args)} values")
        kinds = [args[0]] * len(value) if len(args) == 2 and args[1] is Ellipsis else args
        return tuple(_value(k, v, f"{where}[{i}]", stored) for i, (k, v) in enumerate(zip(kinds, value, strict=True)))
    if origin is dict and isinstance(value, dict):
        return {k: _value(args[1], v, f"{where}.{k}", stored) for k, v in value.items()}
    return _scalar(hint, value, where)


def _union(args: tuple[Any, ...], value: Any, where: str, stored: bool) -> Any:
    if value is None and type(None) in args:
        return None
    kinds = [a for a in args if a is not type(None)]
    return _value(kinds[0], value, where, stored)


def _scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is Any:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    name = hint.__name__ if isinstance(hint, type) else str(hint)
    raise ValueError(f"'{where}' is {value!r} ({type(value).__name__}); it must be {name}")


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`changes` laid over `base`: mappings are merged, anything else (lists too) takes the other's place."""
    out = dict(base)
    for key, value in changes.items():
        nested = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merged(out[key], value) if nested else value
    return out


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """Lines `key: old -> new` for two plain values, so that an error can show what changed."""
    if isinstance(old, dict) and isinstance(new, dict):
        lines = []
        for key in sorted(set(old) | set(new)):
            lines += differences(old.get(key), new.get(key), f"{where}{key}.")
        return lines
    return [] if old == new else [f"{where.rstrip('.')}: {old!r} -> {new!r}"]
