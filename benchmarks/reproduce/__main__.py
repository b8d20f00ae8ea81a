"""The table of published figures and ours; resumable, finished runs are kept.

python -m benchmarks.reproduce [--row NAME ...] [--seed N ...] [--quick] [--data DIR] [--out runs/reproduced]
python -m benchmarks.reproduce --write docs/reproduced.md     # runs what is missing, then writes the page
python -m benchmarks.reproduce --only-write docs/reproduced.md     # writes the page of what is finished
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.reproduce import adversarial, codes, digits, large_scale, objectives, semi, steadying, translation
from benchmarks.reproduce.page import write_page
from benchmarks.reproduce.row import Row
from benchmarks.reproduce.running import HERE, Plan, run_rows


def all_rows() -> dict[str, Row]:
    """Every module's rows, in the page's order."""
    found: dict[str, Row] = {}
    for module in MODULES:
        found |= module.ROWS
    return found


def chosen(names: list[str], seeds: list[int] | None = None) -> list[Row]:
    """The rows of these names, all without any, with none but these seeds; ValueError lists the names."""
    rows = all_rows()
    unknown = [name for name in names if name not in rows]
    if unknown:
        raise ValueError(f"unknown row '{unknown[0]}'; choose from {', '.join(rows)}")
    found = [rows[name] for name in names] if names else list(rows.values())
    if seeds is None:
        return found
    found = [replace(row, seeds=tuple(seed for seed in row.seeds if seed in seeds)) for row in found]
    return [row for row in found if row.seeds]


def main() -> int:
    """Runs the rows, then writes the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--row", nargs="+", default=[], help="names; all without")
    parser.add_argument("--seed", nargs="+", type=int, help="of the rows' seeds, only these")
    parser.add_argument("--quick", action="store_true", help="tiny budgets, one seed: only to see that it works")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, help="runs/reproduced, or runs/reproduced-quick")
    parser.add_argument("--write", type=Path, help="the page, after running")
    parser.add_argument("--only-write", type=Path, help="the page, without running")
    args = parser.parse_args()
    out = args.out or Path("runs/reproduced-quick" if args.quick else "runs/reproduced")
    plan = Plan(out, args.data, args.quick, None if args.quick else HERE / "found")
    try:
        rows = chosen(args.row, args.seed)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    well = args.only_write is not None or run_rows(plan, rows)
    page = args.only_write or args.write
    if page is not None:
        write_page(page, list(all_rows().values()), plan)
    return 0 if well else 1


MODULES = (codes, digits, semi, objectives, large_scale, translation, steadying, adversarial)

if __name__ == "__main__":
    sys.exit(main())
