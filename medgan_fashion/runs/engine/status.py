"""How far a run folder is, read from its stages alone."""

import json
from collections import Counter
from pathlib import Path

from medgan_fashion.runs.engine.stage import claim


def run_status(run: Path) -> list[str]:
    """Lines for a person: stages done, what is in progress, where the results lie. ValueError for another folder."""
    stages = run / "stages"
    if not stages.is_dir():
        raise ValueError(f"{run} is no run folder; give the one after --out")
    done = Counter(path.parents[1].name for path in stages.glob("*/[!.]*/stage.json"))
    lines = [f"{name}: {count} done" for name, count in sorted(done.items())]
    for work in sorted(stages.glob("*/.*.work")):
        with claim(work.with_suffix(".claim")) as free:
            state = "left by a process that died; the same command goes on from it" if free else "in progress"
        lines.append(f"{work.parent.name} {work.name.strip('.').removesuffix('.work')[:8]}: {state}{_training(work)}")
    report = run / "report" / "report.html"
    lines.append(f"report: {report}" if report.exists() else "no report yet")
    return lines


def _training(work: Path) -> str:
    history = work / "history.jsonl"
    lines = history.read_text().split("\n")[:-1] if history.exists() else []  # a line without its end is torn
    if not lines:
        return ""
    last = json.loads(lines[-1])
    return f", {last['images_seen']:,} of {last['target']:,} images seen"
