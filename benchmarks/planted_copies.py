"""Pictures, and altered copies of them: what gate_planted.py and near_copies.py plant."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.prepare.folds import patient_folds
from medgan_fashion.imaging.prepare.imageset import ImageSet, centre, first_appearance
from medgan_fashion.imaging.prepare.intensity import fit_intensity
from medgan_fashion.imaging.prepare.prepare import prepare_cases
from medgan_fashion.medical.arms.classic import warp
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.phantoms.mammograms import write_mammogram_phantoms

Pictures, Groups = NDArray[Any], NDArray[np.int64]
STILL = {"angle": 0.0, "flip": "", "shift_x": 0.0, "shift_y": 0.0, "zoom": 1.0}


def prepared(table: Path | None, config: ImageConfig) -> tuple[ImageSet, Groups]:
    """The cases of a table, and the groups (N,) that it tells; without one of 100 phantom patients, as films where the
    configuration reads mammograms."""
    with tempfile.TemporaryDirectory() as folder:
        if table is None and config.mammogram is None:
            table = write_liver_phantoms(Path(folder), patients=100)
        elif table is None:
            table = write_mammogram_phantoms(Path(folder), patients=100).with_name("films.csv")
        images = prepare_cases(table, config).images
        told = {case.row: case.group for case in read_case_table(table).cases}
    return images, first_appearance([told[row] for row in images.rows.tolist()])


def divided(images: ImageSet, config: ImageConfig) -> tuple[ImageSet, ImageSet, Pictures, Pictures]:
    """Training rows and the held-out third of the patients, and the canvases of both in [0, 1]."""
    folds = patient_folds(images.labels, images.groups, 3, 0, classes=images.card.classes)
    train, held = images.take(folds != 0), images.take(folds == 0)
    fitted = fit_intensity(train.images, config.intensity, config.size)
    return train, held, fitted.apply(train.images), fitted.apply(held.images)


def moved(canvases: Pictures, size: tuple[int, int], **how: Callable[[], float]) -> Pictures:
    """Views of canvases, each turned, shifted (pixels of the view) and zoomed as its draws say."""
    drawn = [{name: draw() for name, draw in how.items()} for _ in canvases]
    return np.stack([warp(canvas, STILL | one, size) for canvas, one in zip(canvases, drawn, strict=True)])


def other_contrast(views: Pictures, rng: np.random.Generator) -> Pictures:
    middle, factors = views.mean((1, 2, 3), keepdims=True), rng.uniform(0.7, 1.3, (len(views), 1, 1, 1))
    return (views - middle) * factors + middle + rng.uniform(-0.1, 0.1, factors.shape)


def by_pixels(rng: np.random.Generator, unit: float = 1.0) -> Callable[[], float]:
    """Draws a shift of one to two units to either side."""
    return lambda: unit * rng.uniform(1, 2) * rng.choice([-1, 1])


def copies(canvases: Pictures, size: tuple[int, int], rng: np.random.Generator) -> dict[str, Pictures]:
    """Training images as a generator that knows them by heart might give them."""

    def angle() -> float:
        return rng.uniform(0, 360)

    views, shift = np.ascontiguousarray(centre(canvases, size)), by_pixels(rng)
    kinds = {
        "exact": views,
        "mirrored": views[..., ::-1],
        "turned by 180 degrees": np.rot90(views, 2, (-2, -1)),
        "turned by any angle": moved(canvases, size, angle=angle),
        "shifted by 1 to 2 pixels": moved(canvases, size, shift_x=shift, shift_y=shift),
        "turned and shifted": moved(canvases, size, angle=angle, shift_x=shift, shift_y=shift),
        "zoomed by 5 %": moved(canvases, size, zoom=lambda: rng.uniform(0.95, 1.05)),
        "contrast and brightness": other_contrast(views, rng),
        "blurred (1 pixel)": ndimage.gaussian_filter(views, (0, 0, 1, 1)),
        "noisy (0.03)": views + rng.normal(0, 0.03, views.shape),
        "noisy (0.05)": views + rng.normal(0, 0.05, views.shape),
        "turned and noisy (0.03)": moved(canvases, size, angle=angle) + rng.normal(0, 0.03, views.shape),
    }
    return {name: np.clip(images, 0, 1).astype(np.float32) for name, images in kinds.items()}


def recompressed(view: Pictures) -> Pictures:
    """A view (C, h, w) in [0, 1] after JPEG at quality 60, channel by channel."""

    def through(channel: Pictures) -> Pictures:
        file = io.BytesIO()
        Image.fromarray((255 * channel).round().astype(np.uint8)).save(file, "JPEG", quality=60)
        return np.asarray(Image.open(file), dtype=np.float32) / 255

    return np.stack([through(channel) for channel in view])


def halved(view: Pictures) -> Pictures:
    """A view (C, h, w) at half its size and back."""
    h, w = view.shape[-2:]
    small = [Image.fromarray(channel).resize((w // 2, h // 2), Image.Resampling.BICUBIC) for channel in view]
    return np.stack([np.asarray(one.resize((w, h), Image.Resampling.BICUBIC)) for one in small])


def versions(canvases: Pictures, unit: int, rng: np.random.Generator) -> dict[str, Pictures]:
    """Pictures as somebody might have stored or outlined them a second time; `unit` pixels here are one of the prepared
    view."""

    def drawn_anew(canvas: Pictures) -> Pictures:
        return ndimage.shift(canvas, (0, shift(), shift()), order=1, mode="reflect")

    shift = by_pixels(rng, unit)
    kinds = {
        "JPEG, quality 60": np.stack([recompressed(one) for one in canvases]),
        "half the size and back": np.stack([halved(one) for one in canvases]),
        "contrast and brightness": other_contrast(canvases, rng),
        "shifted by 1 to 2 pixels": np.stack([drawn_anew(one) for one in canvases]),
        "mirrored": canvases[..., ::-1],
        "blurred (1 pixel)": ndimage.gaussian_filter(canvases, (0, 0, unit, unit)),
    }
    return {name: np.clip(images, 0, 1).astype(np.float32) for name, images in kinds.items()}
