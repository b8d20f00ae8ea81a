"""The page: each row's source, reported figure and ours, with seeds, minutes, command and picture."""

import re
import shutil
from pathlib import Path
from typing import Any

from benchmarks.reproduce.row import Row
from benchmarks.reproduce.running import Plan, keep_results, results_of

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
PICTURES = {"grid": "", "curve": "_curve"}  # file in a run's folder -> what its name on the page adds to the row's
HEAD = """# Published figures and ours

Written by `make reproduce` (`python -m benchmarks.reproduce --write docs/reproduced.md`): do not edit it by hand.

* **Ours** stands beside the reported figure only where both are of the same data set and measure. Where a paper's data
  cannot be had here (CIFAR-10, CelebA, ImageNet, LSUN, Cityscapes), or the measure is another, our figure stands in the
  last column, **ours on other data**: it says that the system works here, and nothing about the paper's figure.
* MNIST is the same set, cut otherwise: the 60,000 training digits are here, and not the 10,000 test digits; the first
  50,000 are trained on, the last 10,000 held out. Figures reported on the official test digits are therefore of other
  digits, and of 10,000 more to train on.
* Of Fashion-MNIST 8,000 pictures are here: 7,000 are trained on, 1,000 held out.
* With several seeds, figures are means; the first is followed by its lowest and highest. A seed fixes weights, draws
  and labels.
* Rows on garments see 150,000 images (BigGAN's parts 100,000) in batches of 16, at slim widths and their own rates, one
  seed: they show that a row works and about how far it gets in minutes, not which row is the better one.
* Budgets are those of two processor cores: minutes are of one core for one seed. A figure that falls short is stated
  as it is.
* KID is in thousandths. It, FID, precision, recall and coverage are distances in the features of a small classifier
  of the real pictures, not of Inception: they can be compared within this page alone.
"""


def together(texts: list[str]) -> str:
    """Texts of the same form as one with the means of their numbers, the first one's range behind it."""
    if len(texts) == 1:
        return texts[0]
    if len({NUMBER.sub("#", text) for text in texts}) > 1:
        return "; ".join(texts)
    columns = list(zip(*(NUMBER.findall(text) for text in texts), strict=True))
    means = [_mean(column, ranged=i == 0) for i, column in enumerate(columns)]
    return NUMBER.sub(lambda _: means.pop(0), texts[0])


def _mean(column: tuple[str, ...], ranged: bool) -> str:
    """The mean with the decimals that the numbers have; a number that never differs as it stands."""
    if len(set(column)) == 1:
        return column[0]
    values, decimals = [float(text) for text in column], len(column[0].partition(".")[2])
    mean = f"{sum(values) / len(values):.{decimals}f}"
    return f"{mean} ({min(values):.{decimals}f} to {max(values):.{decimals}f})" if ranged else mean


def cells(row: Row, results: dict[int, dict[str, Any]]) -> list[str]:
    """The table's cells of a row: ours beside the reported figure if it is of the same data, else in the last."""
    ours = together([result["text"] for result in results.values()]) if results else "not run yet"
    reported = f"{row.reported} ({row.reported_on})" if row.reported else "none"
    minutes = [result["minutes"] for result in results.values()]
    about = f"{len(results)} of {len(row.seeds)}"
    spent = f"{sum(minutes) / len(minutes):.1f}" if minutes else ""
    beside, other = (ours, "") if row.same_data else ("", ours)
    return [row.name, row.system, row.source, row.measure, reported, beside, other, about, spent]


def table(rows: list[Row], plan: Plan) -> str:
    """The table in markdown."""
    names = ["row", "system", "source", "measured", "reported", "ours", "ours on other data", "seeds", "minutes"]
    lines = [names, ["---"] * len(names), *(cells(row, results_of(plan, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def section(row: Row, results: dict[int, dict[str, Any]], pictures: list[str]) -> str:
    """What there is to say of a row below the table: data, command, date, remarks, pictures."""
    lines = [
        f"### {row.name}",
        "",
        f"Recipe `{row.recipe}` on {row.data}. `python -m benchmarks.reproduce --row {row.name}`",
    ]
    if results:
        told = sorted({(result["date"], result["commit"]) for result in results.values()})
        lines[-1] += f" ({', '.join(f'{date}, code {code}' for date, code in told)})"
    if any(result.get("resumed") for result in results.values()):
        lines += ["", "An attempt was cut off and resumed: minutes are of the last one."]
    remarks = dict.fromkeys(result["remark"] for result in results.values() if result.get("remark"))
    lines += [line for text in [row.note, *remarks] if text for line in ("", text)]
    lines += [line for picture in pictures for line in ("", f"![{row.name}]({picture})")]
    return "\n".join(lines)


def kept_pictures(row: Row, results: dict[int, dict[str, Any]], plan: Plan, folder: Path) -> list[str]:
    """Names in `folder` of a finished row's pictures, those of the first seed that still has them copied there."""
    names = []
    for kind in PICTURES:
        target = folder / f"{row.name}{PICTURES[kind]}.png"
        here = [plan.folder(row, seed) / f"{kind}.png" for seed in results]
        made = next((path for path in here if path.exists()), None)
        if made is not None:
            shutil.copyfile(made, target)
        names += [target.name] if results and target.exists() else []
    return names


def write_page(path: Path, rows: list[Row], plan: Plan) -> None:
    """Writes the page, and its pictures beside it in pictures/reproduced."""
    folder = path.parent / "pictures" / "reproduced"
    folder.mkdir(parents=True, exist_ok=True)
    sections = []
    for row in rows:
        results = results_of(plan, row)
        names = kept_pictures(row, results, plan, folder)
        keep_results(plan, row)
        sections.append(section(row, results, [f"pictures/reproduced/{name}" for name in names]))
    warning = "\n**A quick run: tiny budgets, figures without meaning.**\n" if plan.quick else ""
    path.write_text("\n".join([HEAD + warning, table(rows, plan), "", *(f"{text}\n" for text in sections)]))
