"""A contact sheet of synthetic images for the docs: marked as synthetic, no real image.

python benchmarks/sample_sheet.py RUN sheet.png     # an ablation: one row per class
python benchmarks/sample_sheet.py GAN sheet.png     # a growing GAN's out folder: one row per level, at its end
python benchmarks/sample_sheet.py RUN sheet.png     # a run of garments: one row per category
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from medgan_fashion.gan import load_model
from medgan_fashion.gan.recipe.schedules import base_grid, level_starts

SCALE = 3


def class_rows(run: Path) -> list[NDArray[np.uint8]]:
    """A row of each class from an ablation's results."""
    with np.load(run / "results" / "samples.npz") as arrays:
        folds = [arrays[key] for key in sorted(arrays.files) if key.endswith("_synthetic") and "neighbour" not in key]
    classes = np.concatenate(folds, axis=1)  # (K, folds x m, h, w)
    return [np.concatenate(list(images), axis=1) for images in classes]


def level_rows(out: Path) -> list[NDArray[np.uint8]]:
    """The first row of samples at the end of each level."""
    model = load_model(out / "model.safetensors")
    _, height, width = model.card.shape
    assert model.recipe.growth is not None
    ends = [*level_starts(model.recipe.growth, base_grid(height, width)[2])[1:], model.facts["images_seen"]]
    seen = {int(path.stem): path for path in sorted((out / "samples").glob("*.png"))}
    # a check may come a batch after the level's end: its samples still show that level
    last = [max(at for at in seen if at <= end + model.recipe.batch) for end in ends]
    return [np.asarray(Image.open(seen[at]))[:height] for at in last]


def garment_rows(run: Path) -> list[NDArray[np.uint8]]:
    """A row of each category from a run of garments."""
    with np.load(run / "results" / "pictures.npz") as arrays:
        grids = [arrays[key] for key in arrays.files if key.startswith("grid_synthetic_")]
    return [np.concatenate(list(grid.transpose(0, 2, 3, 1)), axis=1) for grid in grids]


def rows_of(folder: Path) -> tuple[list[NDArray[np.uint8]], str]:
    """The rows of a folder of any of the three kinds, and what to write below."""
    if (folder / "results" / "pictures.npz").is_file():
        return garment_rows(folder), "SYNTHETIC - drawn, not for sale"
    rows = level_rows(folder) if (folder / "samples").is_dir() else class_rows(folder)
    return rows, "SYNTHETIC - not patients, not for diagnosis"


def main() -> None:
    """Writes the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    rows, words = rows_of(args.run)
    sheet = Image.fromarray(np.concatenate(rows, axis=0))
    scale = SCALE if sheet.width < 1_000 // SCALE else 2
    sheet = sheet.resize((sheet.width * scale, sheet.height * scale), Image.Resampling.NEAREST)
    marked = Image.new("RGB", (sheet.width, sheet.height + 16), (98, 54, 152))
    marked.paste(sheet, (0, 0))
    ImageDraw.Draw(marked).text((4, sheet.height + 2), words, fill="white")
    info = PngInfo()
    info.add_text("SyntheticData", "YES")
    marked.save(args.out, pnginfo=info)


if __name__ == "__main__":
    main()
