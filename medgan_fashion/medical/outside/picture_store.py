"""Pictures kept as files for other programs: each content once, under its own hash, synthetic ones flagged."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.files import write_whole

WHITE = 65535


def _save_grey(path: Path, grey: NDArray[np.uint16], synthetic: bool) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    flag = PngInfo()
    if synthetic:
        flag.add_text("SyntheticData", "YES")
    write_whole(path, lambda part: Image.fromarray(grey).save(part, format="png", pnginfo=flag))


def _save_array(path: Path, image: NDArray[np.float32]) -> None:
    def write(part: Path) -> None:
        with part.open("wb") as file:  # given a name, numpy would add .npy to it
            np.save(file, image)

    write_whole(path, write)


def keep_picture(out: Path, folder: str, image: NDArray[np.float32], *, synthetic: bool) -> str:
    """Writes an image (C, H, W) in [0, 1] below `out` unless it is there; returns its path relative to `out`.

    One channel: a 16-bit grey PNG, 0 to 65535, with SyntheticData=YES in its text where it is synthetic. More
    channels: the float32 array as .npy.
    """
    if len(image) == 1:
        grey = np.rint(np.clip(image[0], 0, 1) * WHITE).astype(np.uint16)
        name = f"{folder}/{hashlib.sha256(grey.tobytes()).hexdigest()[:20]}.png"
    else:
        grey, image = None, np.ascontiguousarray(image, dtype=np.float32)
        name = f"{folder}/{hashlib.sha256(image.tobytes()).hexdigest()[:20]}.npy"
    path = out / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        if grey is None:
            _save_array(path, image)
        else:
            _save_grey(path, grey, synthetic)
    return name
