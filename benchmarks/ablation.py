"""The grid's time against the ideal computed from its own stage times, and against every arm run alone.

python benchmarks/ablation.py [--processes 2] [--out DIR]     runs a small study on phantoms, then judges it
python benchmarks/ablation.py --run DIR [--processes 2]       judges a finished, uninterrupted run

ideal = sum of all stages' seconds / processes. "Alone" = each arm with everything it needs, computed anew, as it would
be without sharing folds, GANs and classic images between arms.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from medgan_fashion.base.plain import from_plain
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.study.run import plan_study, run_study
from medgan_fashion.runs.engine.declare import read_declared
from medgan_fashion.runs.engine.executor import in_order
from medgan_fashion.runs.engine.stage import Task

STUDY = {
    "folds": 3,
    "repeats": 1,
    "classifier_seeds": 3,
    "gan": {"images_seen": 12_000},
    "classifier": {"updates": 200},
    "phantom_patients": 60,
}


def seconds(task: Task, run: Path) -> float:
    """How long a finished task took."""
    return float(json.loads((task.folder(run) / "stage.json").read_text())["seconds"])


def window(tasks: list[Task], run: Path) -> float:
    """From the first stage's start to the last stage's end."""
    about = [json.loads((task.folder(run) / "stage.json").read_text()) for task in tasks]
    return max(a["finished"] for a in about) - min(a["finished"] - a["seconds"] for a in about)


def judge(run: Path, processes: int, wall: float | None) -> list[str]:
    """The lines of the table."""
    config = read_declared(run, AblationConfig).config
    images = ImageSet.load(next(path.parent for path in (run / "prepared").rglob("card.json")))
    plan = plan_study(run, images, config)
    tasks = in_order(plan.tasks)
    total = sum(seconds(task, run) for task in tasks)
    took = window(tasks, run) if wall is None else wall
    alone = 0.0
    lines = [f"{len(tasks)} stages, {total:.0f} s of work, {took:.0f} s with {processes} processes"]
    lines.append(f"efficiency against the ideal {total / processes:.0f} s: {100 * total / processes / took:.0f} %")
    for arm in config.arms:
        mine = sum(seconds(t, run) for t in in_order([cell.task for cell in plan.cells if cell.arm == arm]))
        alone += mine
        lines.append(f"  {arm:24} alone {mine:7.0f} s")
    lines.append(f"every arm alone {alone:.0f} s of work; shared {total:.0f} s: {alone / total:.2f} x less")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    if args.run:
        print("\n".join(judge(args.run, args.processes, None)))
        return
    out = args.out or Path(tempfile.mkdtemp())
    started = time.time()
    run_study(None, out, from_plain(AblationConfig, STUDY), processes=args.processes)
    wall = time.time() - started
    print("\n".join(judge(out, args.processes, wall)), f"\nwhole command {wall:.0f} s, start-up and summary included")
    memory = {w: resource.getrusage(getattr(resource, f"RUSAGE_{w}")).ru_maxrss / 1024 for w in ("SELF", "CHILDREN")}
    print(f"peak memory: parent {memory['SELF']:.0f} MB, largest worker {memory['CHILDREN']:.0f} MB")


if __name__ == "__main__":
    main()
