"""Files from one model, each marked as synthetic: what the command `generate` does."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.gan import Model, load_model
from medgan_fashion.gan.files import write_whole
from medgan_fashion.imaging.burn_in import burn_mark
from medgan_fashion.imaging.synthetic_dicom import Origin, synthetic_datasets

Format = Literal["png", "npz", "dicom"]


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """One (C, H, W) uint8 image, marked in its text chunk so that readers can refuse it as real data."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    flag = PngInfo()
    flag.add_text("SyntheticData", "YES")
    picture = Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))
    write_whole(path, lambda part: picture.save(part, format="png", pnginfo=flag))


def shades(images: NDArray[Any], value_range: tuple[float, float]) -> NDArray[np.uint8]:
    """Images (N, C, H, W) in 8 bits: the value range becomes 0 to 255."""
    low, high = value_range
    return np.clip((images - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)


def _pngs(images: NDArray[Any], value_range: tuple[float, float], mark: bool) -> list[NDArray[np.uint8]]:
    made = shades(images, value_range)
    return [burn_mark(x.transpose(1, 2, 0), 255)[0].transpose(2, 0, 1) for x in made] if mark else list(made)


def _about(made: Model, model: Path, labels: list[str], seed: int, truncation: float | None) -> dict[str, Any]:
    return {
        "SyntheticData": "YES",
        "model": model.name,
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "seed": seed,
        "truncation": truncation,
        "value_range": list(made.card.value_range),
        "labels": labels or None,
        "facts": made.facts,
    }


def _save_npz(path: Path, images: NDArray[Any]) -> None:
    with path.open("wb") as file:  # given a name, numpy would add .npz to it
        np.savez(file, images=images, SyntheticData=np.array("YES"))


def _write(out: Path, about: dict[str, Any], files: dict[str, Any]) -> None:
    """synthetic.json first, so that no image ever lies there without it."""
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(about | {"files": list(files)}, indent=1)
    write_whole(out / "synthetic.json", lambda part: part.write_text(text))
    for name, content in files.items():
        if name.endswith(".png"):
            write_png(out / name, content)
        elif name.endswith(".dcm"):
            write_whole(out / name, lambda part, data=content: data.save_as(part, enforce_file_format=True))
        else:
            write_whole(out / name, lambda part, images=content: _save_npz(part, images))


def _dicoms(images: NDArray[Any], about: dict[str, Any], made: Model, mark: bool) -> list[Any]:
    """Secondary Capture objects; their UIDs are noted in `about`."""
    name = f"{made.recipe.networks.kind} generator, objective {made.recipe.objective}"
    origin = Origin(name, about["model_sha256"], about["seed"], made.card.value_range)
    objects = synthetic_datasets(images, about["labels"] or [""] * len(images), origin, mark=mark)
    about["uids"] = [str(data.SOPInstanceUID) for data in objects]
    return objects


def generate_files(
    model: Path,
    out: Path,
    n: int,
    label: str | None,
    seed: int,
    truncation: float | None,
    format: Format,
    mark: bool | None = None,
) -> int:
    """Writes n synthetic images and synthetic.json beside them; returns n. Each file is flagged as synthetic.

    Args:
        mark: burn SYNTHETIC into a corner of the picture; None: in DICOM, which travels into archives and
            viewers, but not in PNG. The flags in the files stay either way.

    Raises:
        ValueError: no model, unknown class, a folder that already holds synthetic images, or a mark on an npz.
    """
    if (out / "synthetic.json").exists():
        raise ValueError(f"{out} already holds synthetic images; choose another --out")
    if format == "npz" and mark:
        raise ValueError(
            "an npz holds arrays to compute with and gets no mark; leave --mark out, or choose png or dicom"
        )
    made = load_model(model)
    classes = made.card.classes
    chosen = int(label) if label is not None and label not in classes and label.isdigit() else label
    images = made.generate(n, chosen, seed=seed, truncation=truncation).numpy()
    numbers = made.labels(chosen, n)
    labels = [] if numbers is None else [classes[int(k)] for k in numbers]
    about = _about(made, model, labels, seed, truncation)
    if format == "npz":
        files: dict[str, Any] = {"synthetic.npz": images}
    elif format == "png":
        pictures = _pngs(images, made.card.value_range, bool(mark))
        files = {f"synthetic_{i:05d}.png": picture for i, picture in enumerate(pictures)}
    else:
        objects = _dicoms(images, about, made, mark is not False)
        files = {f"synthetic_{i:05d}.dcm": data for i, data in enumerate(objects)}
    _write(out, about, files)
    return n
