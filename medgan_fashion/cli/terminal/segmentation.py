"""The segmentation ablation as a person at a terminal sees it: what will happen, how far it is, what came out."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from medgan_fashion.cli.terminal.progress import progress_bar
from medgan_fashion.imaging.prepare.prepare import Prepared
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.medical.segmentation.plan import plan_segmentation
from medgan_fashion.medical.segmentation.run import measured_cost, open_segmentation, run_segmentation
from medgan_fashion.report.write import write_report


def segmentation_command(
    data: Path | None, out: Path, config: SegmentationConfig, dry_run: bool, processes: int | None
) -> None:
    """Runs the chain with progress on the terminal, prints the grid and the verdict, and writes the report."""
    console, workers, started = Console(), processes or os.cpu_count() or 1, time.time()
    with progress_bar(console, "reading cases") as tell:
        prepared, config = open_segmentation(data, out, config, workers, console.print, tell)
    _say_plan(console, prepared, config, workers)
    if dry_run:
        return
    with progress_bar(console, "stages") as tell:
        summary = run_segmentation(data, out, config, processes=workers, tell=tell)
    path = write_report(out)
    _print_summary(console, summary)
    console.print(f"report: {path}  ({(time.time() - started) / 60:.1f} minutes)", soft_wrap=True)


def _say_plan(console: Console, prepared: Prepared, config: SegmentationConfig, workers: int) -> None:
    """Who is studied, and how much will be trained; a look at the plan leaves no trace."""
    images = prepared.images.take(~prepared.images.external)
    with tempfile.TemporaryDirectory() as scratch:
        plan = plan_segmentation(Path(scratch), prepared.images, config)
    gans = sum(len(part.materials.gans) for part in plan.sets)
    cost = measured_cost(prepared.images, config, plan, workers)
    units = "patients" if images.card.grouping == "patient" else f"groups ({images.card.grouping})"
    console.print(
        f"[bold]{config.title}[/]: {len(set(images.groups.tolist()))} {units}, {len(images)} images with masks; "
        f"{gans} GANs, {len(plan.cells)} U-Nets; about {cost['hours'] * 60:.0f} minutes on {workers} processes"
    )
    minutes = ", ".join(f"{name} {cost[f'{name}_minutes']:.1f}" for name in config.generators)
    console.print(f"minutes of a GAN: {minutes}; seconds of a U-Net: {cost['unet_seconds']:.1f}")
    smallest = min(len(images) - len(part.unseen) for part in plan.sets)
    console.print(f"the smallest training set has {smallest} images")
    if prepared.skipped:
        console.print(f"{len(prepared.skipped)} rows are not used; the report lists them")


def _print_summary(console: Console, summary: dict[str, Any]) -> None:
    table = Table(
        "patients", Column("arm", no_wrap=True), "GAN", "Dice, %", Column("against the comparator", no_wrap=True)
    )
    for row in summary["cells"]:
        score, gap = row["dice"], row["difference"]
        change = (
            "" if gap is None else f"{100 * gap['estimate']:+.1f} ({100 * gap['low']:+.1f} to {100 * gap['high']:+.1f})"
        )
        table.add_row(
            f"{row['real_fraction']:.0%}",
            row["arm"],
            f"{row['n_gan']:.0f}",
            f"{100 * score['value']:.1f} ({100 * score['low']:.0f} to {100 * score['high']:.0f})",
            change,
        )
    console.print(table)
    for gan in (gan for gan in summary["gans"] if gan["alarm"]):
        console.print(f"{gan['name']}: {gan['alarm']}")
    for item in (item for item in summary["audit"] if not item["passed"]):
        console.print(f"[bold red]audit failed:[/] {item['check']}: {item['detail']}")
    console.print(f"[bold]verdict: {summary['verdict']['verdict']}[/]\n{summary['verdict']['sentence']}")
