"""How long a segmentation ablation will take on this machine: a few turns of its GANs and its U-Net, measured."""

from dataclasses import replace

import numpy as np

from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.medical.segmentation.plan import SegmentationPlan
from medgan_fashion.medical.segmenter import train_and_segment
from medgan_fashion.medical.study.timing import one_thread, seconds_per_step, training_seconds


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
