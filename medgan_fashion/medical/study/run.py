"""The ablation as one call: cases to folds to GANs to classifiers to a verdict; the same call again resumes."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from medgan_fashion.base.plain import to_plain
from medgan_fashion.evaluation.classifiers.verdict import planned_detectable
from medgan_fashion.imaging.prepare.prepare import Prepared, cached_prepare
from medgan_fashion.medical.config import AblationConfig, phantom_image_config
from medgan_fashion.medical.design import Plan, Synthesis
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.phantoms.mammograms import write_mammogram_phantoms
from medgan_fashion.medical.study.collect import collect
from medgan_fashion.medical.study.plan import Planner
from medgan_fashion.runs.engine.declare import declare
from medgan_fashion.runs.engine.executor import share, work
from medgan_fashion.runs.engine.stage import complete, stage

Say = Callable[[str], None]
Tell = Callable[[int, int], None]


@stage(version=1)
def phantom_cases(work: Path, patients: int, seed: int) -> None:
    """The embedded CT phantoms as DICOM files and a case table."""
    write_liver_phantoms(work, patients=patients, seed=seed)


@stage(version=1)
def mammogram_cases(work: Path, patients: int, seed: int) -> None:
    """The embedded mammogram phantoms as DICOM files, with a case table of masses and one of films."""
    write_mammogram_phantoms(work, patients=patients, seed=seed)


def _phantoms(run: Path, config: AblationConfig, say: Say) -> Path:
    """The case table of the chain's own phantoms, drawn where they are not there yet."""
    maker, what = (
        (mammogram_cases, "mammogram phantoms") if config.chain == "mammograms" else (phantom_cases, "CT phantoms")
    )
    drawn = maker.task(patients=config.phantom_patients, seed=config.seed)
    if not drawn.done(run):
        say(f"no data given: drawing {what} of {config.phantom_patients} patients (seed {config.seed})")
    return complete(drawn, run) / ("films.csv" if config.films else "cases.csv")


def _cases(run: Path, data: Path | None, config: AblationConfig, say: Say) -> tuple[Path, AblationConfig]:
    if data is None:
        table = _phantoms(run, config, say)
        if config.chain == "mammograms":  # its door scales by itself
            return table, config
        image, given = phantom_image_config(), config.image
        image = replace(image, size=given.size, margin=given.margin, context=given.context)
        return table, replace(config, image=image)
    if not data.is_file():
        raise ValueError(f"no case table at {data}; write one with: medgan-fashion cases FOLDER --out cases.csv")
    return data, config


def open_study(
    data: Path | None, run: Path, config: AblationConfig, processes: int, say: Say, tell: Tell | None = None
) -> tuple[Prepared, AblationConfig]:
    """The prepared cases (from the run's cache where nothing changed) and the resolved configuration."""
    table, config = _cases(run, data, config, say)
    prepared = cached_prepare(
        table,
        config.image,
        run / "prepared",
        skip_unreadable=config.skip_unreadable,
        external_sites=config.external_sites,
        processes=processes,
        progress=tell,
    )
    return prepared, config


def estimate(prepared: Prepared, config: AblationConfig, plan: Plan) -> dict[str, Any]:
    """What a dry run can know without training: the size of everything and the smallest difference it could show."""
    images = prepared.images.take(~prepared.images.external)
    gans = {gan.key for materials in plan.materials.values() for gan in materials.gans}
    all_gans = {t.key for task in plan.tasks for t in _deep(task) if t.stage.name == "train_gan"}
    patients, lesions = len(set(images.groups.tolist())), len(set(images.lesions.tolist()))
    planned = planned_detectable(lesions, patients, len(images.card.classes), config.repeats)
    return {
        "patients": patients,
        "lesions": lesions,
        "images": len(images.labels),
        "gans": len(gans),
        "further_gans": len(all_gans - gans),
        "classifiers": len({cell.task.key for cell in plan.cells}),
        "smallest_detectable": planned.difference,
        "assuming": planned.text,
        "memory_mb": images.images.nbytes * (config.pool + 2) / 2**20,
    }


def _deep(task: Any) -> list[Any]:
    return [task, *(t for need in task.needs() for t in _deep(need))]


def run_ablation(
    data: Path | None,
    run: Path,
    config: AblationConfig,
    *,
    processes: int | None = None,
    synthesis: Synthesis | None = None,
    say: Say = lambda text: None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Runs or resumes the ablation in the folder `run` and returns its summary (see medical/results/schema.py).

    `data` is a case table, or None for the embedded phantoms. `processes` local workers (default: all cores; 0 =
    this process alone); any number of the same command on one folder share the work. `synthesis` may put something
    else in the GAN's place, as the planted tests do. `say` gets sentences, `tell` gets (done, all) counts.

    Raises ValueError before any training for cases or configuration that do not fit.
    """
    count = (os.cpu_count() or 1) if processes is None else processes
    prepared, config = open_study(data, run, config, max(count, 1), say)
    declare(run, {"config": to_plain(config), "cases": prepared.images.content_hash()})
    plan = Planner(run, prepared.images, config, synthesis).plan()
    say(f"{len(plan.cells)} classifiers over {config.repeats} x {config.folds} folds in {run}")
    if count:
        share(plan.tasks, run, count, tell)
    else:
        work(plan.tasks, run)
    name = data.stem if data else ("mammogram phantoms" if config.chain == "mammograms" else "liver phantoms")
    return collect(run, name, prepared, config, plan)
