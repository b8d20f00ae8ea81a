from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.prepare.prepare import prepare_cases

Make = Callable[..., str]


@pytest.fixture
def tree(picture: Make, tmp_path: Path) -> Path:
    for seed, name in enumerate(["b/x (2).png", "b/x (10).png", "a/p7_L.png", "a/p8_R.png", "c/z.png"]):
        picture(f"tree/{name}", seed)
    (tmp_path / "tree/README.txt").write_text("about")
    return tmp_path / "tree"


def test_class_folders_in_the_wanted_order(tree: Path, tmp_path: Path) -> None:
    left = make_cases(tree, tmp_path / "out/cases.csv", classes="b, a")
    table = read_case_table(tmp_path / "out/cases.csv")
    assert [case.image.name for case in table.cases] == ["x (2).png", "x (10).png", "p7_L.png", "p8_R.png"]
    assert (table.classes, table.grouping, left.grouping) == (("b", "a"), *["near-duplicate pictures"] * 2)
    assert left.written == {"b": 2, "a": 2}
    assert set(left.files) == {("README.txt", "not a picture"), ("c/z.png", "class c is left out")}
    assert any("class c is left out" in line for line in left.lines())
    assert "c/z.png,,class c is left out" in (tmp_path / "out/cases.leftovers.csv").read_text()
    assert prepare_cases(tmp_path / "out/cases.csv", ImageConfig(roi="whole")).images.images.shape[0] == 4


def test_unknown_class_and_empty_folder(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="class 'd' has no usable picture"):
        make_cases(tree, tmp_path / "cases.csv", classes="a,d")
    with pytest.raises(ValueError, match="is no folder"):
        make_cases(tree / "nowhere", tmp_path / "cases.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no row is left"):
        make_cases(tmp_path / "empty", tmp_path / "cases.csv")


def test_pattern_gives_patients_and_sides(tree: Path, tmp_path: Path) -> None:
    pattern = r"(?P<patient>p\d+)_(?P<laterality>[LR])"
    left = make_cases(tree, tmp_path / "cases.csv", pattern=pattern)
    table = read_case_table(tmp_path / "cases.csv")
    assert [(c.group, c.laterality) for c in table.cases] == [("p7", "L"), ("p8", "R")]
    assert (table.grouping, len(left.files)) == ("patient", 4)
    for wrong in ("(", "p7", "(?P<colour>p)"):
        with pytest.raises(ValueError, match="pattern"):
            make_cases(tree, tmp_path / "other.csv", pattern=wrong)


def test_an_edited_table_is_not_overwritten(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "cases.csv"
    make_cases(tree, out)
    make_cases(tree, out)
    out.write_text(out.read_text() + "\n#\n")
    with pytest.raises(ValueError, match="exists and differs"):
        make_cases(tree, out)
    assert not list(tmp_path.glob(".*draft*"))


def test_yolo_boxes(tree: Path, tmp_path: Path) -> None:
    (tree / "b/x (2).txt").write_text("0 0.5 0.5 0.2 0.4\n\n1 0.2 0.3 0.1 0.1\n")
    (tree / "b/x (10).txt").write_text("0 0.5 0.5 0.2\n")
    (tree / "a/p7_L.txt").write_text("0 0.9 0.5 0.9 0.4\n")
    (tree / "c/z.txt").write_text("0 .5 .5 .5 .5\n")
    left = make_cases(tree, tmp_path / "cases.csv", boxes="yolo")
    cases = read_case_table(tmp_path / "cases.csv").cases
    assert [c.box for c in cases] == [(20, 12, 10, 16), (7.5, 10, 5, 4), (12.5, 10, 25, 20)]
    assert len({c.lesion for c in cases}) == 3
    assert cases[0].group == cases[1].group
    reasons = dict(left.files)
    assert "label x y width height" in reasons["b/x (10).png"]
    assert "leaves the picture" in reasons["a/p7_L.png"]
    assert reasons["a/p8_R.png"] == "no box file beside it"


def test_masks(tree: Path, tmp_path: Path) -> None:
    full = np.zeros((20, 25), dtype=np.uint8)
    full[5:9, 5:9] = 255
    for name, mask in [
        ("b/x (2)_mask", full),
        ("b/x (2)_mask_1", full.T),
        ("a/p7_L_mask", 0 * full),
        ("q_mask", full),
    ]:
        path = tree / "masks" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask).save(path)
    left = make_cases(tree, tmp_path / "cases.csv", masks=tree / "masks")
    table = read_case_table(tmp_path / "cases.csv")
    assert [c.mask.name for c in table.cases if c.mask] == ["x (2)_mask.png", "x (2)_mask_1.png"]
    reasons = dict(left.files)
    assert reasons["a/p7_L.png"] == "its mask is empty"
    assert reasons["a/p8_R.png"] == "no mask"
    assert reasons["q_mask.png"] == "a mask without a picture"
    with pytest.raises(ValueError, match="only one"):
        make_cases(tree, tmp_path / "x.csv", masks=tree / "masks", boxes="yolo")


