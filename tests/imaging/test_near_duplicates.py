"""Pictures that show the same thing are of one group, whoever they are said to be of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.prepare.image_folder import read_pictures
from medgan_fashion.imaging.prepare.near_copies.groups import group_pictures, join_look_alikes, look_alikes
from medgan_fashion.imaging.prepare.near_copies.rules import AUDIT
from medgan_fashion.imaging.prepare.near_copies.search import TrainingImages, most_similar
from medgan_fashion.imaging.prepare.prepare import prepare_cases

SIZE = (24, 24)  # views without context


def smooth(seed: int, side: int = 96) -> np.ndarray:
    """A picture (side, side) in [0, 255]."""
    small = np.random.default_rng(seed).integers(0, 256, (9, 9)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)).clip(0, 255)


def textures(n: int, side: int = 24) -> np.ndarray:
    """Canvases (n, 1, side, side)."""
    noise = np.random.default_rng(0).normal(size=(n, 1, side, side))
    return ndimage.gaussian_filter(noise, (0, 0, 1.2, 1.2)).astype(np.float32)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def save(picture: np.ndarray, name: str, **how: Any) -> Path:
        Image.fromarray(picture.astype(np.uint8)).save(tmp_path / name, **how)
        return tmp_path / name

    return save


def test_versions_of_a_picture_join_and_others_stay_apart(saved: Callable[..., Path], tmp_path: Path) -> None:
    noisy = (smooth(0) + np.random.default_rng(1).normal(0, 2, (96, 96))).clip(0, 255)
    half = np.asarray(Image.fromarray(smooth(1)).resize((48, 40)))
    paths = [saved(smooth(seed), f"{seed}.png") for seed in range(6)]
    paths += [saved(noisy, "noisy.png"), saved(smooth(1)[:, ::-1], "mirrored.png")]
    paths += [saved(smooth(2), "again.jpg", quality=60), saved(half, "half.png")]
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no")
    groups, reasons = group_pictures([*paths, broken])
    assert list(groups.values()) == [0, 1, 2, 3, 4, 5, 0, 1, 2, 1]
    assert list(reasons) == [broken]
    assert group_pictures([broken])[0] == group_pictures([])[0] == {}


def test_chains_join_and_are_numbered_anew() -> None:
    """Three rows of a picture under three groups, of which one has another picture: all of them are one group."""
    canvases = textures(8)
    darker = np.float32(0.5) * canvases[3:4] + np.float32(2)
    every = np.concatenate([canvases, darker, canvases[3:4, :, :, ::-1], canvases[5:6]])
    told = np.array([7, 1, 2, 3, 4, 5, 6, 0, 1, 8, 8])
    groups, pairs = join_look_alikes(every, SIZE, told)
    assert groups.tolist() == [0, 1, 2, 1, 3, 1, 4, 5, 1, 1, 1]
    assert {row for pair in pairs for row in pair} == {3, 5, 8, 9, 10}
    assert join_look_alikes(canvases, SIZE, np.arange(8)[::-1])[0].tolist() == list(range(8))


@pytest.mark.parametrize("groups", [np.zeros(8, int), np.arange(8)])
def test_nothing_to_join(groups: np.ndarray) -> None:
    joined, pairs = join_look_alikes(textures(8), SIZE, groups)
    assert (joined.tolist(), pairs) == (groups.tolist(), [])
    assert look_alikes(textures(8), SIZE, groups, AUDIT) == []
    assert join_look_alikes(textures(1), SIZE, np.zeros(1, int))[1] == []


def test_a_region_drawn_anew_is_found_in_the_context() -> None:
    large = textures(6, 32)
    every = np.concatenate([large[:, :, 2:26, 2:26], large[:3, :, 4:28, 1:25]])
    assert join_look_alikes(every, (16, 16), np.arange(9))[0].tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2]


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_audit_flags_nothing_that_the_door_let_through(share: float) -> None:
    """However many pictures are there twice, and however little alike the two are."""
    canvases, rng = textures(24), np.random.default_rng(2)
    twice = rng.permutation(24)[: round(24 * share)]
    moved = ndimage.shift(canvases[twice], (0, 0, 0.7, -0.7), order=1, mode="reflect")
    noise = rng.uniform(0, 0.15, (len(twice), 1, 1, 1)) * rng.normal(size=moved.shape)
    every = np.concatenate([canvases, (moved + noise).astype(np.float32)])
    groups = np.arange(len(every)) // 2
    assert look_alikes(every, SIZE, groups, AUDIT)
    joined, _ = join_look_alikes(every, SIZE, groups)
    assert look_alikes(every, SIZE, joined, AUDIT) == []


def test_breast_ultrasound_has_the_known_number_of_groups(shared_data: Path) -> None:
    folder = shared_data / "busi_breast_ultrasound"
    paths = [p for c in ("benign", "malignant", "normal") for p in sorted((folder / c).glob("*.png"))]
    if not paths:
        pytest.skip("busi_breast_ultrasound is not there")
    groups, _ = group_pictures(paths)
    assert abs(max(groups.values()) + 1 - 171) <= 2  # its SOURCE.md counts 171, by difference hashes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "found"),
    [("busi_breast_ultrasound", {"masks": "masks_original_size"}), ("brain_tumor_mri", {"boxes": "yolo"})],
)
def test_the_audit_flags_no_row_of_a_real_set(name: str, found: dict, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / name
    if "masks" in found:
        found = {"masks": folder / found["masks"], "classes": "benign,malignant"}
    make_cases(folder, tmp_path / "cases.csv", **found)
    for config in (ImageConfig(), ImageConfig(size=(64, 64), roi="whole")):
        images = prepare_cases(tmp_path / "cases.csv", config).images
        assert look_alikes(images.images, images.card.size, images.groups, AUDIT) == []


def test_whole_slices_are_found_a_little_shifted(shared_data: Path) -> None:
    """Half a step of the search away, among hundreds of slices that are much alike."""
    paths = sorted((shared_data / "brain_tumor_mri").rglob("*.jpg"))
    pictures = read_pictures(paths, (68, 68), 1).astype(np.float32)
    here, shifted = pictures[:, :, 2:66, 2:66], pictures[::11, :, 4:68, :64]
    rows, similarity = most_similar(shifted, TrainingImages(here, (64, 64)))
    assert (rows == np.arange(len(pictures))[::11]).all()
    assert (similarity > AUDIT.least).mean() > 0.9
