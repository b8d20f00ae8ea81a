from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.read.readers import read_mask
from tests.imaging.outline_files import (
    SHAPE,
    blobs,
    pixel_edges,
    write_nifti,
    write_rtstruct,
    write_seg,
    write_series,
)


def read_back(table: Path) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """The masks of a table by name of the slice and class."""
    cases = read_case_table(table).cases
    return {(case.image.stem, case.label): read_mask(case.mask, SHAPE) for case in cases if case.mask}


def check(table: Path, masks: NDArray[np.bool_], labels: tuple[str, str] = ("benign", "malignant")) -> None:
    """Every mask (n, 2, H, W) that is not empty stands in the table, pixel for pixel, and no other."""
    found = read_back(table)
    wanted = {
        (str(k), label): masks[k, s] for k in range(len(masks)) for s, label in enumerate(labels) if masks[k, s].any()
    }
    assert set(found) == set(wanted)
    for key, mask in wanted.items():
        np.testing.assert_array_equal(found[key], mask, err_msg=str(key))


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_segmentation_round_trip(kind: str, tmp_path: Path) -> None:
    slices, masks = write_series(tmp_path / "ct"), blobs()
    values = masks if kind != "FRACTIONAL" else np.where(masks, 0.7, 0.3)
    write_seg(slices, values, tmp_path / "seg.dcm", ["benign", "malignant"], kind)
    left = make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "seg.dcm")
    check(tmp_path / "cases.csv", masks)
    cases = read_case_table(tmp_path / "cases.csv").cases
    assert len({c.lesion for c in cases}) == 2
    assert left.said == ("outlines: 1 files, 7 outlines on 4 pictures",)
    assert sorted(p.name for p in (tmp_path / "cases_masks").iterdir()) == [f"{n:05d}.png" for n in range(1, 8)]


def test_segmentation_beside_its_images(tmp_path: Path) -> None:
    slices, masks = write_series(tmp_path / "ct"), blobs()
    write_seg(slices, masks, tmp_path / "ct" / "seg.dcm", ["benign", "malignant"])
    left = make_cases(tmp_path / "ct", tmp_path / "ct" / "cases.csv", outlines=tmp_path / "ct")
    again = make_cases(tmp_path / "ct", tmp_path / "ct" / "cases.csv", outlines=tmp_path / "ct")
    assert (left.files, left.rows) == ((), ()) == (again.files, again.rows)
    check(tmp_path / "ct" / "cases.csv", masks)
    masks_folder = tmp_path / "ct" / "cases_masks"
    (masks_folder / "00001.png").write_bytes((masks_folder / "00002.png").read_bytes())
    with pytest.raises(ValueError, match="cases_masks exists and differs"):
        make_cases(tmp_path / "ct", tmp_path / "ct" / "cases.csv", outlines=tmp_path / "ct")


def test_segmentation_by_plane_where_no_image_is_named(tmp_path: Path) -> None:
    import pydicom

    slices, masks = write_series(tmp_path / "ct"), blobs()
    write_seg(slices, masks, tmp_path / "seg.dcm", ["benign", "malignant"])
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    for frame in seg.PerFrameFunctionalGroupsSequence:
        del frame.DerivationImageSequence
    seg.save_as(tmp_path / "seg.dcm")
    make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "seg.dcm")
    check(tmp_path / "cases.csv", masks)


@pytest.mark.parametrize("images", [True, False])
def test_structure_set_round_trip(images: bool, tmp_path: Path) -> None:
    slices, masks = write_series(tmp_path / "ct"), blobs()
    contours = [[pixel_edges(masks[k, s]) for k in range(4)] for s in range(2)]
    assert len(contours[1][1]) == 2  # an outline and its hole
    write_rtstruct(slices, contours, tmp_path / "rt.dcm", ["benign", "malignant"], images=images)
    make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "rt.dcm")
    check(tmp_path / "cases.csv", masks)


def test_structure_set_through_pixel_centres_is_right_but_for_the_boundary(tmp_path: Path) -> None:
    slices = write_series(tmp_path / "ct")
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    circle = np.stack([15.3 + 6 * np.cos(turn), 11.6 + 6 * np.sin(turn)], axis=1)
    write_rtstruct(slices, [[[circle], [], [], []]], tmp_path / "rt.dcm", ["GTV"])
    make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "rt.dcm", outline_classes="gtv=malignant")
    (mask,) = read_back(tmp_path / "cases.csv").values()
    away = np.hypot(x - 15.3, y - 11.6)
    assert mask[away < 5.9].all()
    assert not mask[away > 6].any()


