"""The segmentation ablation as one call: cases with masks to folds to GANs to U-Nets to a verdict."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from medgan_fashion.base.plain import to_plain
from medgan_fashion.imaging.prepare.prepare import Prepared, cached_prepare
from medgan_fashion.medical.ablation_config import phantom_image_config
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.segmentation.collect import collect_segmentation
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.medical.segmentation.plan import plan_segmentation
from medgan_fashion.runs.engine.declare import declare
from medgan_fashion.runs.engine.executor import share, work
from medgan_fashion.runs.engine.stage import complete, stage

Say = Callable[[str], None]
Tell = Callable[[int, int], None]


@stage(version=1)
def masked_phantom_cases(work: Path, patients: int, seed: int) -> None:
    """The embedded CT phantoms as DICOM files with a mask for each lesion, and a case table."""
    write_liver_phantoms(work, patients=patients, seed=seed, masks=True)


def open_segmentation(
    data: Path | None, run: Path, config: SegmentationConfig, processes: int, say: Say, tell: Tell | None = None
) -> tuple[Prepared, SegmentationConfig]:
    """The prepared cases with their masks (from the run's cache where nothing changed), and the configuration: the
    phantoms come with their window."""
    if data is None:
        config = replace(config, image=replace(config.image, intensity=phantom_image_config().intensity))
        drawn = masked_phantom_cases.task(patients=config.phantom_patients, seed=config.seed)
        if not drawn.done(run):
            say(f"no data given: drawing CT phantoms of {config.phantom_patients} patients (seed {config.seed})")
        data = complete(drawn, run) / "cases.csv"
    elif not data.is_file():
        raise ValueError(f"no case table at {data}; write one with: medgan-fashion cases FOLDER --masks MASKS")
    skip = config.skip_unreadable
    prepared = cached_prepare(
        data, config.image, run / "prepared", skip_unreadable=skip, processes=processes, progress=tell
    )
    return prepared, config


def run_segmentation(
    data: Path | None,
    run: Path,
    config: SegmentationConfig,
    *,
    processes: int | None = None,
    say: Say = lambda text: None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Runs or resumes the ablation in the folder `run` and returns its summary.

    `data` is a case table with the column mask, or None for the embedded phantoms; the other arguments are those of
    `medical.ablation.run_ablation`. Raises ValueError before any training for what does not fit.
    """
    count = (os.cpu_count() or 1) if processes is None else processes
    prepared, config = open_segmentation(data, run, config, max(count, 1), say)
    declare(run, {"config": to_plain(config), "cases": prepared.images.content_hash()})
    plan = plan_segmentation(run, prepared.images, config)
    say(f"{len(plan.cells)} U-Nets over {config.repeats} x {config.folds} folds in {run}")
    if count:
        share(plan.tasks, run, count, tell)
    else:
        work(plan.tasks, run)
    return collect_segmentation(run, data.stem if data else "liver phantoms", prepared, config, plan)
