"""The privacy screening of an ablation's GANs: each against its own training patients and those it never saw."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.screening.privacy import Screened, screen, unscreened
from medgan_fashion.evaluation.screening.thresholds import PrivacyRules
from medgan_fashion.imaging.prepare.near_copies.copies import Copies
from medgan_fashion.medical.design import Screening, TrainingSet
from medgan_fashion.runs.engine.stage import Task, stage
from medgan_fashion.runs.stages.copies import load_copies
from medgan_fashion.runs.stages.folds import Fold, load_fold
from medgan_fashion.runs.stages.images import load_synthetic
from medgan_fashion.runs.stages.privacy_cards import BY, FOLDER, model_hash, write_card

Rows = tuple[NDArray[np.float32], NDArray[np.int64]]  # images (N, C, H, W) and their groups (N,)


def screenings(part: TrainingSet, unseen: Task, grouping: str, rules: PrivacyRules, seed: int) -> list[Screening]:
    """One for each GAN of a training set, or one where something else stands in the GANs' place.

    `unseen`: rows that the training set does not hold, scaled as it is.
    """
    return [
        Screening(
            part.gan_name(generator, gan),
            part,
            generator.name,
            screen_privacy.task(
                training=part.materials.training,
                unseen=unseen,
                synthetic=generator.synthetic,
                copies=generator.copies,
                gan=gan,
                label=gan.inputs.get("label") if gan else None,
                by=BY[grouping],
                rules=rules,
                seed=seed,
            ),
        )
        for generator in part.materials.generators
        for gan in generator.gans or (None,)
    ]


def _rows(fold: Fold, label: int | None) -> Rows:
    """All rows of a fold, or those of one class."""
    chosen = np.ones(len(fold.labels), bool) if label is None else np.asarray(fold.labels) == label
    return fold.views[chosen], np.asarray(fold.groups)[chosen]


def _among_class(near: Copies, fold: Fold, label: int | None) -> Copies:
    """With the training rows counted as `_rows` counts them."""
    if label is None:
        return near
    return replace(near, copied_from=np.searchsorted(np.flatnonzero(fold.labels == label), near.copied_from))


def _thumbnails(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(N, h, w) uint8: the middle channel."""
    return (np.clip(images[:, images.shape[1] // 2], 0, 1) * 255).astype(np.uint8)


def _save_pairs(path: Path, found: Screened, made: NDArray[np.float32], known: NDArray[np.float32]) -> None:
    np.savez(
        path,
        synthetic=_thumbnails(made[found.drawn]),
        train=_thumbnails(known[found.twins]),
        distance=found.distances,
        copy=found.copies,
    )


@stage(version=2)
def screen_privacy(
    work: Path,
    training: Path,
    unseen: Path,
    synthetic: Path,
    copies: Path,
    gan: Path | None,
    label: int | None,
    by: str,
    rules: PrivacyRules,
    seed: int,
) -> None:
    """The privacy card of one GAN (card.json) and its closest pairs (pairs.npz, where there was enough to screen).

    With `label` the GAN drew that class alone, and is screened against that class alone.
    """
    fold, held = load_fold(training), load_fold(unseen)
    made, near = load_synthetic(synthetic, fold), load_copies(copies)
    chosen = slice(rules.images) if label is None else np.flatnonzero(made.labels == label)[: rules.images]
    drawn = np.asarray(made.images[chosen])
    (known, whose), (others, theirs) = _rows(fold, label), _rows(held, label)
    patients = [len(np.unique(one)) for one in (whose, theirs)]
    if min(patients) < 2 or not len(drawn):
        reason = f"{patients[0]} training and {patients[1]} held-out patients are too few to screen with"
        card = unscreened(reason, by, rules)
    else:
        sides = {"train_patients": whose, "held_out_patients": theirs}
        near = _among_class(near.take(chosen), fold, label)
        found = screen(drawn, known, others, near, **sides, by=by, rules=rules, seed=seed)
        card = found.card
        _save_pairs(work / "pairs.npz", found, drawn, known)
    sha256 = model_hash(gan / "model.safetensors") if gan else None
    (work / "card.json").write_text(json.dumps(card | {"model_sha256": sha256}, indent=1))


def privacy_rows(planned: list[Screening], run: Path) -> list[dict[str, Any]]:
    """The cards as the summary holds them, each with its place in the design."""
    rows = []
    for one in planned:
        card = json.loads((one.task.folder(run) / "card.json").read_text())
        place = {"name": one.name, "repeat": one.part.repeat, "fold": one.part.fold}
        rows.append(place | {"generator": one.generator, "real_fraction": one.part.real_fraction} | card)
    return rows


def keep_cards(planned: list[Screening], run: Path) -> None:
    """Writes RUN/results/privacy/<sha256 of the model's file>.json, where whoever draws from a model looks."""
    for one in planned:
        card = json.loads((one.task.folder(run) / "card.json").read_text())
        if card["model_sha256"]:
            write_card(card, run / FOLDER / f"{card['model_sha256']}.json")


def pair_samples(planned: list[Screening], run: Path) -> dict[str, Any]:
    """Closest pairs of the first repeat's whole training sets, by fold, for samples.npz."""
    found: dict[str, list[NDArray]] = {}
    for one in planned:
        path = one.task.folder(run) / "pairs.npz"
        if one.part.repeat == 0 and not one.part.purpose and path.is_file():
            with np.load(path) as arrays:
                made = {key: arrays[key] for key in arrays.files}
            made["generator"] = np.full(len(made["copy"]), one.generator or "gan")
            for key, array in made.items():
                found.setdefault(f"f{one.part.fold}_privacy_{key}", []).append(array)
    return {key: np.concatenate(parts) for key, parts in found.items()}
