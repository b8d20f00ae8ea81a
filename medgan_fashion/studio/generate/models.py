"""The models of the finished runs: what each draws, where it came from, and what a visitor should know of it."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from medgan_fashion.base.plain import from_plain
from medgan_fashion.fashion.run.open import read_parts
from medgan_fashion.gan import Recipe
from medgan_fashion.gan.models.model import FORMAT
from medgan_fashion.gan.networks.card import DataCard
from medgan_fashion.gan.recipe.spelling import read_recipe
from medgan_fashion.medical.results.schema import Gan, Summary
from medgan_fashion.report.summaries import read_summary
from medgan_fashion.studio.medical.study import read_study
from medgan_fashion.studio.runs import Run


@dataclass(frozen=True)
class Listed:
    """A model that can be opened.

    Args:
        name: for a person; no two models of a list share one.
        path: of model.safetensors. stamp: when that file was written.
        classes: what it draws. conditional: whether one of them can be asked for; if not, and there is one only, all
            it draws is of that class.
        shape: (C, H, W) of a picture. value_range: of its values.
        prior: of its latents: "normal", "uniform" or "sphere".
        warnings: sentences: an alarm that ended its training, near copies that were found.
    """

    name: str
    path: Path
    stamp: float
    kind: Literal["garments", "medical"]
    classes: tuple[str, ...]
    conditional: bool
    shape: tuple[int, ...]
    value_range: tuple[float, float]
    prior: str
    warnings: tuple[str, ...] = ()

    @property
    def truncatable(self) -> bool:
        """Whether its variety can be narrowed: a sphere has no tails."""
        return self.prior != "sphere"


def truncation(prior: str, variety: float) -> float | None:
    """The truncation that keeps the central share `variety` (0, 1] of each latent; None for 1, which is everything.

    ValueError for a variety outside, or below 1 for a sphere.
    """
    if not 0 < variety <= 1:
        raise ValueError(f"variety is {variety:g}; choose it above 0 and up to 1")
    if variety == 1:
        return None
    if prior == "sphere":
        raise ValueError("this model's latents lie on a sphere, which has no tails: leave variety at 1")
    return variety if prior == "uniform" else NormalDist().inv_cdf((1 + variety) / 2)


def _header(path: Path) -> tuple[Recipe, DataCard]:
    """Recipe and card, without the weights; ValueError for something else."""
    try:
        with safe_open(path, framework="np") as file:
            about = json.loads((file.metadata() or {})[FORMAT])
        return read_recipe(about["recipe"]), from_plain(DataCard, about["card"], stored=True)
    except (OSError, SafetensorError, KeyError, json.JSONDecodeError):
        raise ValueError(f"{path} is no model of this package; run its chain again") from None


def _facts(folder: Path) -> dict[str, Any]:
    """gan.json beside the weights, {} where it is not there."""
    path = folder / "gan.json"
    try:
        return json.loads(path.read_text()) if path.is_file() else {}
    except json.JSONDecodeError:
        raise ValueError(f"{path} is damaged; run its chain again") from None


def _listed(folder: Path, name: str, kind: Literal["garments", "medical"], warnings: tuple[str, ...]) -> Listed:
    path = folder / "model.safetensors"
    recipe, card = _header(path)
    facts = _facts(folder)
    classes = card.classes or tuple(facts.get("classes") or ())
    if alarm := facts.get("alarm"):
        warnings = (f"An alarm ended this model's training: {alarm}", *warnings)
    conditional = recipe.draws_classes and bool(card.classes)
    return Listed(
        name=name,
        path=path,
        stamp=path.stat().st_mtime,
        kind=kind,
        classes=classes,
        conditional=conditional,
        shape=card.shape,
        value_range=card.value_range,
        prior=recipe.latent.prior,
        warnings=warnings,
    )


def _warning(n: int | None, where: str, why: str) -> tuple[str, ...]:
    return (f"{n} near {'copy' if n == 1 else 'copies'} of training images found among {where}: {why}",) if n else ()


def _copies(summary: Summary, about: Gan | None) -> tuple[str, ...]:
    """A warning where near copies were found among the images of this model's fold."""
    place = about and (about["fold"], about["repeat"])
    n = sum(j["near_copies"] for j in summary.get("judge", []) if (j["fold"], j["repeat"]) == place)
    return _warning(n, "this fold's synthetic images", "do not pass its pictures on, they may show a patient")


def _medical_name(run: Run, folder: Path, about: Gan | None) -> str:
    if about is None:
        return f"{run.name}, GAN {folder.name[:6]}"
    purpose = [part for part in about["name"].split(", ")[1:] if not part.startswith("class ")]
    per_class = [f"class {about['classes'][0]}"] if ", class " in about["name"] and about["classes"] else []
    return ", ".join([run.name, f"fold {about['fold'] + 1}", f"repeat {about['repeat'] + 1}", *purpose, *per_class])


def _place(about: Gan | None) -> tuple[int, int, int]:
    """The order of a list: the whole training folds first."""
    return (1, 0, 0) if about is None else (", " in about["name"], about["repeat"], about["fold"])


def _medical(run: Run) -> list[tuple[Path, str, tuple[str, ...]]]:
    """Folder, name and warnings of every GAN of an ablation."""
    summary = read_study(run.folder)
    known = {(g["training_rows"], tuple(g["classes"])): g for g in reversed(summary.get("gans", []))}
    found = []
    for folder in sorted((run.folder / "stages" / "train_gan").glob("[!.]*")):
        facts = _facts(folder)
        about = known.get((facts.get("training_rows", ""), tuple(facts.get("classes") or ())))
        found.append((_place(about), folder, _medical_name(run, folder, about), _copies(summary, about)))
    return [(folder, name, warnings) for _, folder, name, warnings in sorted(found, key=lambda one: one[:2])]


def _garments(run: Run) -> list[tuple[Path, str, tuple[str, ...]]]:
    """The one GAN of a run of garments."""
    about = read_summary(run.folder / "results" / "summary.json").get("gan") or {}
    warnings = _warning(about.get("near_copies"), "this model's drawings", "do not present them as new garments")
    return [(run.folder / read_parts(run.folder).gan, f"{run.name}, garments", warnings)]


def _distinct(models: list[Listed]) -> list[Listed]:
    """Names that are met twice get the start of their folder's key."""
    times = Counter(model.name for model in models)
    return [
        replace(model, name=f"{model.name} ({model.path.parent.name[:6]})") if times[model.name] > 1 else model
        for model in models
    ]


def list_models(runs: tuple[Run, ...]) -> tuple[list[Listed], list[str]]:
    """The models of the runs, and a sentence for whatever cannot be opened; no weights are read."""
    found: list[Listed] = []
    damaged: list[str] = []
    for run in runs:
        if run.kind == "segmentation":  # images with masks: files of their own, which this page does not draw
            continue
        kind: Literal["garments", "medical"] = "garments" if run.kind == "garments" else "medical"
        try:
            folders = _garments(run) if kind == "garments" else _medical(run)
        except ValueError as error:
            damaged.append(str(error))
            continue
        for folder, name, warnings in folders:
            try:
                found.append(_listed(folder, name, kind, warnings))
            except ValueError as error:
                damaged.append(str(error))
    return _distinct(found), damaged
