"""One GAN from one file: what the command `train` does."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from medgan_fashion.gan import Domains, Progress, Recipe, Trained, train
from medgan_fashion.gan.recipe.schedules import check_growth, shared_out
from medgan_fashion.gan.recipe.table import changed_recipe
from medgan_fashion.imaging.cases.config import ImageConfig, mammogram_image
from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.prepare.image_folder import image_files, images_of_folder
from medgan_fashion.imaging.prepare.imageset import class_and_view
from medgan_fashion.imaging.prepare.intensity import fit_intensity
from medgan_fashion.imaging.prepare.prepare import prepare_cases
from medgan_fashion.runs.single.generate import write_png
from medgan_fashion.runs.single.growth_plan import LevelPlan, kept_plan, plan_growth, planned
from medgan_fashion.runs.single.inputs import UNLABELLED, read_arrays

GRID = (4, 8)  # rows and columns of a grid of samples
Films = Literal["no", "lesion", "whole"]
Tell = Callable[[LevelPlan], None]


@dataclass(frozen=True)
class Job:
    """One training as the command line gives it: `mammogram` reads the case table's pictures as patches of
    mammograms or as whole films, told apart by class and view; `changes` differ from the recipe's row. Phases of
    growth share `images_seen` out, unless the changes say growth.phase_images. `data` is a case table, an .npz or a
    folder of pictures; `given` another, of the domain that a translation starts from, its images the partners of
    those of `data` in their order where `paired`. `init_from`: a published model to start from."""

    data: Path
    out: Path
    recipe: str
    images_seen: int
    size: tuple[int, int]
    seed: int = 0
    device: str | None = None
    mammogram: Films = "no"
    changes: dict[str, Any] = field(default_factory=dict)
    given: Path | None = None
    paired: bool = False
    init_from: Path | None = None

    @property
    def where(self) -> str:
        """The device that it runs on."""
        return self.device or ("cuda" if torch.cuda.is_available() else "cpu")

    @property
    def image(self) -> ImageConfig:
        """How the case table's pictures are read."""
        plain = ImageConfig(size=self.size)
        return plain if self.mammogram == "no" else mammogram_image(self.mammogram, self.size)


def _folder(path: Path, size: tuple[int, int]) -> dict[str, Any]:
    """A folder's pictures; those of a sub-folder "unlabelled" have the label -1."""
    found = images_of_folder(path, size)
    if found.labels is None or UNLABELLED not in found.classes:
        return {"data": found.images, "labels": found.labels, "classes": found.classes or None}
    nowhere = found.classes.index(UNLABELLED)
    labels = np.where(found.labels == nowhere, -1, found.labels - (found.labels > nowhere))
    return {"data": found.images, "labels": labels, "classes": [c for c in found.classes if c != UNLABELLED]}


def _read(job: Job) -> dict[str, Any]:
    """images, labels, class names and value range for `train` from a case table, an .npz or a folder."""
    if job.given is not None:
        if job.paired and job.data.is_dir() and job.given.is_dir():
            _check_partners(job.given, job.data)
        wanted, given = (_read(replace(job, data=path, given=None)) for path in (job.data, job.given))
        return {"data": Domains(given["data"], wanted["data"], job.paired)}
    if job.data.is_dir():
        return _folder(job.data, job.size)
    if job.data.suffix == ".npz":
        arrays = read_arrays(job.data)
        return {"data": arrays.images, "labels": arrays.labels, "classes": arrays.classes}
    images = prepare_cases(job.data, job.image).images
    images = images.take(~images.external)  # external rows are only ever tested on
    scaled = fit_intensity(images.images, job.image.intensity, job.size).apply(images.view())
    labels, classes = images.labels, images.card.classes
    if job.mammogram != "no":
        labels, classes = class_and_view(labels, images.view_positions, classes, images.card.view_positions)
    return {
        "data": scaled,
        "labels": labels,
        "classes": classes,
        "value_range": (0.0, 1.0),
    }


def _shape(job: Job) -> tuple[tuple[int, ...], int]:
    """Shape (C, H, W) and number of classes, without opening the pictures of a case table."""
    if job.data.is_dir():
        found = _read(replace(job, given=None))
        return found["data"].shape[1:], len(found["classes"] or ())
    if job.data.suffix != ".npz":
        return (1, *job.size), len(read_case_table(job.data).classes)
    found = _read(replace(job, given=None))
    return found["data"].shape[1:], 0 if found["labels"] is None else int(found["labels"].max()) + 1


