"""Pictures into pictures through the door: pairs by name, channels by themselves, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.cli.gans import train, translate
from medgan_fashion.runs.single.generate import generate_files


def _folder(path: Path, stem: str, grey: bool = False, n: int = 10) -> Path:
    """Pictures of 16 x 16, the first named STEM00.png."""
    path.mkdir()
    for i in range(n):
        pixels = np.random.default_rng(i).integers(0, 255, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels[..., 0] if grey else pixels).save(path / f"{stem}{i:02d}.png")
    return path


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Coloured pictures and, of the same names, grey ones."""
    return _folder(tmp_path / "photos", "p"), _folder(tmp_path / "grey", "p", grey=True)


def _train(photos: Path, recipe: str, *changed: str, **more: object) -> Path:
    out = photos.parent / recipe
    changes = ["networks.width=4", "networks.max_width=8", *changed]
    train(photos, out, recipe, images_seen=8, size=(16, 16), set=changes, **more)  # pyright: ignore[reportArgumentType]
    return out / "model.safetensors"


def test_grey_pictures_become_coloured_ones_without_their_names(folders: tuple[Path, Path], tmp_path: Path) -> None:
    photos, grey = folders
    model = _train(photos, "pix2pix", given=grey, paired=True)
    translate(model, grey, tmp_path / "painted")
    about = json.loads((tmp_path / "painted" / "synthetic.json").read_text())
    assert len(about["files"]) == 10
    assert "p00" not in json.dumps(about)
    with Image.open(tmp_path / "painted" / about["files"][0]) as picture:
        assert (picture.mode, picture.size, picture.info["SyntheticData"]) == ("RGB", (16, 16), "YES")
    with pytest.raises(ValueError, match="already holds synthetic images"):
        translate(model, grey, tmp_path / "painted")
    with pytest.raises(ValueError, match="`translate` has"):
        generate_files(model, tmp_path / "drawn", 1, None, 0, None, "png")
    with pytest.raises(ValueError, match="one way only"):
        translate(model, photos, tmp_path / "back", back=True)


def test_a_cyclegan_goes_both_ways(folders: tuple[Path, Path], tmp_path: Path) -> None:
    photos, grey = folders
    model = _train(photos, "cyclegan", "translation.identity=0", "networks.depth=1", given=grey)
    translate(model, grey, tmp_path / "there")
    translate(model, photos, tmp_path / "back", back=True)
    for name, mode in (("there", "RGB"), ("back", "L")):
        with Image.open(tmp_path / name / "synthetic_00000.png") as picture:
            assert picture.mode == mode


def test_what_does_not_fit_is_named_with_its_flag(folders: tuple[Path, Path], tmp_path: Path) -> None:
    photos, grey = folders
    other = _folder(tmp_path / "other", "q")
    with pytest.raises(ValueError, match=r"other/q00 has no partner of its name in .*photos"):
        _train(photos, "pix2pix", given=other, paired=True)
    with pytest.raises(ValueError, match="say --paired, or take --recipe cyclegan"):
        _train(photos, "pix2pix", given=grey)
    with pytest.raises(ValueError, match="name their folder with --given"):
        _train(photos, "cyclegan")
    with pytest.raises(ValueError, match="name their folder with --given"):
        _train(photos, "dcgan", paired=True)
    with pytest.raises(ValueError, match="give a folder as --out"):
        train(photos, photos / "p00.png", "dcgan", images_seen=8, size=(16, 16))
    train(photos, tmp_path / "plain", "dcgan", images_seen=8, size=(16, 16), set=["networks.width=4"])
    with pytest.raises(ValueError, match="translates nothing"):
        translate(tmp_path / "plain" / "model.safetensors", photos, tmp_path / "none")
