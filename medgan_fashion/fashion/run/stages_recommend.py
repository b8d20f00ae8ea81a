"""The stages of recommenders: one fit each, and the experiment of customers who were not there in training."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.evaluation.encoder import load_encoder
from medgan_fashion.evaluation.ranking import gain_ratio_interval, rank_figures
from medgan_fashion.fashion.data.catalogue import load_catalogue
from medgan_fashion.fashion.data.purchases import Split, load_purchases
from medgan_fashion.fashion.recommend.evaluate import RankingTable, rank_quality, ranking_task
from medgan_fashion.fashion.recommend.files import load_recommender, save_recommender
from medgan_fashion.fashion.recommend.fold_in import fold_in
from medgan_fashion.fashion.recommend.recommenders import Chance, fit
from medgan_fashion.fashion.run.open import visual
from medgan_fashion.runs.engine.stage import stage


@stage(version=1)
def fit_recommender(
    work: Path,
    catalogue: Path,
    purchases: Path,
    encoder: Path | None,
    features: Path | None,
    name: str,
    config: Any,
    seed: int,
) -> None:
    """One row of the table of recommenders, fitted on purchases of items that are not held out.

    A row that looks at features takes `features` (features.npy (N, F), the user's own) or else those of `encoder`.
    """
    import torch

    model = fit(
        name,
        load_catalogue(catalogue),
        load_purchases(purchases),
        config,
        seed,
        features=None if features is None else np.load(features / "features.npy", allow_pickle=False),
        encoder=None if encoder is None else load_encoder(encoder / "encoder.safetensors"),
        device="cuda" if torch.cuda.is_available() else "cpu",
    )
    save_recommender(model, work / "recommender.safetensors")


def load_split(split: list[Path]) -> Split:
    """The four parts of a split, from their folders in order."""
    return Split(*(load_purchases(folder) for folder in split))


def _judged(table: RankingTable) -> RankingTable:
    """The table without a setting in which too little is judged for an interval."""
    for setting in ("warm", "cold"):
        quality = getattr(table, setting)
        if quality is not None and np.isfinite(quality.values["auc"]).sum() < 2:
            note = f"too few customers or candidates can be judged ({setting}) for an interval: figures left out"
            table = replace(table, **{setting: None}, note="; ".join(filter(None, (table.note, note))))
    return table


def _differences(tables: list[RankingTable], seed: int) -> list[dict[str, Any]]:
    """Each recommender against the one before it in the list, and against the first, over the same customers."""
    found = []
    for setting in ("warm", "cold"):
        judged = [quality for table in tables if (quality := getattr(table, setting)) is not None]
        pairs = [(i, i - 1) for i in range(1, len(judged))] + [(i, 0) for i in range(2, len(judged))]
        for better, worse in pairs:
            for metric in ("auc", "ndcg"):
                gap = judged[better].better_than(judged[worse], metric, seed)
                row = {"setting": setting, "metric": metric, "model": judged[better].model}
                row |= {"against": judged[worse].model}
                found.append(row | {"estimate": gap.estimate, "low": gap.low, "high": gap.high})
    return found


@stage(version=1)
def rank_recommenders(work: Path, catalogue: Path, split: list[Path], models: list[Path], k: int, seed: int) -> None:
    """The ranking table of recommenders, random order first, warm and cold apart, with paired differences."""
    items, parts = load_catalogue(catalogue), load_split(split)
    chance = Chance(parts.train.customers, items.items, seed)
    fitted = [load_recommender(folder / "recommender.safetensors") for folder in models]
    tables = [_judged(rank_quality(model, parts, items, k, seed)) for model in (chance, *fitted)]
    rows = [row for table in tables for row in table.rows(seed)]
    notes = [f"{table.model}: {table.note}" for table in tables if table.note]
    ranking = {"k": k, "rows": rows, "differences": _differences(tables, seed), "notes": notes}
    (work / "ranking.json").write_text(json.dumps(ranking))


@stage(version=1)
def new_customers(
    work: Path,
    catalogue: Path,
    split: list[Path],
    without: Path,
    trained: Path,
    newcomers: list[int],
    likes: int,
    k: int,
    seed: int,
) -> None:
    """Customers whom `without` never saw, known to it by `likes` of their likes alone, beside themselves in the
    recommender `trained` on all of their purchases; the same items to find among the same candidates."""
    items, parts = load_catalogue(catalogue), load_split(split)
    task, fresh, full = ranking_task(parts, items), visual(without), visual(trained)
    places = np.flatnonzero(np.isin(task.customers, newcomers))
    judged, liked = task.customers[places], parts.train.take(parts.train.weight > 0)
    theta, left = [], []
    for customer in judged:
        mine = np.sort(liked.item[liked.customer == customer])
        chosen = np.random.default_rng((seed, 45, int(customer))).permutation(mine)[:likes]
        taste = fold_in(fresh, chosen, np.zeros(0, dtype=np.int64), seed)
        theta.append(taste.mean)
        left.append(float(np.trace(taste.covariance) / max(float(np.trace(fresh.prior.covariance)), 1e-12)))
    counts = np.bincount(liked.item, minlength=len(items)).astype(np.float32)
    scores = {
        "new": np.stack(theta).astype(np.float32) @ fresh.phi.T + fresh.bias,
        "trained": full.score_items(judged),
        "popularity": np.tile(counts, (len(judged), 1)),
    }
    targets, seen = [task.targets[p] for p in places], task.seen[judged].toarray() != 0
    values = {name: rank_figures(s, task.candidates, targets, k, seen).ndcg for name, s in scores.items()}
    ratio = gain_ratio_interval(values["new"], values["trained"], values["popularity"], seed)
    about = {"k": k, "likes": likes, "customers": len(judged), "uncertainty_left": float(np.mean(left))}
    about |= {name: float(ndcg.mean()) for name, ndcg in values.items()}
    ends = {"estimate": ratio.estimate, "low": ratio.low, "high": ratio.high}
    about |= {"ratio": {name: value if np.isfinite(value) else None for name, value in ends.items()}}
    (work / "new_customers.json").write_text(json.dumps(about))
