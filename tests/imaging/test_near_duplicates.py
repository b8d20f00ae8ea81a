from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.imaging.prepare.duplicates import (
    difference_hash,
    duplicate_groups,
    group_hashes,
    group_pictures,
)


def smooth(seed: int) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (9, 9)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((96, 96), Image.Resampling.BICUBIC))


def test_hash_of_a_ramp() -> None:
    ramp = np.tile(np.arange(0, 255, 2.0), (64, 1))
    assert difference_hash(ramp).all()
    assert not difference_hash(ramp[:, ::-1]).any()
    assert difference_hash(ramp).shape == (256,)


def test_scale_and_offset_do_not_matter() -> None:
    picture = smooth(0)
    assert (difference_hash(picture) != difference_hash(picture * 16 + 300)).sum() <= 8


def test_copies_join_and_others_stay_apart(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 2, (96, 96))
    pictures = [smooth(0), smooth(1), smooth(0) + noise, smooth(2), smooth(1)[:, ::-1]]
    assert duplicate_groups(pictures).tolist() == [0, 1, 0, 2, 3]
    paths = [tmp_path / f"{n}.png" for n in range(5)]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(path)
    assert duplicate_groups(paths).tolist() == [0, 1, 0, 2, 3]
    (tmp_path / "broken.png").write_bytes(b"no")
    groups, reasons = group_pictures([*paths, tmp_path / "broken.png"])
    assert list(groups.values()) == [0, 1, 0, 2, 3]
    assert list(reasons) == [tmp_path / "broken.png"]


def test_chains_join() -> None:
    hashes = np.zeros((4, 256), dtype=bool)
    hashes[1, :24] = True
    hashes[2, :48] = True
    hashes[3, :73] = True
    assert group_hashes(hashes).tolist() == [0, 0, 0, 1]
    assert duplicate_groups([]).shape == (0,)


def test_breast_ultrasound_has_the_known_number_of_groups(shared_data: Path) -> None:
    folder = shared_data / "busi_breast_ultrasound"
    paths = [p for c in ("benign", "malignant", "normal") for p in sorted((folder / c).glob("*.png"))]
    if not paths:
        pytest.skip("busi_breast_ultrasound is not there")
    # its SOURCE.md counts 171 with another resampling filter
    assert abs(int(duplicate_groups(paths).max()) + 1 - 171) <= 2
