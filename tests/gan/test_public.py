"""The promise under semantic versioning: what `medgan_fashion.gan` hands out, by name and parameter.

docs/in_and_out.md says what is promised.

A difference here is a decision. New names and new parameters with a default make a minor version, anything that goes or
changes its place a major one. After deciding: python -m tests.gan.test_public, and look at the diff of public.json.
"""

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

from medgan_fashion import gan

PINNED = Path(__file__).with_name("stored") / "public.json"


def _parameters(function: Any) -> str:
    """Names in order; a trailing = where there is a default, a leading * where only the name will do."""
    return ", ".join(
        ("*" if p.kind is p.KEYWORD_ONLY else "") + p.name + ("" if p.default is p.empty else "=")
        for p in inspect.signature(function).parameters.values()
        if p.name != "self"
    )


def _described(value: Any) -> Any:
    if isinstance(value, dict):
        return {"keys": sorted(value)}
    if dataclasses.is_dataclass(value):
        return {"fields": _parameters(value)}
    if not inspect.isclass(value):
        return {"parameters": _parameters(value)}
    own = {name: member for name, member in vars(value).items() if not name.startswith("_")}
    fields = ", ".join(getattr(value, "_fields", ()))
    methods = {name: _parameters(member) for name, member in own.items() if inspect.isfunction(member)}
    properties = sorted(name for name, member in own.items() if isinstance(member, property))
    return {"parameters": fields or _parameters(value), "methods": methods, "properties": properties}


def public() -> dict[str, Any]:
    """Every public name and what a caller may write with it."""
    return {name: _described(getattr(gan, name)) for name in sorted(gan.__all__)}


def test_the_names_are_those_promised() -> None:
    pinned = json.loads(PINNED.read_text())
    assert sorted(gan.__all__) == sorted(pinned)
    for name, now in public().items():
        if "keys" in now:  # tables grow, and lose nothing
            assert set(pinned[name]["keys"]) <= set(now["keys"]), name
        else:
            assert now == pinned[name], name


def test_every_name_has_a_home() -> None:
    assert len(set(gan.__all__)) == len(gan.__all__)
    for name in gan.__all__:
        assert getattr(gan, name).__class__.__name__ != "module", name
        home = getattr(getattr(gan, name), "__module__", "medgan_fashion.gan")
        assert home.startswith("medgan_fashion.gan"), name
    assert set(gan.__all__) == set(gan._MODULE_OF)


def test_every_function_says_what_it_does() -> None:
    for name in gan.__all__:
        value = getattr(gan, name)
        if not isinstance(value, dict):
            assert inspect.getdoc(value), name


if __name__ == "__main__":
    PINNED.write_text(json.dumps(public(), indent=1) + "\n")
