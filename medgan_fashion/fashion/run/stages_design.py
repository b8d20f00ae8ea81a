"""The stages of designing: garments for customers, the same at other weights of realism, and the negative control."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.data.purchases import load_purchases
from medgan_fashion.fashion.design.search import design, load_designed, save_designed
from medgan_fashion.fashion.design.taste import Problem, set_up
from medgan_fashion.fashion.design.transfer import arm, contestants
from medgan_fashion.fashion.run.open import load_atelier
from medgan_fashion.runs.engine.stage import stage

Asked = list[list[int]]  # (customer, category) of each problem


def problems_of(asked: Asked) -> tuple[np.ndarray, list[Problem]]:
    """The customers asked for (rows, each once), and the problems in terms of them."""
    customers = np.unique([customer for customer, _ in asked])
    return customers, [Problem((int(np.searchsorted(customers, c)),), int(k)) for c, k in asked]


def write_asked(work: Path, asked: Asked) -> None:
    """Which customers (rows) a result is about: what `forget` looks for."""
    (work / "asked.json").write_text(json.dumps(sorted({int(customer) for customer, _ in asked})))


@stage(version=1)
def design_garments(
    work: Path,
    catalogue: Path,
    shelf: Path,
    purchases: Path,
    encoder: Path,
    gan: Path,
    ensemble: list[Path],
    held_out: list[Path],
    asked: Asked,
    config: DesignConfig,
    eta: float,
    seed: int,
) -> None:
    """Designs for (customer, category) pairs at one weight of realism."""
    atelier = load_atelier(catalogue, shelf, encoder, gan, ensemble, held_out)
    customers, problems = problems_of(asked)
    seen = load_purchases(purchases).seen(len(atelier.catalogue))[customers]
    save_designed(design(atelier, atelier.tastes(customers), seen, problems, replace(config, eta=eta), seed=seed), work)
    write_asked(work, asked)


@stage(version=1)
def design_controls(
    work: Path,
    catalogue: Path,
    shelf: Path,
    purchases: Path,
    encoder: Path,
    gan: Path,
    ensemble: list[Path],
    held_out: list[Path],
    designs: Path,
    asked: Asked,
    config: DesignConfig,
    seed: int,
) -> None:
    """What designs are to be compared with: the best real items, as many random drawings, and pixel ascent from the
    recommended top-1 under one recommender. Figures of all four, and the first picture of each for each problem."""
    atelier = load_atelier(catalogue, shelf, encoder, gan, ensemble, held_out)
    made = load_designed(designs)
    customers, problems = problems_of(asked)
    seen = load_purchases(purchases).seen(len(atelier.catalogue))[customers]
    bench = set_up(atelier, atelier.tastes(customers), seen, problems, config, seed=seed)
    found = contestants(bench, made, seed=seed)
    arms = [arm(one.name, one.scores, one.images, one.climbed) for one in found]
    plain = [{name: _listed(value) for name, value in vars(one).items()} for one in arms]
    write_asked(work, asked)
    (work / "arms.json").write_text(json.dumps(plain))
    first: dict[str, Any] = {one.name: _firsts(one.images) for one in found}
    np.savez(work / "arms.npz", **first)


def _listed(value: Any) -> Any:
    """Arrays as lists, NaN as None: what JSON holds."""
    return [None if np.isnan(v) else float(v) for v in value] if isinstance(value, np.ndarray) else value


def _firsts(images: Sequence[np.ndarray]) -> np.ndarray:
    """The first picture of each problem as uint8; a blank one where there is none."""
    shape = images[0].shape[1:]  # also of an arm that came to no picture at all
    first = np.stack([each[0] if len(each) else np.ones(shape, dtype=np.float32) for each in images])
    return (first.clip(0, 1) * 255).round().astype(np.uint8)
