"""The segmentation ablation as one call: cases with masks to GANs to U-Nets to a verdict; and how long it takes."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.base.plain import to_plain
from medgan_fashion.gan.training.cost import one_thread, seconds_per_step
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import Prepared, cached_prepare
from medgan_fashion.medical.config import phantom_image_config
from medgan_fashion.medical.learners import train_and_segment
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.segmentation.collect import collect_segmentation
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.medical.segmentation.plan import SegmentationPlan, plan_segmentation
from medgan_fashion.medical.study.timing import training_seconds
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


# ---------------------------------------------------------------------------------------------------------------------
# How long a segmentation ablation will take on this machine: a few turns of its GANs and its U-Net, measured.


def measured_cost(
    images: ImageSet, config: SegmentationConfig, plan: SegmentationPlan, processes: int
) -> dict[str, float]:
    """`joint_minutes` and `spade_minutes` of one GAN, `unet_seconds` of one U-Net, `hours` of the whole grid on
    `processes` one-thread workers."""
    rng, channels = np.random.default_rng(0), images.images.shape[1]
    views = rng.random((64, channels + 1, *config.image.size), dtype=np.float32)  # a clock does not look at them

    def unet(updates: int) -> None:
        short = replace(config.segmenter, updates=updates)
        train_and_segment(views[:, :-1], views[:, -1:], None, views[:2, :-1], short, 0)

    cost, total = {}, 0.0
    with one_thread():
        for name in config.generators:
            chosen = getattr(config, name)
            seconds = training_seconds(chosen.resolved(), views, None, chosen.images_seen)
            cost[f"{name}_minutes"] = seconds / 60
            total += seconds * len(plan.sets)
        cost["unet_seconds"] = seconds_per_step(unet) * config.segmenter.updates
    total += cost["unet_seconds"] * len(plan.cells)
    return {**cost, "hours": total / processes / 3600}
