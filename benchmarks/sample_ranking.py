"""Recommenders on the sample shop over several seeds: a new shop, new customers and new trainings each time.

python benchmarks/sample_ranking.py --seeds 0 1 2
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch

from medgan_fashion.fashion.config import read_settings
from medgan_fashion.fashion.run.run import plan_garments
from medgan_fashion.runs.engine.stage import complete
from medgan_fashion.runs.pipelines import find_pipeline, read_pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    torch.set_num_threads(1)
    print("| seed | setting | recommender | AUC | HR@10 | NDCG@10 |\n|---|---|---|---|---|---|")
    for seed in parser.parse_args().seeds:
        settings = read_pipeline(find_pipeline("garments")) | {"seed": seed}
        with tempfile.TemporaryDirectory() as scratch:
            run = Path(scratch)
            _, plan = plan_garments({}, run, read_settings(settings), lambda text: None)
            rows = json.loads((complete(plan.ranking, run) / "ranking.json").read_text())["rows"]
            for row in sorted(rows, key=lambda r: (r["setting"], -r["auc"])):
                figures = " | ".join(f"{row[name]:.3f}" for name in ("auc", "hit", "ndcg"))
                print(f"| {seed} | {row['setting']} | {row['model']} | {figures} |", flush=True)
            if plan.newcomers is not None:
                new = json.loads((complete(plan.newcomers, run) / "new_customers.json").read_text())
                ratio = new["ratio"]["estimate"]
                print(
                    f"| {seed} | {new['likes']} likes | share of the gain over popularity | | | {ratio:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
