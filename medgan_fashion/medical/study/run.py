"""A study as one call: cases to folds to GANs to learners to a verdict; the same call again resumes."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from medgan_fashion.gan.training.cost import one_thread
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import Prepared, cached_prepare
from medgan_fashion.medical.config import StudyConfig, phantom_image_config
from medgan_fashion.medical.design import Plan, Synthesis, TrainingSet
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.phantoms.mammograms import write_mammogram_phantoms
from medgan_fashion.medical.planner import Planner, StudyTask
from medgan_fashion.medical.study.collect import collect
from medgan_fashion.medical.study.tasks import task_of
from medgan_fashion.runs.engine.declare import declare
from medgan_fashion.runs.engine.executor import share, work
from medgan_fashion.runs.engine.stage import complete, stage

C = TypeVar("C", bound=StudyConfig)
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


@stage(version=1)
def masked_phantom_cases(work: Path, patients: int, seed: int) -> None:
    """The embedded CT phantoms as DICOM files with a mask for each lesion, and a case table."""
    write_liver_phantoms(work, patients=patients, seed=seed, masks=True)


GIVEN = ("size", "margin", "context", "masks")  # of the image configuration: what phantoms leave to the user
PHANTOMS = {  # by chain; the CT ones are liver lesions
    "lesions": (phantom_cases, "CT phantoms", "liver phantoms"),
    "mammograms": (mammogram_cases, "mammogram phantoms", "mammogram phantoms"),
    "lesion_segmentation": (masked_phantom_cases, "CT phantoms", "liver phantoms"),
}


def _phantoms(run: Path, config: StudyConfig, say: Say) -> Path:
    """The case table of the chain's own phantoms, drawn where they are not there yet."""
    maker, what, _ = PHANTOMS[config.chain]
    drawn = maker.task(patients=config.phantom_patients, seed=config.seed)
    if not drawn.done(run):
        say(f"no data given: drawing {what} of {config.phantom_patients} patients (seed {config.seed})")
    return complete(drawn, run) / ("films.csv" if config.films else "cases.csv")


def _cases(run: Path, data: Path | None, config: C, say: Say) -> tuple[Path, C]:
    if data is None:
        table = _phantoms(run, config, say)
        if config.chain == "mammograms":  # its door scales by itself
            return table, config
        image = replace(phantom_image_config(), **{key: getattr(config.image, key) for key in GIVEN})
        return table, replace(config, image=image)
    if not data.is_file():
        raise ValueError(f"no case table at {data}; write one with: medgan-fashion cases FOLDER --out cases.csv")
    return data, config


def open_study(
    data: Path | None, run: Path, config: C, processes: int, say: Say, tell: Tell | None = None
) -> tuple[Prepared, C]:
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


@dataclass(frozen=True)
class Estimate:
    """What a dry run can know: sizes, GANs of each generator in the folds' own training sets and in `further` ones,
    learners; measured seconds of one GAN of each generator and of one learner; hours on the workers."""

    patients: int
    lesions: int
    images: int
    gans: dict[str, int]
    further: dict[str, int]
    learners: int
    memory_mb: float
    gan_seconds: dict[str, float]
    learner_seconds: float
    hours: float


PROCESS_MB = 700.0  # of a worker without images


def _count_gans(parts: list[TrainingSet]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for part in parts:
        for made in part.materials.generators:
            found.setdefault(made.name, set()).update(gan.key for gan in made.gans)
    return found


def estimate(prepared: Prepared, config: StudyConfig, task: StudyTask, plan: Plan, processes: int) -> Estimate:
    """The size of everything, and how long it takes on this machine: measured by a few updates with one thread."""
    images = prepared.images.take(~prepared.images.external)
    own, everywhere = _count_gans(plan.whole), _count_gans(plan.training_sets)
    learners = len({cell.task.key for cell in plan.cells})
    with one_thread():
        gan, learner = task.seconds(images)
    total = sum(len(keys) * gan[name] for name, keys in everywhere.items()) + learners * learner
    return Estimate(
        len(set(images.groups.tolist())),
        len(set(images.lesions.tolist())),
        len(images),
        {name: len(keys) for name, keys in own.items()},
        {name: len(keys - own.get(name, set())) for name, keys in everywhere.items()},
        learners,
        images.images.nbytes * (config.pool + 2) / 2**20 + PROCESS_MB,
        gan,
        learner,
        total / processes / 3600,
    )


def plan_study(run: Path, images: ImageSet, config: StudyConfig, synthesis: Synthesis | None = None) -> Plan:
    """Every task of a study; nothing is computed but the rows that the folds are stored as."""
    return Planner(run, images, config, task_of(config, synthesis)).build()


def run_study(
    data: Path | None,
    run: Path,
    config: StudyConfig,
    *,
    processes: int | None = None,
    synthesis: Synthesis | None = None,
    say: Say = lambda text: None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Runs or resumes a study in the folder `run` and returns its summary (of classifiers: medical/results/schema.py).

    `data` is a case table (for segmentation with the column mask), or None for the embedded phantoms. `processes` local
    workers (default: all cores; 0 = this process alone); any number of the same command on one folder share the work.
    `synthesis` may put something else in the GAN's place, as the planted tests do. `say` gets sentences, `tell` gets
    (done, all) counts.

    Raises ValueError before any training for cases or configuration that do not fit.
    """
    count = (os.cpu_count() or 1) if processes is None else processes
    prepared, config = open_study(data, run, config, max(count, 1), say)
    declare(run, config, {"cases": prepared.images.content_hash()})
    plan = plan_study(run, prepared.images, config, synthesis)
    say(f"{len(plan.cells)} {task_of(config).learners} over {config.repeats} x {config.folds} folds in {run}")
    if count:
        share(plan.tasks, run, count, tell)
    else:
        work(plan.tasks, run)
    name = data.stem if data else PHANTOMS[config.chain][2]
    return collect(run, name, prepared, config, plan)
