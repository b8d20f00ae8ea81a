"""The chain of garments as a person at a terminal sees it: what will happen, how far it is, what came out."""

import os
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from medgan_fashion.cli.terminal.progress import progress_bar
from medgan_fashion.fashion.config import GarmentsConfig
from medgan_fashion.fashion.run.run import named_inputs, plan_garments, run_garments
from medgan_fashion.fashion.run.shop import Shop
from medgan_fashion.report.write import write_report
from medgan_fashion.runs.engine.executor import in_order


def garments_command(
    inputs: dict[str, Path], out: Path, config: GarmentsConfig, dry_run: bool, processes: int | None
) -> None:
    """Runs the chain with progress on the terminal, prints ranking and findings, and writes the report."""
    console, workers, started = Console(), processes or os.cpu_count() or 1, time.time()
    named = named_inputs(inputs)
    shop, plan = plan_garments(named, out, config, console.print)
    steps = in_order(plan.tasks)
    console.print(f"[bold]{config.title}[/]: {_counts(shop)}; {len(steps)} stages on {workers} processes; in {out}")
    for problem in shop.problems[:5]:
        console.print(str(problem))
    if dry_run:
        _print_dry_run(console, shop, config, workers)
        return
    with progress_bar(console, "stages") as tell:
        summary = run_garments(named, out, config, processes=workers, tell=tell)
    path = write_report(out)
    _print_summary(console, summary)
    console.print(f"report: {path}  ({(time.time() - started) / 60:.1f} minutes)", soft_wrap=True)


def _counts(shop: Shop) -> str:
    items, bought = shop.catalogue, shop.purchases
    kinds = ", ".join(f"{name} {int((items.category == k).sum())}" for k, name in enumerate(items.categories))
    likes = int((bought.weight > 0).sum())
    who = f"{len(bought.customers)} {shop.customers} customers with {likes} likes"
    return f"{len(items)} items ({kinds}), {int(items.held_out.sum())} of them held out; {who}"


def _print_dry_run(console: Console, shop: Shop, config: GarmentsConfig, workers: int) -> None:
    from medgan_fashion.fashion.run.costs import cost

    items, bought = shop.catalogue, shop.purchases
    size = (len(items), len(bought.customers), len(bought), items.size)
    found = cost(*size, config, n_categories=len(items.categories), workers=workers)
    for name, hours in found.parts.items():
        console.print(f"{name}: {60 * hours:.1f} minutes of one process")
    console.print(f"about {found.hours:.2f} hours on {workers} processes; the largest takes {found.memory_gb:.1f} GB")
    console.print(f"{found.disk_gb:.2f} GB in the run folder")


def _print_summary(console: Console, summary: dict[str, Any]) -> None:
    ranking = summary["ranking"]
    table = Table("recommender", "", "AUC", f"HR@{ranking['k']}", f"NDCG@{ranking['k']}", "coverage")
    for row in ranking["rows"]:
        figures = [
            f"{row[name]:.3f} ({row[f'{name}_low']:.3f} to {row[f'{name}_high']:.3f})" for name in ("auc", "hit")
        ]
        ndcg = f"{row['ndcg']:.3f} ({row['ndcg_low']:.3f} to {row['ndcg_high']:.3f})"
        table.add_row(row["model"], row["setting"], *figures, ndcg, f"{row['coverage']:.2f}")
    console.print(table)
    for note in ranking["notes"]:
        console.print(note)
    for sentence in summary["findings"]:
        console.print(f"- {sentence}")