def test_dicom_tags_give_patients(dicom: Callable[..., Path], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 4000, (20, 20)).astype(np.uint16)
    (tmp_path / "tree/benign").mkdir(parents=True)
    tags = {"Modality": "MG", "ImageLaterality": "L", "ViewPosition": "CC"}
    dicom(noise, "tree/benign/one", PatientID="007", **tags)
    dicom(noise, "tree/benign/two.dcm", PatientID="", **tags)
    dicom(noise, "tree/benign/three.dcm", PatientID="008", SyntheticData="YES")
    left = make_cases(tmp_path / "tree", tmp_path / "cases.csv")
    (case,) = read_case_table(tmp_path / "cases.csv").cases
    assert (case.group, case.laterality, case.view, case.label) == ("007", "L", "CC", "benign")
    reasons = dict(left.files)
    assert "no patient" in reasons["benign/two.dcm"]
    assert "synthetic" in reasons["benign/three.dcm"]


def test_labels_join_on_series_and_position(dicom: Callable[..., Path], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 4000, (20, 20)).astype(np.uint16)
    (tmp_path / "tree").mkdir()
    for n, z in enumerate((-10.0, -12.5)):
        dicom(noise, f"tree/{n}.dcm", PatientID="7", SeriesInstanceUID="1.2.3", ImagePositionPatient=[0, 0, z])
    labels = tmp_path / "labels.csv"
    rows = [
        '1.2.3,-10.0,"[3, 5, 8]","[2, 9, 4]",4,n1',
        '1.2.3,-11,"[1]","[1]",4,n1',
        '9,-10,"[1]","[1]",4,n1',
        '1.2.3,-10,"x","[1]",4,n1',
    ]
    labels.write_text("series,z,xs,ys,malignancy,nodule\n" + "\n".join(rows) + "\n")
    left = make_cases(
        tmp_path / "tree",
        tmp_path / "cases.csv",
        labels=labels,
        uid_column="series",
        z_column="z",
        label_column="malignancy",
        polygon_columns=("xs", "ys"),
        lesion_column="nodule",
    )
    (case,) = read_case_table(tmp_path / "cases.csv").cases
    assert (case.image.name, case.box, case.label, case.lesion) == ("0.dcm", (3, 2, 6, 8), "4", ("7", "n1"))
    assert [row for row, _ in left.rows] == [2, 3, 4]
    assert left.files == (("1.dcm", "no row of the labels speaks of it"),)
    # every column is found by its contents or its name, too
    make_cases(tmp_path / "tree", tmp_path / "found.csv", labels=labels)
    (again,) = read_case_table(tmp_path / "found.csv").cases
    assert (again.image, again.box, again.label, again.lesion) == (case.image, case.box, case.label, case.lesion)
    with pytest.raises(ValueError, match="lacks the column 'nowhere'"):
        make_cases(tmp_path / "tree", tmp_path / "x.csv", labels=labels, uid_column="nowhere")


def test_real_sets(shared_data: Path, tmp_path: Path) -> None:
    busi = shared_data / "busi_breast_ultrasound"
    left = make_cases(busi, tmp_path / "busi.csv", masks=busi / "masks_original_size", classes="benign,malignant")
    assert left.written == {"benign": 102, "malignant": 66}
    lidc = shared_data / "lidc_ct"
    left = make_cases(
        lidc,
        tmp_path / "lidc.csv",
        labels=lidc / "labels.csv",
        uid_column="instance_uid",
        z_column="z-slice",
        label_column="malignancy",
        polygon_columns=("xs", "ys"),
        lesion_column="nodule_id",
    )
    assert (left.written, left.rows) == ({"3": 6, "4": 4, "5": 5}, ())
    images = prepare_cases(tmp_path / "lidc.csv", ImageConfig()).images
    assert (images.card.unit, len(images.card.pseudonyms), images.card.classes) == ("HU", 2, ("3", "4", "5"))


def test_brain_boxes(shared_data: Path, tmp_path: Path) -> None:
    left = make_cases(shared_data / "brain_tumor_mri", tmp_path / "brain.csv", boxes="yolo")
    assert left.written == {"0_pituitary": 150, "1_meningioma": 150, "2_glioma": 150}
    images = prepare_cases(tmp_path / "brain.csv", ImageConfig()).images
    # tumours take up contrast: on average the lesion is brighter than its surroundings
    view = images.view()
    assert view[:, :, 12:20, 12:20].mean() > view[:, :, :4].mean()
