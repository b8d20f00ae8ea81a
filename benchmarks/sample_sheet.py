"""A contact sheet of a run's synthetic images for the docs: one row per class, marked as synthetic, no real image.

python benchmarks/sample_sheet.py RUN sheet.png
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

SCALE = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    with np.load(args.run / "results" / "samples.npz") as arrays:
        folds = [arrays[key] for key in sorted(arrays.files) if key.endswith("_synthetic") and "neighbour" not in key]
    classes = np.concatenate(folds, axis=1)  # (K, folds x m, h, w)
    rows = [np.concatenate(list(images), axis=1) for images in classes]
    sheet = Image.fromarray(np.concatenate(rows, axis=0))
    sheet = sheet.resize((sheet.width * SCALE, sheet.height * SCALE), Image.Resampling.NEAREST)
    marked = Image.new("RGB", (sheet.width, sheet.height + 16), (98, 54, 152))
    marked.paste(sheet, (0, 0))
    ImageDraw.Draw(marked).text((4, sheet.height + 2), "SYNTHETIC - not patients, not for diagnosis", fill="white")
    info = PngInfo()
    info.add_text("SyntheticData", "YES")
    marked.save(args.out, pnginfo=info)


if __name__ == "__main__":
    main()
