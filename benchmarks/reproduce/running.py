"""Running rows: one folder and one result.json per row and seed; what is finished is never run again."""

import datetime
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.reproduce.row import Job, Row

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Plan:
    """Where results go, where data are, and whether budgets are tiny; `kept`: results that travel with the code, so
    that another machine need not run them again."""

    out: Path
    data: Path
    quick: bool = False
    kept: Path | None = None

    def folder(self, row: Row, seed: int) -> Path:
        """The folder of one run."""
        return self.out / row.name / str(seed)

    def seeds(self, row: Row) -> tuple[int, ...]:
        """A quick run takes the first seed alone."""
        return row.seeds[:1] if self.quick else row.seeds


def commit() -> str:
    """The code's git commit, with "+" where files differ from it; "unknown" without git."""
    try:
        told = [
            subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()
            for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain"))
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told[0] + ("+" if told[1] else "")


def read_result(plan: Plan, row: Row, seed: int) -> dict[str, Any] | None:
    """What a finished run found, or None."""
    places = [plan.folder(row, seed) / "result.json"]
    places += [plan.kept / f"{row.name}-{seed}.json"] if plan.kept else []
    return next((json.loads(path.read_text()) for path in places if path.exists()), None)


def keep_results(plan: Plan, row: Row) -> None:
    """Copies a row's finished results to where they travel with the code."""
    for seed, result in results_of(plan, row).items():
        if plan.kept is not None:
            plan.kept.mkdir(exist_ok=True)
            _write(plan.kept / f"{row.name}-{seed}.json", result)


def results_of(plan: Plan, row: Row) -> dict[int, dict[str, Any]]:
    """Seed -> result, of the finished runs."""
    found = {seed: read_result(plan, row, seed) for seed in row.seeds}
    return {seed: result for seed, result in found.items() if result is not None}


def _write(path: Path, result: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result, indent=1) + "\n")
    part.replace(path)


def run_one(plan: Plan, row: Row, seed: int) -> dict[str, Any]:
    """The result of a row at a seed: read where it is finished, else computed on one thread and written.

    `minutes` are of the processor, of the last attempt; `resumed` says that an earlier one was cut off.
    Raises ValueError where the row's data are absent.
    """
    known = read_result(plan, row, seed)
    if known is not None:
        return known
    folder = plan.folder(row, seed)
    resumed = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    started = time.process_time()
    found = row.run(Job(folder, seed, plan.quick, plan.data))
    about = {
        "row": row.name,
        "seed": seed,
        "minutes": (time.process_time() - started) / 60,
        "resumed": resumed,
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "quick": plan.quick,
    }
    _write(folder / "result.json", about | found)
    return about | found


def run_rows(plan: Plan, rows: list[Row]) -> bool:
    """Every row's first seed, then every row's second, and so on; whether all of them could be run."""
    well = True
    for turn in range(max((len(row.seeds) for row in rows), default=0)):
        for row in rows:
            if turn >= len(plan.seeds(row)):
                continue
            seed = plan.seeds(row)[turn]
            try:
                result = run_one(plan, row, seed)
            except ValueError as error:
                well = False
                print(f"{row.name}, seed {seed}: left out: {error}", file=sys.stderr, flush=True)
                continue
            print(f"{row.name}, seed {seed}: {result['text']} ({result['minutes']:.1f} min)", flush=True)
    return well
