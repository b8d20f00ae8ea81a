"""Objectives and stabilisers one at a time against one baseline: a small DCGAN on 1,000 pictures of garments, 32x32.

`VARIANTS` is the table of what is changed; `benchmarks/steadying.py` is the command with the budget and the report.
"""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats

from benchmarks.reproduce.data import folder_of
from benchmarks.reproduce.row import Job, Row
from benchmarks.reproduce.steadying_runs import run_one
from medgan_fashion.evaluation.classifiers.secondary import holm
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.recipe.table import changed_recipe

IMAGES_SEEN = 24_000
SEEDS = (0, 1, 2, 3, 4)
LEVEL = 0.05
# the rate: the best of 2e-4, 5e-4 and 1e-3 on the baseline alone, with seeds that are not compared
BASELINE = {"networks": {"width": 16, "max_width": 64}, "batch": 16, "lr_g": 5e-4, "lr_d": 5e-4}
POLICY = ["color", "translation", "cutout"]  # DiffAugment's own three
SHARES = ("noise_images", "snapshot_images", "ada_images")  # given as shares of the budget in VARIANTS

Found = dict[str, Any]


def variant_recipe(name: str, images_seen: int = IMAGES_SEEN) -> Recipe:
    """The baseline with the changes of one variant; shares of the budget become images."""
    changes = copy.deepcopy(VARIANTS[name])
    steady = changes.get("regularization", {})
    for key in set(SHARES) & set(steady):
        steady[key] = max(1, int(steady[key] * images_seen))
    return changed_recipe(changed_recipe("dcgan", BASELINE), changes)


def run_all(
    data: Path, folder: Path, seeds: tuple[int, ...] = SEEDS, images_seen: int = IMAGES_SEEN, updates: int = 600
) -> list[Found]:
    """Every (variant, seed), one seed after the other over all variants; what was measured before is read."""
    pairs = [(seed, name) for seed in seeds for name in VARIANTS]
    return [run_one(n, variant_recipe(n, images_seen), s, data, folder, images_seen, updates) for s, n in pairs]


def differences(found: list[Found], name: str, figure: str) -> list[float]:
    """Variant minus baseline of one figure (kid or coverage), seed by seed, where both were measured."""
    of = {(row["variant"], row["seed"]): row[figure] for row in found}
    seeds = sorted({row["seed"] for row in found})
    pairs = [(of.get((name, seed)), of.get(("baseline", seed))) for seed in seeds]
    return [a - b for a, b in pairs if a is not None and b is not None]


def paired(values: list[float]) -> tuple[float, float, float, float]:
    """(mean, low, high, p) of paired differences: Student's 95 % interval and two-sided p; NaN below two values."""
    mean, n = float(np.mean(values)) if values else np.nan, len(values)
    if n < 2:
        return mean, np.nan, np.nan, np.nan
    error = float(np.std(values, ddof=1)) / n**0.5
    reach = float(stats.t.ppf(1 - LEVEL / 2, n - 1)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, n - 1)) if error else float(mean == 0)
    return mean, mean - reach, mean + reach, p


def compare(found: list[Found], figure: str) -> dict[str, tuple[float, float, float, float, bool]]:
    """By variant: mean difference from the baseline, its 95 % interval, p, and whether it stands by Holm's rule."""
    names = [name for name in VARIANTS if name != "baseline"]
    each = {name: paired(differences(found, name, figure)) for name in names}
    # an unknown p is counted as a comparison that does not stand
    adjusted = holm({name: float(np.nan_to_num(each[name][3], nan=1.0)) for name in names})
    return {name: (*each[name], adjusted[name] <= LEVEL) for name in names}


