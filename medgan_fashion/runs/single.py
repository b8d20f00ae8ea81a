"""One GAN from one file, and files from one model: what the commands `train` and `generate` do."""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np

from medgan_fashion.gan import Trained, load_model, train
from medgan_fashion.gan.files import write_whole
from medgan_fashion.imaging.config import ImageConfig
from medgan_fashion.imaging.intensity import fit_intensity
from medgan_fashion.imaging.prepare import prepare_cases


def _read(data: Path, size: tuple[int, int]) -> dict[str, Any]:
    """images, labels, classes and value range for `train` from a case table or an .npz."""
    if not data.is_file():
        raise ValueError(f"no file {data}; give a case table (CSV) or an .npz with `images` and `labels`")
    if data.suffix == ".npz":
        with np.load(data) as arrays:
            if "images" not in arrays:
                raise ValueError(f"{data} holds {', '.join(arrays)} but no `images`; save them under that name")
            return {"data": arrays["images"], "labels": arrays.get("labels")}
    config = ImageConfig(size=size)
    images = prepare_cases(data, config).images
    images = images.take(~images.external)  # external rows are only ever tested on
    scaled = fit_intensity(images.images, config.intensity, size).apply(images.view())
    return {
        "data": scaled,
        "labels": images.labels,
        "classes": images.card.classes,
        "value_range": (0.0, 1.0),
    }


def train_on_file(
    data: Path, out: Path, recipe: str, images_seen: int, size: tuple[int, int], seed: int, device: str | None
) -> Trained:
    """Trains a recipe on a case table or .npz into the folder `out`; the same call again resumes."""
    return train(recipe, **_read(data, size), images_seen=images_seen, out=out, seed=seed, device=device)


def generate_files(
    model: Path,
    out: Path,
    n: int,
    label: str | None,
    seed: int,
    truncation: float | None,
    format: Literal["png", "npz"],
) -> int:
    """Writes n synthetic images and synthetic.json beside them; returns n. Each file is marked as synthetic."""
    made = load_model(model)
    classes = made.card.classes
    chosen = int(label) if label is not None and label not in classes and label.isdigit() else label
    images = made.generate(n, chosen, seed=seed, truncation=truncation).numpy()
    labels = made.labels(chosen, n)
    low, high = made.card.value_range
    if (out / "synthetic.json").exists():
        raise ValueError(f"{out} already holds synthetic images; choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    about = {
        "SyntheticData": "YES",
        "model": model.name,
        "seed": seed,
        "truncation": truncation,
        "value_range": [low, high],
        "labels": None if labels is None else [classes[int(k)] for k in labels],
        "facts": made.facts,
    }
    write_whole(out / "synthetic.json", lambda path: path.write_text(json.dumps(about, indent=1)))
    if format == "npz":
        np.savez(out / "synthetic.npz", images=images, SyntheticData="YES")
        return n
    shades = np.clip((images - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)
    for i, image in enumerate(shades):
        write_png(out / f"synthetic_{i:05d}.png", image)
    return n


def write_png(path: Path, image: np.ndarray) -> None:
    """One (C, H, W) uint8 image, marked in its text chunk so that readers can refuse it as real data."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    mark = PngInfo()
    mark.add_text("SyntheticData", "YES")
    picture = Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))
    write_whole(path, lambda part: picture.save(part, format="png", pnginfo=mark))
