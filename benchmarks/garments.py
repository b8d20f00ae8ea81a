"""Finished runs of garments side by side: ranking, new customers, designs, true utility, inversion.

medgan-fashion run garments --out runs/g0
medgan-fashion run garments --out runs/g1 --set seed=1
python benchmarks/garments.py runs/g0 runs/g1
"""

import argparse
import json
from pathlib import Path
from typing import Any


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of finished runs")
    folders = parser.parse_args().runs
    runs = {folder.name: json.loads((folder / "results" / "summary.json").read_text()) for folder in folders}
    ranking(runs)
    print()
    figures(runs)


if __name__ == "__main__":
    main()