def _run(job: Job) -> Found:
    folder_of(job.data, "fashion_mnist")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = run_all(job.data, job.folder, SEEDS[: 2 if job.quick else None], job.images(IMAGES_SEEN),
                        50 if job.quick else 600)  # fmt: skip
    finally:
        torch.set_num_threads(threads)
    kid = compare(found, "kid")
    better, worse = (sorted(n for n, row in kid.items() if row[4] and row[0] * sign < 0) for sign in (1, -1))
    collapses = sum(row["collapsed"] for row in found)
    text = (
        f"KID below the baseline's: {', '.join(better) or 'none'}; above: {', '.join(worse) or 'none'} "
        f"(paired over seeds, Holm over {len(kid)}); {collapses} of {len(found)} runs collapsed"
    )
    minutes = sum(row["cpu_minutes"] for row in found)
    return {"value": float(len(better)), "text": text, "runs": found, "minutes": minutes, "resumed": False}


def _wgan(n_critic: int) -> dict[str, Any]:
    return {
        "networks": {"norm_d": "none", "init": "he"},
        "objective": "wasserstein",
        "penalties": [{"name": "gradient_penalty", "weight": 10.0}],
        "n_critic": n_critic,
        "beta1": 0.0,
        "beta2": 0.9,
    }


VARIANTS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "lsgan": {"objective": "least_squares"},
    "hinge": {"objective": "hinge"},
    "wgan_gp": _wgan(n_critic=5),
    "wgan_gp, 1 critic step": _wgan(n_critic=1),
    "ragan": {"relativistic": "average"},
    "relativistic pairs": {"relativistic": "paired"},
    "r3gan": {
        "networks": {"norm_g": "none", "norm_d": "none", "init": "he"},
        "relativistic": "paired",
        "penalties": [{"name": "r1", "weight": 0.5}, {"name": "r2", "weight": 0.5}],
        "beta1": 0.0,
        "beta2": 0.99,
    },
    "spectral norm": {"networks": {"norm_d": "none", "init": "he", "spectral_norm": True}},
    "acgan": {
        "networks": {"condition_g": "multiply", "condition_d": "classes"},
        "classify": {"real": 1.0, "fake": 1.0, "generator": 1.0},
    },
    "self-attention": {"networks": {"attention": 16}},
    "feature matching": {"regularization": {"feature_matching": 1.0, "adversarial": 0.0}},
    "minibatch discrimination": {"networks": {"minibatch_discrimination": True}},
    "minibatch deviation": {"networks": {"minibatch_deviation": True}},
    "historical averaging": {"regularization": {"historical": 0.01}},
    "replay of fakes": {"regularization": {"replay_fakes": 512}},
    "no norm in D": {"networks": {"norm_d": "none", "init": "he"}},
    "replay of fakes, no norm in D": {
        "networks": {"norm_d": "none", "init": "he"},
        "regularization": {"replay_fakes": 512},
    },
    "replay of critics": {"regularization": {"replay_critics": 5, "snapshot_images": 0.1}},
    "instance noise": {"regularization": {"instance_noise": 0.1, "noise_images": 1.0}},
    "two time scales": {"lr_g": 2.5e-4, "lr_d": 1e-3},  # their mean factor is the baseline's
    "label smoothing": {"label_smoothing": 0.1},
    "DiffAugment": {"augment": POLICY},
    "ADA": {"augment": POLICY, "regularization": {"ada_target": 0.6, "ada_images": 0.25}},
    "LeCam": {"regularization": {"lecam": 0.3}},
    "averaged weights": {"ema_half_life": 2_000},
}

ROWS: dict[str, Row] = {
    "steadying": Row(
        name="steadying",
        system="objectives and stabilisers, one at a time",
        recipe="dcgan with one change each (benchmarks/reproduce/steadying.py)",
        source="each method's own paper; none reports this comparison",
        data="1,000 pictures of Fashion-MNIST, padded to 32x32",
        measure="variants whose KID is below the baseline's over five seeds",
        reported="",
        reported_on="",
        same_data=False,
        seeds=(0,),
        run=_run,
        note="The five seeds of every variant are inside the row; minutes are of all. The table: docs/steadying.md.",
    ),
}
