"""How heavy a choice between two items should be, and whether asking the right pair pays, on customers of known taste.

    medgan-fashion run garments --out runs/garments
    python benchmarks/choices.py runs/garments [--customers 60]

Somebody new answers A or B (with the sample shop's own looseness). The figure is the rank correlation, within
categories, of what the folded-in taste says of all items with their true utility.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from medgan_fashion.fashion.config import SampleConfig
from medgan_fashion.fashion.design.people import ask
from medgan_fashion.fashion.recommend.fold_in import CHOICE, STRENGTH, fold_in
from medgan_fashion.fashion.recommend.model import FactorModel
from medgan_fashion.fashion.run.open import open_run
from medgan_fashion.fashion.sample.customers import load_tastes, utilities

NONE = np.empty(0, dtype=np.int64)
ASKED = (5, 10, 20)
WEIGHTS = (1.0, 2.0, 4.0, 8.0, 16.0)


def agreement(score: np.ndarray, truth: np.ndarray, category: np.ndarray) -> float:
    """Mean over categories of Spearman's correlation."""
    found = [spearmanr(score[category == c], truth[category == c]).statistic for c in np.unique(category)]  # type: ignore
    return float(np.mean(found))


def interview(
    model: FactorModel, truth: np.ndarray, category: np.ndarray, weight: float, informed: bool, seed: int
) -> list[float]:
    """Agreement after 5, 10 and 20 answers of one customer whose true utilities are (N,)."""
    rng, pairs, found = np.random.default_rng((seed, 91)), [], []
    free = np.arange(len(truth))
    strength = weight * STRENGTH / CHOICE
    for number in range(max(ASKED)):
        chosen = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        taste = fold_in(model, NONE, NONE, 0, choices=chosen, strength=strength)
        kind = rng.choice(np.unique(category))  # garments of one kind are compared
        rows = free[category[free] == kind]
        pair = ask(model, taste, rows, number) if informed else tuple(rng.choice(rows, 2, replace=False).tolist())
        assert pair is not None
        a, b = pair
        first = rng.random() < 1 / (1 + np.exp(-(truth[a] - truth[b]) / SampleConfig().temperature))
        pairs.append((a, b) if first else (b, a))
        free = np.setdiff1d(free, pair)
        if number + 1 in ASKED:
            taste = fold_in(model, NONE, NONE, 0, choices=np.array(pairs), strength=strength)
            found.append(agreement(model.phi @ taste.mean + model.bias, truth, category))
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--customers", type=int, default=60)
    given = parser.parse_args()
    opened = open_run(given.run)
    items, model = opened.catalogue, opened.model("dvbpr")
    assert isinstance(model, FactorModel)
    tastes = load_tastes(next((given.run / "stages" / "sample_shop").glob("[!.]*/tastes.npz")))
    names = [items.categories[k] for k in items.category]
    truth = utilities(tastes.take(np.arange(given.customers)), items.floats(), names)
    nobody = np.mean([agreement(model.phi @ model.prior.mean + model.bias, u, items.category) for u in truth])
    print(f"nothing asked: {nobody:.3f}\n| weight | pair | " + " | ".join(f"{n} answers" for n in ASKED) + " |")
    print("|---|---|" + "---|" * len(ASKED))
    for weight in WEIGHTS:
        for informed in (False, True):
            table = [interview(model, u, items.category, weight, informed, i) for i, u in enumerate(truth)]
            cells = " | ".join(f"{value:.3f}" for value in np.mean(table, axis=0))
            print(f"| {weight:g} | {'most said by it' if informed else 'random'} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
