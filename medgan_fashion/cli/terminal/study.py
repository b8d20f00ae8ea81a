"""A study as a person at a terminal sees it: what will happen, how far it is, what came out; your own classifier."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from medgan_fashion.cli.terminal.progress import progress_bar
from medgan_fashion.evaluation.classifiers.verdict import planned_detectable
from medgan_fashion.imaging.prepare.folds import table_of_counts
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import Prepared
from medgan_fashion.medical.config import AblationConfig, StudyConfig
from medgan_fashion.medical.design import Plan
from medgan_fashion.medical.outside.compare import compared, write_compared, write_predictions
from medgan_fashion.medical.outside.export_arms import export_arms
from medgan_fashion.medical.results.findings import view_counts
from medgan_fashion.medical.study.finished import open_run
from medgan_fashion.medical.study.run import Estimate, estimate, open_study, plan_study, run_study
from medgan_fashion.medical.study.tasks import task_of
from medgan_fashion.report.write import write_report

# ---------------------------------------------------------------------------------------------------------------------
# The study as a person at a terminal sees it: what will happen, how far it is, what came out.


def study_command(data: Path | None, out: Path, config: StudyConfig, dry_run: bool, processes: int | None) -> None:
    """Runs the chain with progress on the terminal, prints the arms and the verdict, and writes the report."""
    console, workers, started = Console(), processes or os.cpu_count() or 1, time.time()
    with progress_bar(console, "reading cases") as tell:
        prepared, config = open_study(data, out, config, workers, console.print, tell)
    with tempfile.TemporaryDirectory() as scratch:  # a look at the plan leaves no trace: a dry run may be adjusted
        plan = plan_study(Path(scratch), prepared.images, config)
    facts = estimate(prepared, config, task_of(config), plan, workers)
    _say_plan(console, prepared, config, facts, f"on {workers} processes; in {out}")
    if dry_run:
        _print_dry_run(console, prepared.images, config, plan, facts)
        return
    with progress_bar(console, "stages") as tell:
        summary = run_study(data, out, config, processes=workers, tell=tell)
    path = write_report(out)
    print_summary(console, summary)
    console.print(f"report: {path}  ({(time.time() - started) / 60:.1f} minutes)", soft_wrap=True)


def _say_plan(console: Console, prepared: Prepared, config: StudyConfig, facts: Estimate, where: str) -> None:
    """Who is studied, how much will be trained, and how long that takes."""
    units = "patients" if prepared.images.card.grouping == "patient" else f"groups ({prepared.images.card.grouping})"
    cases = f"{facts.lesions} {config.case_word}, " if config.case_word != "images" else ""
    console.print(
        f"[bold]{config.title}[/]: {facts.patients} {units}, {cases}{facts.images} images{_views(prepared.images)}; "
        f"{sum(facts.gans.values()) + sum(facts.further.values())} GANs, {facts.learners} {task_of(config).learners}; "
        f"about {facts.hours * 60:.0f} minutes {where}"
    )
    if prepared.skipped:
        console.print(f"{len(prepared.skipped)} rows are not used; the report lists them")
    if prepared.notes:
        noted, (row, first) = len({row for row, _ in prepared.notes}), prepared.notes[0]
        console.print(f"{noted} rows have a remark of the reader; the report lists them. The first: row {row} {first}")


def _views(images: ImageSet) -> str:
    """Images of each View Position, in brackets, where any is known."""
    found = view_counts(images.take(~images.external))
    words = ", ".join(f"{row['view']} {row['images']}" for row in found)
    return f" ({words})" if found else ""


def _print_dry_run(console: Console, images: ImageSet, config: StudyConfig, plan: Plan, facts: Estimate) -> None:
    inside = ~images.external
    mine = (images.labels[inside], images.groups[inside], images.lesions[inside], plan.partitions[0][inside])
    rows = table_of_counts(*mine, images.card.classes)
    table = Table(*map(str, rows[0].keys()), title="first partition")
    for row in rows:
        table.add_row(*map(str, row.values()))
    console.print(table)
    for name, n in facts.gans.items():
        further = facts.further.get(name, 0)
        more = f", and {further} more for the inner choice or fewer real images" if further else ""
        console.print(f"{n} {f'{name} GANs'.strip()} x {facts.gan_seconds[name] / 60:.1f} minutes{more}")
    console.print(f"{facts.learners} {task_of(config).learners} x {facts.learner_seconds:.1f} seconds")
    smallest = min(len(plan.partitions[0][inside]) - len(part.unseen) for part in plan.training_sets)
    console.print(f"the smallest training set has {smallest} images")
    console.print(f"about {facts.memory_mb:.0f} MB of memory for each process")
    if isinstance(config, AblationConfig):
        shown = planned_detectable(facts.lesions, facts.patients, len(images.card.classes), config.repeats)
        console.print(f"smallest difference this study could show: {100 * shown.difference:.1f} points; {shown.text}")


def _change(gap: dict[str, Any] | None) -> str:
    """A difference with its interval, in points."""
    if gap is None:
        return ""
    return f"{100 * gap['estimate']:+.1f} ({100 * gap['low']:+.1f} to {100 * gap['high']:+.1f})"


def _arms(summary: dict[str, Any]) -> Table:
    metric = summary["verdict"]["metric"]
    table = Table("arm", metric.replace("_", " "), "95 % interval", "against the comparator", "real", "classic", "GAN")
    for arm in summary["arms"]:
        value = arm["metrics"][metric]
        shown = f"{100 * value['value']:.1f}", f"{100 * value['low']:.1f} to {100 * value['high']:.1f}"
        counts = [f"{arm[f'n_{kind}']:.0f}" for kind in ("real", "classic", "gan")]
        table.add_row(arm["arm"], *shown, _change(arm["difference"]), *counts)
    return table


def _grid(summary: dict[str, Any]) -> Table:
    fixed = [Column(name, no_wrap=True) for name in ("arm", "against the comparator")]
    table = Table("patients", fixed[0], "GAN", "Dice, %", fixed[1])
    for row in summary["cells"]:
        score = row["dice"]
        shown = f"{100 * score['value']:.1f} ({100 * score['low']:.0f} to {100 * score['high']:.0f})"
        who = f"{row['real_fraction']:.0%}", row["arm"], f"{row['n_gan']:.0f}"
        table.add_row(*who, shown, _change(row["difference"]))
    return table


def print_summary(console: Console, summary: dict[str, Any]) -> None:
    """The table of arms, what went wrong, and the verdict."""
    console.print(_arms(summary) if "arms" in summary else _grid(summary))
    for gan in (gan for gan in summary["gans"] if gan["alarm"]):
        console.print(f"{gan['name']}: {gan['alarm']}")
    for item in (item for item in summary["audit"] if not item["passed"]):
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
