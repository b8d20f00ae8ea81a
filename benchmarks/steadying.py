"""Objectives and stabilisers one at a time against one baseline at 32x32: the budget first, then the table.

python -m benchmarks.steadying [--data ../shared/data] [--out runs/reproduced/steadying/0] [--write PAGE.md]

Every (variant, seed) leaves a JSON and a picture in --out and is not trained again, so a stopped run goes on. Seeds
are the outer loop: what is there at any moment is balanced over the variants. --write also replaces what stands
between the two marks of the page, and its picture.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from benchmarks.reproduce.steadying import IMAGES_SEEN, SEEDS, VARIANTS, Found, compare, run_all, variant_recipe
from benchmarks.reproduce.steadying_runs import FAKES, grid_of, images_per_second, read_garments, yardstick

MARKS = ("<!-- table -->\n", "<!-- end of table -->\n")


def budget(data: Path, seeds: tuple[int, ...], images_seen: int) -> str:
    """What the whole comparison costs, from each variant's own images per second on one core."""
    garments = read_garments(data)
    images_per_second(variant_recipe("baseline", images_seen), garments)  # the first use of a process is slow
    rates = {name: images_per_second(variant_recipe(name, images_seen), garments) for name in VARIANTS}
    minutes = sum(images_seen / rate for rate in rates.values()) * len(seeds) / 60
    slow, fast = (pick(rates, key=lambda name: rates[name]) for pick in (min, max))
    return (
        f"budget: {len(VARIANTS)} variants x {len(seeds)} seeds x {images_seen:,} images seen; one core does "
        f"{rates['baseline']:.0f} images/s of the baseline, {rates[slow]:.0f} of '{slow}', {rates[fast]:.0f} of "
        f"'{fast}': about {minutes:.0f} core-minutes of training in all"
    )


def _range(values: list[float | None], digits: int) -> str:
    known = [v for v in values if v is not None]
    if not known:
        return "none kept" if values else "not run yet"
    return f"{np.mean(known):,.{digits}f} ({min(known):,.{digits}f} to {max(known):,.{digits}f})"


def _difference(row: tuple[float, float, float, float, bool], digits: int) -> str:
    mean, low, high, _, stands = row
    if mean != mean:
        return ""
    if low != low:
        return f"{mean:+,.{digits}f}"
    mark = " **" if stands else " *" if low > 0 or high < 0 else ""
    return f"{mean:+,.{digits}f} [{low:+,.{digits}f}, {high:+,.{digits}f}]{mark}"


def line(name: str, found: list[Found], kid: dict, coverage: dict) -> str:
    """One variant's row of the table."""
    rows = [row for row in found if row["variant"] == name]
    cells = [
        name,
        _range([row["kid"] for row in rows], 0),
        _difference(kid[name], 0) if name in kid else "",
        _range([row["coverage"] for row in rows], 3),
        _difference(coverage[name], 3) if name in coverage else "",
        f"{np.mean([row['cpu_minutes'] for row in rows]):.2f}" if rows else "",
        f"{sum(row['collapsed'] for row in rows)} of {len(rows)}",
        f"{sum(bool(row['alarm']) for row in rows)}",
    ]
    return f"| {' | '.join(cells)} |"


def table(found: list[Found]) -> str:
    """The markdown table, the best mean KID first; the baseline's row in its place."""
    kid, coverage = compare(found, "kid"), compare(found, "coverage")
    head = [
        "variant",
        "KID x 1000",
        "minus baseline",
        "coverage",
        "minus baseline",
        "core-minutes",
        "collapses",
        "alarms",
    ]
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + [line(name, found, kid, coverage) for name in by_quality(found)])


def standing(found: list[Found], figure: str) -> str:
    """Which variants differ from the baseline by one figure: in all, and when every comparison is counted."""
    rows = compare(found, figure)
    alone = [f"{n} ({'above' if row[0] > 0 else 'below'})" for n, row in rows.items() if row[1] > 0 or row[2] < 0]
    holm = [name for name, row in rows.items() if row[4]]
    return (
        f"By {figure}, interval without 0: {', '.join(alone) or 'none'}; "
        f"standing by Holm's rule over {len(rows)}: {', '.join(holm) or 'none'}."
    )


def report(data: Path, found: list[Found], images_seen: int) -> str:
    """The reals' own figures, the table, what differs, and every alarm."""
    ruler = yardstick(data)
    alarms = [f"- {row['variant']}, seed {row['seed']}: {row['alarm']}" for row in found if row["alarm"]]
    seeds = sorted({row["seed"] for row in found})
    words = [
        f"{images_seen:,} images seen, {len(seeds)} seeds. {FAKES:,} other reals score KID x 1000 {ruler.kid:.1f} and "
        f"coverage {ruler.coverage:.3f} (encoder `{ruler.encoder.name}`).",
        table(found),
        f"{standing(found, 'kid')}\n\n{standing(found, 'coverage')}",
    ]
    return "\n\n".join(words + (["Alarms:", "\n".join(alarms)] if alarms else [])) + "\n"


def by_quality(found: list[Found]) -> list[str]:
    """Names of the variants, the lowest mean KID first; those of which nothing was kept last."""

    def quality(name: str) -> float:
        known = [row["kid"] for row in found if row["variant"] == name and row["kid"] is not None]
        return float(np.mean(known)) if known else np.inf

    return sorted(VARIANTS, key=quality)


def picture(found: list[Found], folder: Path, page: Path) -> str:
    """Grids of the best variant, the baseline and the worst at the first seed, one above the other, into pictures/
    beside the page; the line that shows them."""
    seed = min(row["seed"] for row in found)
    order = [name for name in by_quality(found) if grid_of(folder, name, seed).exists()]
    names = list(dict.fromkeys([order[0], "baseline", order[-1]]))
    sheets = [np.asarray(Image.open(grid_of(folder, name, seed))) for name in names]
    gap = np.full((8, sheets[0].shape[1]), 255, dtype=np.uint8)
    stacked = np.concatenate([part for sheet in sheets for part in (sheet, gap)][:-1])
    path, info = page.parent / "pictures" / "steadying.png", PngInfo()
    info.add_text("SyntheticData", "YES")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(stacked).save(path, pnginfo=info)
    return f"![{'; '.join(names)}](pictures/{path.name})\n\nFrom above, seed {seed}: {'; '.join(names)}.\n"


def rewrite(page: Path, text: str) -> None:
    """Puts the text between the page's marks; ValueError where they are missing."""
    parts = page.read_text(encoding="utf-8")
    if any(parts.count(mark) != 1 for mark in MARKS):
        raise ValueError(f"{page} needs the lines '{MARKS[0].strip()}' and '{MARKS[1].strip()}' once each")
    before, after = parts.split(MARKS[0])[0], parts.split(MARKS[1])[1]
    page.write_text(f"{before}{MARKS[0]}{text}{MARKS[1]}{after}", encoding="utf-8")


def main() -> None:
    """Prints the budget, runs what is missing, prints the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/reproduced/steadying/0"))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--images-seen", type=int, default=IMAGES_SEEN)
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    seeds = tuple(args.seeds)
    print(budget(args.data, seeds, args.images_seen), flush=True)
    found = run_all(args.data, args.out, seeds, args.images_seen)
    text = report(args.data, found, args.images_seen)
    print(f"\n{text}")
    if args.write:
        rewrite(args.write, f"{text}\n{picture(found, args.out, args.write)}")


if __name__ == "__main__":
    main()
