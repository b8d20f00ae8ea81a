"""Masks on canvases: all lesions of a picture, one row for each whole picture, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.imaging.cases.config import ImageConfig, MammogramConfig
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import prepare_cases

Picture = Callable[..., str]
Table = Callable[..., Path]
WHOLE = ImageConfig(size=(40, 50), context=1.0, roi="whole", masks=True)


def _mask(folder: Path, name: str, box: tuple[int, int, int, int], shape: tuple[int, int], value: int = 255) -> str:
    mask = np.zeros(shape, np.uint8)
    top, left, height, width = box
    mask[top : top + height, left : left + width] = value
    Image.fromarray(mask).save(folder / name)
    return name


def test_masks_of_one_picture_are_laid_together(tmp_path: Path, picture: Picture, table: Table) -> None:
    picture("a.png")
    _mask(tmp_path, "a1.png", (5, 5, 10, 10), (40, 50))
    _mask(tmp_path, "a2.png", (50, 60, 20, 20), (80, 100))  # twice the picture's size: (25, 30, 10, 10) on it
    path = table("image,label,patient,mask,lesion", "a.png,b,p,a1.png,1", "a.png,b,p,a2.png,2")
    found = prepare_cases(path, WHOLE)
    assert len(found.images) == 1
    assert found.notes == ((2, "its mask was laid on the picture together with row 1's"),)
    truth = np.zeros((40, 50), bool)
    truth[5:15, 5:15] = truth[25:35, 30:40] = True
    assert found.images.masks is not None
    assert ((found.images.masks[0, 0] > 0.5) == truth).all()

    crops = prepare_cases(path, ImageConfig(size=(32, 32), margin=2.5, masks=True)).images
    assert len(crops) == 2
    assert crops.masks is not None
    assert all(mask[0].max() > 0.9 for mask in crops.masks)  # a second lesion in the crop is no background
    assert (crops.masks[0, 0] > 0.5).sum() > (crops.diameters[0] ** 2) * 1.1


def test_a_segmentation_asks_nothing_of_classes(tmp_path: Path, picture: Picture, table: Table) -> None:
    picture("a.png")
    _mask(tmp_path, "m.png", (5, 5, 10, 10), (40, 50))
    path = table("image,label,patient,mask,lesion", "a.png,x,p,m.png,1", "a.png,y,p,m.png,2")
    assert len(prepare_cases(path, WHOLE).images) == 1


def test_masks_are_part_of_content_and_file(tmp_path: Path, picture: Picture, table: Table) -> None:
    for name in ("a", "b"):
        picture(f"{name}.png", seed=ord(name))
        _mask(tmp_path, f"{name}_m.png", (5, 5, 10, 10), (40, 50))
    path = table("image,label,patient,mask", "a.png,x,p,a_m.png", "b.png,x,q,b_m.png")
    images = prepare_cases(path, WHOLE).images
    images.save(tmp_path / "set")
    again = ImageSet.load(tmp_path / "set")
    assert again.content_hash() == images.content_hash()
    assert again.take([1]).masks is not None
    _mask(tmp_path, "b_m.png", (5, 5, 10, 11), (40, 50))
    assert prepare_cases(path, WHOLE).images.content_hash() != images.content_hash()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["a.png,x,p,labels.png", "b.png,y,q,m.png"], "the mask holds the labels 1, 2"),
        (["a.png,x,p,", "b.png,y,q,m.png"], "the row has no mask"),
        (["a.png,x,p,empty.png", "b.png,y,q,m.png"], "the mask is empty"),
        (["a.png,x,p,m.png", "a.png,x,p,", "b.png,y,q,m.png"], "another row of its picture has no mask"),
        (["a.png,x,p,m.png", "a.png,x,q,labels.png"], "rows 1 and 2 are one picture of two patients"),
    ],
)
def test_what_is_no_mask_is_refused(rows: list[str], said: str, tmp_path: Path, picture: Picture, table: Table) -> None:
    picture("a.png")
    picture("b.png", seed=1)
    _mask(tmp_path, "m.png", (5, 5, 10, 10), (40, 50))
    _mask(tmp_path, "empty.png", (0, 0, 0, 0), (40, 50))
    mask = np.zeros((40, 50), np.uint8)
    mask[2:9, 2:9], mask[20:30, 20:30] = 1, 2
    Image.fromarray(mask).save(tmp_path / "labels.png")
    path = table("image,label,patient,mask,lesion", *(f"{row},{n}" for n, row in enumerate(rows)))
    with pytest.raises(ValueError, match=said):
        prepare_cases(path, WHOLE)


def test_a_lesion_that_the_view_loses_is_refused(tmp_path: Path, picture: Picture, table: Table) -> None:
    picture("a.png")
    _mask(tmp_path, "dot.png", (3, 3, 1, 1), (40, 50))
    path = table("image,label,patient,mask", "a.png,x,p,dot.png")
    assert len(prepare_cases(path, WHOLE).images) == 1
    with pytest.raises(ValueError, match="the lesion is smaller than a pixel of the view"):
        prepare_cases(path, ImageConfig(size=(16, 20), roi="whole", masks=True))


def test_masks_and_mammograms_exclude_each_other() -> None:
    with pytest.raises(ValueError, match=r"image\.masks and image\.mammogram exclude each other"):
        ImageConfig(masks=True, mammogram=MammogramConfig())


def test_masks_of_the_original_size_lie_on_stretched_pictures(shared_data: Path, tmp_path: Path) -> None:
    """BUSI: pictures were stretched to 256x256, masks were not, and some pictures have several."""
    folder, out = shared_data / "busi_breast_ultrasound", tmp_path / "busi.csv"
    make_cases(folder, out, masks=folder / "masks_original_size", classes="malignant")
    lines = out.read_text().splitlines()
    out.write_text("\n".join(lines[:13]) + "\n")
    images = prepare_cases(out, ImageConfig(size=(64, 64), roi="whole", masks=True)).images
    views, masks = images.view()[:, 0], images.masks
    assert masks is not None
    inside = masks[:, 0, 16:80, 16:80] > 0.5  # of a canvas of 96
    darker = [view[mask].mean() < view[~mask].mean() for view, mask in zip(views, inside, strict=True)]
    assert np.mean(darker) > 0.8  # a lesion in ultrasound is darker than what surrounds it
