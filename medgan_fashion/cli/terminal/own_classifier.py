"""Your own classifier, as a person at a terminal sees it: the arms as files, and what its predictions say."""

from pathlib import Path
from typing import Any

from rich.console import Console

from medgan_fashion.cli.terminal.ablation import print_summary
from medgan_fashion.medical.outside.compare import compared, write_compared, write_predictions
from medgan_fashion.medical.outside.export_arms import export_arms
from medgan_fashion.medical.study.finished import open_run
from medgan_fashion.report.write import write_report


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
