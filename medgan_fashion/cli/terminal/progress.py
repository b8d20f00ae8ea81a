"""A progress bar on the terminal, and what a growing GAN will cost before it is trained."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from medgan_fashion.gan.recipe.schedules import level_starts
from medgan_fashion.runs.single.growth_plan import LevelPlan
from medgan_fashion.runs.single.train import Job, plan_job

# ---------------------------------------------------------------------------------------------------------------------
# A progress bar on the terminal.


@contextmanager
def progress_bar(console: Console, name: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar that is gone when done; gives what to call with (done, all)."""
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


# ---------------------------------------------------------------------------------------------------------------------
# What a growing GAN will cost, as a person at a terminal sees it before it is trained.


def print_plan(job: Job) -> bool:
    """Measures what is not measured yet and prints a row per level; False, and nothing, for a recipe that grows not."""
    console = Console()
    with console.status("measuring a step of every level") as status:

        def tell(level: LevelPlan) -> None:
            status.update(f"measured level {level.level}, {level.height}x{level.width}")

        recipe, levels = plan_job(job, tell)
    if recipe.growth is None:
        return False
    starts = [*level_starts(recipe.growth, len(levels) - 1), job.images_seen]
    title = f"{job.recipe} on {job.where}"
    columns = ("level", "size", "weights", "batch", "memory, MB", "s / 1000 images", "images", "minutes")
    table = Table(*columns, title=title)
    for level, (start, end) in zip(levels, pairwise(starts), strict=True):
        table.add_row(
            str(level.level),
            f"{level.height}x{level.width}",
            f"{level.parameters:,}",
            f"{level.batch}{' (recomputed)' if level.recompute else ''}",
            f"{level.megabytes:,}",
            f"{level.seconds:.1f}",
            f"{end - start:,}",
            f"{level.seconds * (end - start) / 60_000:.1f}",
        )
    console.print(table)
    seconds = sum(level.seconds * (b - a) for level, (a, b) in zip(levels, pairwise(starts), strict=True)) / 1000
    console.print(f"about {seconds / 3600:.1f} hours; the plan lies in {job.out / 'plan.json'}", soft_wrap=True)
    return True
