"""The chain as one call: catalogue to recommenders to GAN to designs and restyles; the same call again resumes."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from medgan_fashion.fashion.config import GarmentsConfig
from medgan_fashion.fashion.data.purchases import find_customer
from medgan_fashion.fashion.recommend.visual import read_features
from medgan_fashion.fashion.run.collect import collect
from medgan_fashion.fashion.run.forget import check_forgotten
from medgan_fashion.fashion.run.plan import Plan, Planner
from medgan_fashion.fashion.run.shop import Shop, open_shop
from medgan_fashion.runs.engine.declare import declare
from medgan_fashion.runs.engine.executor import share, work

Say = Callable[[str], object]
Tell = Callable[[int, int], None]
INPUTS = ("catalogue", "purchases", "features")


def named_inputs(inputs: dict[str, Path]) -> dict[str, Path]:
    """--data NAME=PATH, a bare PATH being the catalogue; ValueError for another name, or two catalogues."""
    for name in inputs:
        if name and name not in INPUTS:
            raise ValueError(f"chain garments has no input '{name}'; give --data catalogue=, purchases= or features=")
    if "" in inputs and "catalogue" in inputs:
        raise ValueError(f"two catalogues: {inputs['']} and {inputs['catalogue']}; give --data catalogue= once")
    return {name or "catalogue": path for name, path in inputs.items()}


def pseudonymous(config: GarmentsConfig, known: tuple[str, ...]) -> GarmentsConfig:
    """The configuration with customers by pseudonym: what a run writes down never holds the shop's own IDs.

    Who is not known stays as given: the plan refuses them by the name that the user gave.
    """
    return replace(config, customers=tuple(find_customer(name, known) or name for name in config.customers))


def plan_garments(inputs: dict[str, Path], run: Path, config: GarmentsConfig, say: Say) -> tuple[Shop, Plan]:
    """The shop and every task; refuses what does not fit before anything is trained."""
    check_forgotten(run)
    named = named_inputs(inputs)
    shop = open_shop(named, run, config, say)
    config = pseudonymous(config, shop.purchases.customers)
    features = read_features(named["features"], shop.catalogue) if "features" in named else None
    return shop, Planner(run, shop, config, features).plan()


def run_garments(
    inputs: dict[str, Path],
    run: Path,
    config: GarmentsConfig,
    *,
    processes: int | None = None,
    say: Say = lambda text: None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Runs or resumes the chain in the folder `run` and returns its summary.

    `inputs`: tables by name (see `named_inputs`); none: the embedded sample. `processes` local workers (default: all
    cores; 0 = this process alone); any number of the same command on one folder share the work.

    Raises ValueError before any training for tables or configuration that do not fit.
    """
    count = (os.cpu_count() or 1) if processes is None else processes
    shop, plan = plan_garments(inputs, run, config, say)
    config = pseudonymous(config, shop.purchases.customers)
    declare(run, config, {"catalogue": plan.catalogue.key, "purchases": plan.history.key})
    if count:
        share(plan.tasks, run, count, tell)
    else:
        work(plan.tasks, run)
    return collect(run, shop, config, plan)
