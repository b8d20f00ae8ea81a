"""Files from one model, each marked as synthetic: what the commands `generate` and `translate` do."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.base.files import write_whole
from medgan_fashion.gan import Model, load_model
from medgan_fashion.imaging.prepare.image_folder import image_files, read_pictures
from medgan_fashion.imaging.synthetic_dicom import Origin, burn_mark, synthetic_datasets
from medgan_fashion.runs.stages.privacy_cards import check_release, find_card, release_note

Format = Literal["png", "npz", "dicom"]
MASK = "_mask.png"  # how the name of a mask's file ends


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """One (1 or 3, H, W) uint8 image, marked in its text chunk so that readers can refuse it as real data."""
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


def as_pngs(images: NDArray[Any], value_range: tuple[float, float], mark: bool) -> list[NDArray[np.uint8]]:
    made = shades(images, value_range)
    return [burn_mark(x.transpose(1, 2, 0), 255)[0].transpose(2, 0, 1) for x in made] if mark else list(made)


def about_model(made: Model, model: Path, labels: list[str], seed: int, truncation: float | None) -> dict[str, Any]:
    return {
        "SyntheticData": "YES",
        "model": model.name,
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "seed": seed,
        "truncation": truncation,
        "value_range": list(made.card.value_range),
        "labels": labels or None,
        "training_rows": made.card.provenance.get("training_rows"),
        "facts": made.facts,
    }


def _save_npz(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    with path.open("wb") as file:  # given a name, numpy would add .npz to it
        np.savez(file, SyntheticData=np.array("YES"), **arrays)  # pyright: ignore[reportArgumentType]


def write_files(out: Path, about: dict[str, Any], files: dict[str, Any]) -> None:
    """synthetic.json first, so that no image ever lies there without it; its `files` stand in the order of `labels`,
    and `masks`, where there are some, in that of `files`."""
    out.mkdir(parents=True, exist_ok=True)
    masks = [name for name in files if name.endswith(MASK)]
    listed = {"files": [name for name in files if name not in masks]} | ({"masks": masks} if masks else {})
    text = json.dumps(about | listed, indent=1)
    write_whole(out / "synthetic.json", lambda part: part.write_text(text))
    for name, content in files.items():
        if name.endswith(".png"):
            write_png(out / name, content)
        elif name.endswith(".dcm"):
            write_whole(out / name, lambda part, data=content: data.save_as(part, enforce_file_format=True))
        else:
            write_whole(out / name, lambda part, arrays=content: _save_npz(part, arrays))


def _dicoms(images: NDArray[Any], about: dict[str, Any], made: Model, mark: bool) -> list[Any]:
    """Secondary Capture objects; their UIDs are noted in `about`."""
    name = f"{made.recipe.networks.kind} generator, objective {made.recipe.objective}"
    origin = Origin(name, about["model_sha256"], about["seed"], made.card.value_range)
    objects = synthetic_datasets(images, about["labels"] or [""] * len(images), origin, mark=mark)
    about["uids"] = [str(data.SOPInstanceUID) for data in objects]
    return objects


def _has_masks(made: Model) -> bool:
    """Whether the last channel is a mask, as `medical.segmentation` trains its GANs."""
    return made.card.provenance.get("masks") == "last channel"


def _check_format(made: Model, model: Path, format: Format) -> None:
    """ValueError for a model that cannot be drawn from here, or whose images the format cannot hold."""
    if made.recipe.translation is not None:
        raise ValueError(f"{model} paints over pictures, and `generate` has none to give it: `translate` has")
    if made.recipe.given:
        raise ValueError(
            f"{model} paints over masks, and `generate` has none to give it: it is drawn from inside "
            "`run lesion_segmentation`, or by Model.generate(given=...) from Python"
        )
    if format == "dicom" and _has_masks(made):
        raise ValueError(f"{model} draws images with masks, which no DICOM picture holds; choose --format png or npz")
    channels = made.card.shape[0] - _has_masks(made)
    if format != "npz" and channels not in (1, 3):
        raise ValueError(
            f"{model} draws {channels} channels, and a picture has 1 (grey) or 3 (RGB); choose --format npz"
        )


def _contents(made: Model, images: NDArray[Any], about: dict[str, Any], format: Format, mark: bool | None) -> Any:
    """Name -> content of every file. A mask in a PNG is 255 where it is above the middle of the value range, as the
    segmentation ablation cuts it, and 0 elsewhere; an npz keeps it as it was drawn. Masks get no mark burned in."""
    parts = {"images": images}
    if _has_masks(made):
        parts = {"images": images[:, :-1], "masks": images[:, -1:]}
    if format == "npz":
        return {"synthetic.npz": parts}
    if format == "dicom":
        objects = _dicoms(images, about, made, mark is not False)
        return {f"synthetic_{i:05d}.dcm": data for i, data in enumerate(objects)}
    pictures = as_pngs(parts["images"], made.card.value_range, bool(mark))
    files = {f"synthetic_{i:05d}.png": picture for i, picture in enumerate(pictures)}
    inside = parts.get("masks", images[:0]) > sum(made.card.value_range) / 2
    return files | {f"synthetic_{i:05d}{MASK}": one.astype(np.uint8) * 255 for i, one in enumerate(inside)}


def generate_files(
    model: Path,
    out: Path,
    n: int,
    label: str | None,
    seed: int,
    truncation: float | None,
    format: Format,
    mark: bool | None = None,
    despite_privacy: bool = False,
) -> int:
    """Writes n synthetic images and synthetic.json beside them; returns n. Each file is flagged as synthetic.

    A model trained with masks as the last channel gives two PNG for each image, the second named like
    synthetic_00000_mask.png, or the arrays `images` and `masks` of an npz.

    Args:
        mark: burn SYNTHETIC into a corner of the picture; None: in DICOM, which travels into archives and
            viewers, but not in PNG. The flags in the files stay either way.
        despite_privacy: write DICOM files although the model's privacy card says blocked; synthetic.json says so.

    Raises:
        ValueError: no model, unknown class, n below 1, a folder that already holds synthetic images, a mark on an
            npz, images that the format cannot hold, a model that paints over masks, a privacy card that blocks
            DICOM files, is damaged, or is of another model.
    """
    if n < 1:
        raise ValueError(f"{n} images were asked for; give --n 1 or more")
    if (out / "synthetic.json").exists():
        raise ValueError(f"{out} already holds synthetic images; choose another --out")
    if format == "npz" and mark:
        raise ValueError(
            "an npz holds arrays to compute with and gets no mark; leave --mark out, or choose png or dicom"
        )
    made, card = load_model(model), find_card(model)
    _check_format(made, model, format)
    if format == "dicom":
        check_release(card, despite_privacy, "--despite-privacy")
    classes = made.card.classes
    chosen = int(label) if label is not None and label not in classes and label.isdigit() else label
    images = made.generate(n, chosen, seed=seed, truncation=truncation).numpy()
    numbers = made.labels(chosen, n)
    labels = [] if numbers is None else [classes[int(k)] for k in numbers]
    about = about_model(made, model, labels, seed, truncation) | {"privacy": release_note(card, despite_privacy)}
    files = _contents(made, images, about, format, mark)
    write_files(out, about, files)
    return n


# ---------------------------------------------------------------------------------------------------------------------
# A folder of pictures painted as another domain, each marked as synthetic: what the command `translate` does.


def _channels(made: Model, model: Path, back: bool) -> tuple[int, int]:
    """Channels of what is read and of what is painted; ValueError where pictures cannot hold them."""
    if made.recipe.translation is None:
        raise ValueError(f"{model} plays {made.recipe.scheme} and translates nothing; train pix2pix or cyclegan")
    if back and made.recipe.translation.paired:
        raise ValueError(f"{model} paints one way only; leave --back out, or train cyclegan")
    k = made.recipe.given
    found = (k, made.card.shape[0] - k)
    if not set(found) <= {1, 3}:
        raise ValueError(f"{model} turns {found[0]} channels into {found[1]}, and a picture has 1 (grey) or 3 (RGB)")
    return (found[1], found[0]) if back else found


def translate_folder(model: Path, pictures: Path, out: Path, back: bool = False, seed: int = 0) -> int:
    """Paints every picture of a folder as the domain that the model arrives at, or `back` again; returns how many.

    Writes synthetic_00000.png and so on in the order of the pictures' names, which may be a patient's and stay out of
    every file, and synthetic.json. Raises ValueError for a model that translates nothing, a folder without pictures,
    a damaged picture, or an out folder that holds synthetic images already.
    """
    if (out / "synthetic.json").exists():
        raise ValueError(f"{out} already holds synthetic images; choose another --out")
    made = load_model(model)
    channels, _ = _channels(made, model, back)
    _, height, width = made.card.shape
    low, high = made.card.value_range
    images = torch.from_numpy(read_pictures(image_files(pictures)[0], (height, width), channels)).float()
    painted = made.translate(images * ((high - low) / 255) + low, back, seed).numpy()
    files = {f"synthetic_{i:05d}.png": x for i, x in enumerate(as_pngs(painted, (low, high), False))}
    about = about_model(made, model, [], seed, None) | {"privacy": release_note(find_card(model), False)}
    write_files(out, about | {"translated": "back" if back else "given to wanted"}, files)
    return len(files)
