from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.imaging.discover.make_cases import make_cases
from tests.imaging.outline_files import (
    SHAPE,
    blobs,
    pixel_edges,
    write_nifti,
    write_rtstruct,
    write_seg,
    write_series,
)


def test_what_is_left_over(tmp_path: Path) -> None:
    import pydicom

    slices, masks = write_series(tmp_path / "ct"), blobs()
    other = write_series(tmp_path / "elsewhere", patient="8")
    folder = tmp_path / "outlines"
    folder.mkdir()
    write_seg(slices, masks, folder / "a good.dcm", ["benign", "malignant"])
    write_seg(other, masks, folder / "b other.dcm", ["benign", "malignant"])
    both = masks.copy()
    both[:, 1] |= masks[:, 0]
    write_seg(slices, both, folder / "c both.dcm", ["benign", "malignant"])
    write_rtstruct(slices, [[[], [], [], pixel_edges(masks[3, 0])]], folder / "d open.dcm", ["x"], kind="OPEN_PLANAR")
    write_rtstruct(other, [[[], [], [], pixel_edges(masks[3, 0])]], folder / "e other.dcm", ["x"])
    write_rtstruct(other, [[[], [], [], pixel_edges(masks[3, 0])]], folder / "f other.dcm", ["x"], images=False)
    wrong = write_rtstruct(slices, [[[], [], [], pixel_edges(masks[3, 0])]], folder / "g number.dcm", ["x"])
    wrong.ROIContourSequence[0].ReferencedROINumber = 9
    wrong.save_as(folder / "g number.dcm")
    write_nifti(slices, masks[:, 0, :-1].astype(np.uint8), folder / "h size.nii")
    seg = pydicom.dcmread(folder / "a good.dcm")
    seg.SegmentSequence[1].SegmentNumber = 5
    seg.save_as(folder / "i number.dcm")
    left = make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=folder)
    reasons = {}
    for name, reason in left.files:
        reasons.setdefault(name[0], []).append(reason)
    absent = "it refers to images that are not in the folder: add them, or take it away"
    assert reasons["b"] == reasons["e"] == reasons["f"] == [absent]
    assert reasons["c"] == ["its outlines of benign and malignant overlap: say by --classes which of them counts"]
    assert "not CLOSED_PLANAR" in reasons["d"][0]
    assert "region 9, which its Structure Set ROI Sequence (3006,0020) lacks" in reasons["g"][0]
    assert "fit no slice" in reasons["h"][0]
    assert "segment 2, which its Segment Sequence (0062,0002) lacks" in reasons["i"][0]
    assert "a" not in reasons
    listed = (tmp_path / "cases.leftovers.csv").read_text()
    assert all(name in listed for name in ("b other", "c both", "d open", "e other", "g number", "h size", "i number"))


def test_masks_of_another_size(dicom, tmp_path: Path) -> None:
    slices, masks = write_series(tmp_path / "ct"), blobs()
    write_seg(slices, masks, tmp_path / "seg.dcm", ["benign", "malignant"])
    half = np.frombuffer(slices[0].PixelData, np.uint16).reshape(SHAPE)[:, ::2]
    slices[0].PixelData, slices[0].Columns = half.tobytes(), half.shape[1]
    slices[0].save_as(tmp_path / "ct/0.dcm")
    left = make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "seg.dcm")
    sizes = "its mask has 24x32 pixels and the picture 24x16: draw it on this very picture"
    assert left.files == (("seg.dcm", sizes), ("0.dcm", "no outline that is used is drawn on it"))


def test_outlines_that_are_not_there(tmp_path: Path, picture) -> None:
    picture("tree/a/x.png")
    with pytest.raises(ValueError, match="does not exist"):
        make_cases(tmp_path / "tree", tmp_path / "cases.csv", outlines=tmp_path / "no")
    with pytest.raises(ValueError, match="holds no DICOM SEG, RTSTRUCT or NIfTI"):
        make_cases(tmp_path / "tree", tmp_path / "cases.csv", outlines=tmp_path / "tree")
    write_seg(write_series(tmp_path / "ct"), blobs(), tmp_path / "seg.dcm", ["a", "b"])
    with pytest.raises(ValueError, match="NAME=CLASS"):
        make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "seg.dcm", outline_classes="a")
    with pytest.raises(ValueError, match="outlines say where lesions lie"):
        make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=tmp_path / "seg.dcm", boxes="yolo")


def test_damaged_files_of_outlines_are_listed(tmp_path: Path) -> None:
    import pydicom

    slices, masks = write_series(tmp_path / "ct"), blobs()
    folder = tmp_path / "outlines"
    folder.mkdir()
    write_seg(slices, masks, folder / "good.dcm", ["benign", "malignant"])
    whole = (folder / "good.dcm").read_bytes()
    (folder / "cut.dcm").write_bytes(whole[: len(whole) - 300])
    (folder / "notes.txt").write_text("by hand")
    (folder / "bad.nii.gz").write_bytes(b"no volume")
    for tag in ("SegmentSequence", "PerFrameFunctionalGroupsSequence", "SegmentationType", "PixelData"):
        seg = pydicom.dcmread(folder / "good.dcm")
        delattr(seg, tag)
        seg.save_as(folder / f"no {tag}.dcm")
    for tag in ("StructureSetROISequence", "ROIContourSequence"):
        made = write_rtstruct(slices, [[pixel_edges(m) for m in masks[:, 0]]], folder / f"no {tag}.dcm", ["x"])
        delattr(made, tag)
        made.save_as(folder / f"no {tag}.dcm")
    left = make_cases(tmp_path / "ct", tmp_path / "cases.csv", outlines=folder)
    named = {name for name, _ in left.files}
    assert {path.name for path in folder.iterdir()} - named == {"good.dcm", "no SegmentationType.dcm"}
    assert not any(str(tmp_path) in reason for _, reason in left.files)


def test_outlines_among_images_are_not_pictures(tmp_path: Path) -> None:
    slices, masks = write_series(tmp_path / "ct"), blobs()
    (tmp_path / "ct" / "a").mkdir()
    write_seg(slices, masks, tmp_path / "ct" / "a" / "seg.dcm", ["benign", "malignant"])
    slices[0].save_as(tmp_path / "ct" / "a" / "image.dcm")
    left = make_cases(tmp_path / "ct" / "a", tmp_path / "cases.csv", pattern="(?P<label>image|seg)")
    assert left.files == (("seg.dcm", "it holds outlines, not an image: --outlines takes them"),)
