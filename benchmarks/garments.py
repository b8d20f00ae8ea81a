"""Finished runs of garments side by side: ranking, new customers, designs, true utility, inversion.

medgan-fashion run garments --out runs/g0
medgan-fashion run garments --out runs/g1 --set seed=1
python benchmarks/garments.py runs/g0 runs/g1
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.fashion.run.open import read_parts
from medgan_fashion.fashion.sample.customers import load_tastes, utility
from medgan_fashion.gan import load_model


def _interval(row: dict[str, Any] | None, form: str = "+.2f") -> str:
    if row is None or row["estimate"] is None or row["low"] is None:
        return "n/a"
    return f"{row['estimate']:{form}} ({row['low']:{form}} to {row['high']:{form}})"


def ranking(runs: dict[str, dict[str, Any]]) -> None:
    """AUC and NDCG of each recommender, run by run."""
    print("| recommender | setting | " + " | ".join(f"{name}: AUC, NDCG@10" for name in runs) + " |")
    print("|---|---|" + "---|" * len(runs))
    tables = [{(r["model"], r["setting"]): r for r in run["ranking"]["rows"]} for run in runs.values()]
    for model, setting in sorted(tables[0], key=lambda key: (key[1], tables[0][key]["auc"])):
        cells = [f"{t[model, setting]['auc']:.3f}, {t[model, setting]['ndcg']:.3f}" for t in tables]
        print(f"| {model} | {setting} | {' | '.join(cells)} |")


def figures(runs: dict[str, dict[str, Any]]) -> None:
    """One line for each figure, run by run."""
    lines: dict[str, list[str]] = {}

    def say(name: str, text: str) -> None:
        lines.setdefault(name, []).append(text)

    for run in runs.values():
        arms = {arm["name"]: arm for arm in run["design"]["arms"]}
        new, known, inversion = run["new_customers"], run["known_utility"], run["inversion"]
        say("new customers: share of the gain over popularity", _interval(new and new["ratio"], ".2f"))
        for name in ("designs", "best real items", "pixel ascent"):
            say(f"transfer ratio, {name}", _interval(arms[name]["transfer"], ".2f"))
        if known:
            for name, mean in known["means"].items():
                say(f"true utility, {name}", f"{mean['estimate']:.2f}")
            say("designs less the recommended top-1", _interval(known["differences"]["designs - best real items"]))
        say("category agreement", f"{run['gan']['agreement']:.1%}")
        say("held-out photos drawn faithfully", f"{inversion['limits']['shares'].get('faithful', 0):.0%}")
        planted = inversion["planted"]
        say("planted inversion, median dB (floor)", f"{planted['median']:.1f} ({planted['median_floor']:.1f})")
    print("| figure | " + " | ".join(runs) + " |\n|---|" + "---|" * len(runs))
    for name, cells in lines.items():
        print(f"| {name} | {' | '.join(cells)} |")


def best_drawn(run: Path, n: int) -> float:
    """Mean true utility of the best of n random drawings of each category for each customer, by their true taste:
    what the GAN could draw if tastes were known. Of runs on the sample shop."""
    parts = read_parts(run)
    model = load_model(run / parts.gan / "model.safetensors")
    tastes = load_tastes(next(run.glob("stages/sample_shop/*/tastes.npz")))
    low, high = model.card.value_range
    best = []
    for name in model.card.classes:
        images = (model.generate(n, name, seed=1).numpy().astype(np.float32) - low) / (high - low)
        best.append(utility(tastes, images, name).max(axis=1))
    return float(np.mean(best))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of finished runs")
    parser.add_argument("--drawings", type=int, default=0)
    given = parser.parse_args()
    folders = given.runs
    runs = {folder.name: json.loads((folder / "results" / "summary.json").read_text()) for folder in folders}
    ranking(runs)
    print()
    figures(runs)
    if given.drawings:
        cells = [f"{best_drawn(folder, given.drawings):.2f}" for folder in folders]
        print(f"| best of {given.drawings} drawings by the true taste | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
