"""Which figures of two runs differ, and by how much: before and after a change of code, on one machine or two.

python benchmarks/compare_runs.py BEFORE AFTER [--least 1e-9] [--all]

Compares results/summary.json of two run folders, of any chain. Rows of a table are matched by what they are about (arm,
name, fold, repeat, ...), not by their place. Times, dates, versions and hashes are left out unless --all. Prints a line
for each figure that differs by more than `least`, and for each that only one of them has.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

# what tells the rows of a table apart, in the order tried, as many as it takes
ABOUT = ("name", "arm", "model", "setting", "check", "standard", "number", "item", "class", "view", "eta", "category")
ABOUT += ("repeat", "fold", "row", "customer", "kind", "against", "metric", "generator", "real_fraction", "ratio")
FLEETING = ("created", "seconds", "versions", "sha256", "model_sha256", "models", "training_rows", "extractor", "about")


def _row_names(rows: list[dict[str, Any]]) -> list[str]:
    """A name for each row, of the fewest keys that tell them all apart; rows that none do are numbered."""
    names, told = [""] * len(rows), [key for key in ABOUT if all(key in row for row in rows)]
    for key in told:
        if len(set(names)) == len(rows):
            break
        longer = [f"{name}, {key}={row[key]}".strip(", ") for name, row in zip(names, rows, strict=True)]
        names = longer if len(set(longer)) > len(set(names)) or not any(names) else names
    return [f"{name} #{at}" if names.count(name) > 1 else name for at, name in enumerate(names, 1)]


def figures(value: Any, where: tuple[str, ...] = (), everything: bool = False) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of all that is neither a table nor a mapping; rows of dicts are named by what they are about."""
    if isinstance(value, dict):
        for key, item in value.items():
            if everything or key not in FLEETING:
                yield from figures(item, (*where, str(key)), everything)
    elif isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        for name, row in zip(_row_names(value), value, strict=True):
            yield from figures(row, (*where, f"[{name}]"), everything)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from figures(item, (*where, str(at)), everything)
    else:
        yield where, value


def is_number(value: Any) -> TypeGuard[float]:
    """A number, and not a truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def compare(before: dict[str, Any], after: dict[str, Any], least: float = 0.0, everything: bool = False) -> list[str]:
    """Lines for a person: what differs by more than `least`, and what only one of both has."""
    first, second = (dict(figures(one, everything=everything)) for one in (before, after))
    lines = []
    for path in [*first, *(path for path in second if path not in first)]:
        name, old, new = "/".join(path), first.get(path), second.get(path)
        if path not in second or path not in first:
            lines.append(f"{name}: only {'before' if path in first else 'after'}: {(old if path in first else new)!r}")
        elif is_number(old) and is_number(new):
            if abs(new - old) > least:
                lines.append(f"{name}: {old:.6g} -> {new:.6g} ({new - old:+.3g})")
        elif old != new:
            lines.append(f"{name}: {old!r} -> {new!r}")
    return lines


def _summary(run: Path) -> dict[str, Any]:
    path = run / "results" / "summary.json"
    if not path.is_file():
        raise SystemExit(f"{path} does not exist; give the folder of a finished run")
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--least", type=float, default=1e-9)
    parser.add_argument("--all", action="store_true")
    given = parser.parse_args()
    lines = compare(_summary(given.before), _summary(given.after), given.least, given.all)
    print("\n".join(lines) or "no figure differs")
    print(f"{len(lines)} differ")


if __name__ == "__main__":
    main()