def _check_flags(job: Job, row: Recipe) -> None:
    """ValueError, which names the flag, where what was asked for does not fit the recipe."""
    if job.out.is_file():
        raise ValueError(f"{job.out} is a file; give a folder as --out")
    if job.paired and job.given is None:
        raise ValueError(f"--paired says that pictures of {job.data} have partners; name their folder with --given")
    if row.given and job.given is None and job.data.suffix != ".npz":
        raise ValueError(f"recipe {job.recipe} paints over given pictures; name their folder with --given")
    if row.translation is not None and row.translation.paired and job.given is not None and not job.paired:
        raise ValueError(f"recipe {job.recipe} needs pairs of pictures; say --paired, or take --recipe cyclegan")


def _check_partners(given: Path, wanted: Path) -> None:
    """ValueError that names the first picture of two folders without a partner of its name, whatever its suffix."""
    own, others = ({p.relative_to(f).with_suffix("") for p in image_files(f)[0]} for f in (given, wanted))
    for folder, other, lone in ((given, wanted, own - others), (wanted, given, others - own)):
        if lone:
            raise ValueError(
                f"{folder / min(lone)} has no partner of its name in {other}; give both pictures of a pair one name"
            )


def plan_job(job: Job, tell: Tell = lambda level: None) -> tuple[Recipe, list[LevelPlan]]:
    """The recipe as it will be trained. A growing one is measured level by level on this machine (once: the plan
    stays in the out folder, so that a resumed training finds the same batches), and its phases are shared out.

    Raises ValueError before anything is trained for a size, a length or a memory that does not fit.
    """
    row = changed_recipe(job.recipe, job.changes)
    _check_flags(job, row)
    if job.init_from is not None and not job.init_from.exists():
        raise ValueError(f"no file {job.init_from}; give a model.safetensors as --init-from")
    for path in (job.data, job.given):
        if path is not None and not path.exists():
            raise ValueError(
                f"no file {path}; give a case table (CSV), an .npz with `images` and `labels`, or a folder of pictures"
            )
    if row.growth is None:
        return row, []
    shape, n_classes = _shape(job)
    if "phase_images" not in job.changes.get("growth", {}):
        row = shared_out(row, shape, job.images_seen)
    check_growth(row, shape, job.images_seen)

    def measure() -> list[LevelPlan]:
        return plan_growth(row, shape, n_classes, job.where, tell=tell)

    levels = kept_plan(job.out / "plan.json", row, shape, job.where, measure)
    return planned(row, levels), levels


def _keep_grids(out: Path, value_range: tuple[float, float] | None) -> Callable[[Progress], None]:
    """Writes a grid of samples at each check, so that a person sees what is learned: OUT/samples/IMAGES_SEEN.png.
    Channels that are no colours, such as an image and its mask, stand side by side."""

    def write(progress: Progress) -> None:
        samples = progress.samples[: GRID[0] * GRID[1]].float().numpy()
        if samples.shape[1] not in (1, 3):
            samples = np.concatenate(np.split(samples, samples.shape[1], axis=1), axis=3)
        low, high = value_range or (float(samples.min()), float(samples.max()))
        shades = np.clip((samples - low) / max(high - low, 1e-6) * 255, 0, 255).round().astype(np.uint8)
        n = len(shades) // GRID[1] * GRID[1] or len(shades)
        rows = shades[:n].reshape(-1, min(GRID[1], n), *shades.shape[1:])
        grid = rows.transpose(2, 0, 3, 1, 4).reshape(shades.shape[1], rows.shape[0] * rows.shape[3], -1)
        (out / "samples").mkdir(exist_ok=True)
        write_png(out / "samples" / f"{progress.images_seen:08d}.png", grid)

    return write


def train_on_file(job: Job, tell: Tell = lambda level: None) -> Trained:
    """Trains a recipe on a case table, .npz or folder of pictures into the out folder, with grids of samples on the
    way; the same call again resumes."""
    recipe, _ = plan_job(job, tell)
    given = _read(job)
    if isinstance(given["data"], Domains) and "given" not in job.changes.get("networks", {}):
        recipe = changed_recipe(recipe, {"networks": {"given": given["data"].source.shape[1]}})
    grids = [_keep_grids(job.out, given.get("value_range"))]
    return train(
        recipe,
        **given,
        images_seen=job.images_seen,
        out=job.out,
        seed=job.seed,
        device=job.where,
        callbacks=grids,
        init_from=job.init_from,
    )