@pytest.mark.parametrize("order", ["as converters do", "turned"])
def test_nifti_round_trip(order: str, tmp_path: Path) -> None:
    slices, masks = write_series(tmp_path / "ct"), blobs()
    values = (masks[:, 0] + 2 * masks[:, 1]).astype(np.uint8)
    write_nifti(slices, values, tmp_path / "m.nii.gz", order=order)
    make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "m.nii.gz")
    check(tmp_path / "cases.csv", masks, ("1", "2"))
    make_cases(tmp_path / "ct", tmp_path / "b.csv", outlines=tmp_path / "m.nii.gz", outline_classes="1=x,2=y")
    check(tmp_path / "b.csv", masks, ("x", "y"))


def test_nifti_beside_pictures(picture, tmp_path: Path) -> None:
    import nibabel

    for seed, name in enumerate(["benign/a.png", "malignant/b.png"]):
        picture(f"tree/{name}", seed, SHAPE)
    mask = blobs()[0, 0]
    (tmp_path / "masks").mkdir()
    for name, values in (("a", mask.T[..., None]), ("b_mask", mask.T), ("c", mask.T)):
        nibabel.save(nibabel.Nifti1Image(values.astype(np.uint8), np.eye(4)), tmp_path / f"masks/{name}.nii.gz")
    left = make_cases(tmp_path / "tree", tmp_path / "cases.csv", outlines=tmp_path / "masks")
    found = read_back(tmp_path / "cases.csv")
    assert set(found) == {("a", "benign"), ("b", "malignant")}
    for mine in found.values():
        np.testing.assert_array_equal(mine, mask)
    assert left.files == (
        (
            "c.nii.gz",
            "its voxels fit no slice of the folder: save it on the grid of its images, or name it like its picture",
        ),
    )


def test_a_mask_of_two_series_goes_by_name(tmp_path: Path) -> None:
    masks = blobs()
    for name in ("one", "two"):
        slices = write_series(tmp_path / "ct" / name, patient=name)
    values = masks[:, 0].astype(np.uint8)
    write_nifti(slices, values, tmp_path / "two.nii.gz")
    make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "two.nii.gz")
    assert {c.group for c in read_case_table(tmp_path / "cases.csv").cases} == {"two"}
    (tmp_path / "two.nii.gz").rename(tmp_path / "any.nii.gz")
    with pytest.raises(ValueError, match="fits several series"):
        make_cases(tmp_path / "ct", tmp_path / "b.csv", outlines=tmp_path / "any.nii.gz")


def test_a_table_names_what_is_drawn(tmp_path: Path) -> None:
    slices, masks = write_series(tmp_path / "ct"), blobs()
    write_seg(slices, masks, tmp_path / "seg.dcm", ["left lobe", "Right lobe"])
    accession = slices[0].AccessionNumber
    rows = [
        f"{accession.lstrip('0')},left lobe,benign",
        f"{accession},right lobe,malignant",
        f"{accession},none,benign",
    ]
    (tmp_path / "labels.csv").write_text("exam,lesion,diagnosis\n" + "\n".join([*rows, "99,none,benign"]) + "\n")
    left = make_cases(
        tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "seg.dcm", labels=tmp_path / "labels.csv"
    )
    check(tmp_path / "cases.csv", masks)
    assert left.said[0] == "labels.csv: Accession Number in 'exam', label in 'diagnosis', lesion in 'lesion'"
    unused = "no outline is drawn on its picture, or none of its lesion's name"
    assert left.rows == ((3, unused), (4, "no file has its Accession Number"))
    written = "".join(p.read_text() for p in tmp_path.glob("cases*.csv")) + "\n".join(left.lines())
    assert accession.lstrip("0") not in written


def test_files_of_several_readers_become_one(tmp_path: Path) -> None:
    slices, masks = write_series(tmp_path / "ct"), blobs()
    folder = tmp_path / "readers"
    folder.mkdir()
    other = np.roll(masks, 1, axis=3)
    write_seg(slices, masks, folder / "ann.dcm", ["benign", "malignant"])
    contours = [[pixel_edges(other[k, s]) for k in range(4)] for s in range(2)]
    write_rtstruct(slices, contours, folder / "bob.dcm", ["benign", "malignant"])
    values = (masks[:, 0] + 2 * masks[:, 1]).astype(np.uint8)
    write_nifti(slices, values, folder / "cleo.nii.gz")
    names = "benign=benign,malignant=malignant,1=benign,2=malignant"
    left = make_cases(tmp_path / "ct", tmp_path / "all.csv", outlines=folder, readers="union", outline_classes=names)
    check(tmp_path / "all.csv", masks | other)
    assert left.said[-1].endswith("21 outlines became 7 of 2 lesions; readers per lesion: 3 for 2")
    make_cases(tmp_path / "ct", tmp_path / "most.csv", outlines=folder, readers="majority", outline_classes=names)
    check(tmp_path / "most.csv", masks)
    make_cases(tmp_path / "ct", tmp_path / "none.csv", outlines=folder, readers="intersection", outline_classes=names)
    check(tmp_path / "none.csv", masks & other)
