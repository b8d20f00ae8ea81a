"""The ablation as a person at a terminal sees it, and your own classifier's part in it."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from medgan_fashion.cli.terminal.progress import progress_bar
from medgan_fashion.imaging.prepare.folds import table_of_counts
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.outside.compare import compared, write_compared, write_predictions
from medgan_fashion.medical.outside.export_arms import export_arms
from medgan_fashion.medical.results.findings import view_counts
from medgan_fashion.medical.study.finished import open_run
from medgan_fashion.medical.study.plan import Planner
from medgan_fashion.medical.study.run import estimate, open_study, run_ablation
from medgan_fashion.medical.study.timing import measured_cost
from medgan_fashion.report.write import write_report

# ---------------------------------------------------------------------------------------------------------------------
# The ablation as a person at a terminal sees it: what will happen, how far it is, what came out.


def ablation_command(
    data: Path | None, out: Path, config: AblationConfig, dry_run: bool, processes: int | None
) -> None:
    """Runs the chain with progress on the terminal, prints the arms and the verdict, and writes the report."""
    console, workers = Console(), processes or os.cpu_count() or 1
    with progress_bar(console, "reading cases") as tell:
        prepared, config = open_study(data, out, config, workers, console.print, tell)
    with tempfile.TemporaryDirectory() as scratch:  # a look at the plan leaves no trace: a dry run may be adjusted
        plan = Planner(Path(scratch), prepared.images, config).plan()
    facts = estimate(prepared, config, plan)
    cost = measured_cost(prepared.images, config, facts, workers)
    counted = f"{facts['lesions']} {config.case_word}, {facts['images']} images{_views(prepared.images)}"
    who = f"{facts['patients']} {_units(prepared.images)}, {counted}"
    console.print(
        f"[bold]{config.title}[/]: {who}; "
        f"{facts['gans'] + facts['further_gans']} GANs, {facts['classifiers']} classifiers; "
        f"about {cost['hours'] * 60:.0f} minutes on {workers} processes; in {out}"
    )
    if prepared.skipped:
        console.print(f"{len(prepared.skipped)} rows are not used; the report lists them")
    if prepared.notes:
        console.print(
            f"{len({row for row, _ in prepared.notes})} rows have a remark of the reader; the report lists them"
        )
    if dry_run:
        _print_dry_run(console, prepared.images, plan.partitions[0], facts, cost)
        return
    _run(console, data, out, config, workers)


def _units(images: Any) -> str:
    return "patients" if images.card.grouping == "patient" else f"groups ({images.card.grouping})"


def _views(images: ImageSet) -> str:
    """Images of each View Position, in brackets, where any is known."""
    found = view_counts(images.take(~images.external))
    words = ", ".join(f"{row['view']} {row['images']}" for row in found)
    return f" ({words})" if found else ""


def _development(images: Any, folds: Any) -> tuple[Any, Any, Any, Any]:
    inside = ~images.external
    return images.labels[inside], images.groups[inside], images.lesions[inside], folds[inside]


def _print_dry_run(console: Console, images: Any, folds: Any, facts: dict[str, Any], cost: dict[str, float]) -> None:
    rows = table_of_counts(*_development(images, folds), images.card.classes)
    table = Table(*map(str, rows[0].keys()), title="first partition")
    for row in rows:
        table.add_row(*map(str, row.values()))
    console.print(table)
    more = f", and {facts['further_gans']} more for the inner choice or fewer real images"
    console.print(f"{facts['gans']} GANs x {cost['gan_minutes']:.1f} minutes{more if facts['further_gans'] else ''}")
    console.print(f"{facts['classifiers']} classifiers x {cost['classifier_seconds']:.1f} seconds")
    console.print(f"about {facts['memory_mb'] + cost['process_mb']:.0f} MB of memory for each process")
    shown = f"{100 * facts['smallest_detectable']:.1f} points"
    console.print(f"smallest difference this study could show: {shown}; {facts['assuming']}")


def _run(console: Console, data: Path | None, out: Path, config: AblationConfig, workers: int) -> None:
    started = time.time()
    with progress_bar(console, "stages") as tell:
        summary = run_ablation(data, out, config, processes=workers, tell=tell)
    path = write_report(out)
    print_summary(console, summary)
    console.print(f"report: {path}  ({(time.time() - started) / 60:.1f} minutes)", soft_wrap=True)


def print_summary(console: Console, summary: dict[str, Any]) -> None:
    """The table of arms, what went wrong, and the verdict."""
    metric = summary["verdict"]["metric"]
    table = Table("arm", metric.replace("_", " "), "95 % interval", "against the comparator", "real", "classic", "GAN")
    for arm in summary["arms"]:
        value, gap = arm["metrics"][metric], arm["difference"]
        change = (
            "" if gap is None else f"{100 * gap['estimate']:+.1f} ({100 * gap['low']:+.1f} to {100 * gap['high']:+.1f})"
        )
        counts = [f"{arm[f'n_{kind}']:.0f}" for kind in ("real", "classic", "gan")]
        table.add_row(
            arm["arm"],
            f"{100 * value['value']:.1f}",
            f"{100 * value['low']:.1f} to {100 * value['high']:.1f}",
            change,
            *counts,
        )
    console.print(table)
    alarms = [gan for gan in summary["gans"] if gan["alarm"]]
    for gan in alarms:
        console.print(f"{gan['name']}: {gan['alarm']}")
    failed = [item for item in summary["audit"] if not item["passed"]]
    for item in failed:
        console.print(f"[bold red]audit failed:[/] {item['check']}: {item['detail']}")
    console.print(f"[bold]verdict: {summary['verdict']['verdict']}[/]\n{summary['verdict']['sentence']}")


# ---------------------------------------------------------------------------------------------------------------------
# Your own classifier, as a person at a terminal sees it: the arms as files, and what its predictions say.


def export_command(run: Path, out: Path, own_predictions: bool) -> None:
    """Writes the arms of a run, and where asked the predictions of its own classifiers."""
    console, opened = Console(), open_run(run)
    made = export_arms(opened, out)
    console.print(
        f"{made.lists} training lists with their test rows: {made.rows} rows of arms.csv, {made.files} images in {out}",
        soft_wrap=True,
    )
    console.print("real and classic pictures are patients' data: see README.txt there")
    if own_predictions:
        n = write_predictions(out / "predictions.csv", opened)
        console.print(f"{n} predictions of the run's own classifiers: {out / 'predictions.csv'}", soft_wrap=True)


def compare_command(predictions: Path, run: Path, out: Path | None, model: str | None) -> dict[str, Any]:
    """Prints the arms and the verdict by somebody else's predictions, writes the report, and returns the summary."""
    console, opened = Console(), open_run(run)
    summary = compared(opened, predictions, model or predictions.stem)
    folder = out or run / "compared" / predictions.stem
    write_compared(opened, summary, folder)
    page = write_report(folder)
    print_summary(console, summary)
    console.print(f"report: {page}", soft_wrap=True)
    return summary
