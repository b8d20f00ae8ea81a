from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.discover.cbis_ddsm import is_cbis_ddsm, two_valued
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.prepare.prepare import prepare_cases

HEADER = (
    "patient_id,breast density,left or right breast,image view,abnormality id,abnormality type,pathology,"
    "image file path,cropped image file path,ROI mask file path"
)
Dicom = Callable[..., Path]


def line(film: str, number: int, pathology: str, kind: str = "mass") -> str:
    """A row of a case table as TCIA writes it: UIDs as folders, and a line break inside a quoted field."""
    patient, side, view = film.removeprefix("Mass-Test_").rsplit("_", 2)
    lesion = f"{film}_{number}"
    paths = [f"{film}/1.2.{film}/1.3.{film}/000000.dcm"]
    paths += [
        f'"{lesion}/1.2.{lesion}/1.3.{lesion}.{n}/{name}\n"' for n, name in ((1, "000001.dcm"), (0, "000000.dcm"))
    ]
    return ",".join([patient, "2", side, view, str(number), kind, pathology, *paths])


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    films = ("P_00001_LEFT_CC", "P_00001_LEFT_MLO", "P_00002_RIGHT_CC", "P_00003_LEFT_CC")
    cc, mlo, right, none = (f"Mass-Test_{name}" for name in films)
    rows = [line(cc, 1, "MALIGNANT"), line(cc, 2, "BENIGN"), line(mlo, 1, "BENIGN_WITHOUT_CALLBACK")]
    rows += [line(right, 1, "BENIGN"), line(right, 2, "UNKNOWN"), line(none, 1, "BENIGN")]
    path = tmp_path / "mass_case_description_test_set.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


@pytest.fixture
def tree(dicom: Dicom, tmp_path: Path) -> Path:
    """A download: films, and lesions' folders where names of mask and crop are swapped in one."""
    noise = np.random.default_rng(0)

    def write(name: str, pixels: np.ndarray) -> None:
        (tmp_path / "cbis" / name).parent.mkdir(parents=True, exist_ok=True)
        folder = name.split("/")[0]
        dicom(pixels, f"cbis/{name}", PatientID=folder, Modality="MG", Laterality="L", SeriesDescription="any")

    def film() -> np.ndarray:
        return noise.integers(0, 60000, (60, 40)).astype(np.uint16)

    mask = np.zeros((60, 40), dtype=np.uint8)
    mask[10:20, 5:15] = 255
    crop = noise.integers(0, 60000, (12, 14)).astype(np.uint16)
    cc, mlo, right = (f"Mass-Test_P_0000{n}" for n in ("1_LEFT_CC", "1_LEFT_MLO", "2_RIGHT_CC"))
    write(f"{cc}/08-07-2016/1.0-full/1-1.dcm", film())
    write(f"{cc}_1/08-07-2016/1.0-ROI/1-1.dcm", mask)
    write(f"{cc}_1/08-07-2016/1.0-ROI/1-2.dcm", crop)
    write(f"{cc}_2/08-07-2016/1.0-cropped/1-1.dcm", crop)
    write(f"{cc}_2/08-07-2016/1.0-cropped/1-2.dcm", np.roll(mask, 20, axis=0))
    write(f"{mlo}/1-1.dcm", film())
    write(f"{mlo}_1/1-1.dcm", mask[:50])  # not of its film's size
    write(f"{mlo}_1/1-2.dcm", crop)
    write(f"{right}_1/1-1.dcm", mask)
    write(f"{right}_1/1-2.dcm", crop)
    write(f"{right}_2/1-2.dcm", crop)
    write("elsewhere/1-1.dcm", crop)
    return tmp_path / "cbis"


def test_masks_by_content() -> None:
    mask = np.zeros((20, 20), dtype=np.float32)
    mask[5:9, 5:9] = 255
    assert two_valued(mask)
    assert two_valued(mask + np.random.default_rng(0).normal(0, 2, mask.shape).astype(np.float32))
    assert not two_valued(np.arange(400, dtype=np.float32).reshape(20, 20))
    assert is_cbis_ddsm(HEADER.split(","))
    assert not is_cbis_ddsm(["patient_id", "pathology"])


def test_lesions_in_films_and_crops(labels: Path, tree: Path, tmp_path: Path) -> None:
    left = make_cases(tree, tmp_path / "cases.csv", labels=labels)
    cases = {
        c.image.parts[-2] if c.mask is None else c.mask.parts[-4]: c
        for c in read_case_table(tmp_path / "cases.csv").cases
    }
    assert {name.removeprefix("Mass-Test_"): (c.image.name, c.label, c.group) for name, c in cases.items()} == {
        "P_00001_LEFT_CC_1": ("1-1.dcm", "malignant", "P_00001"),
        "P_00001_LEFT_CC_2": ("1-1.dcm", "benign", "P_00001"),
        "P_00001_LEFT_MLO_1": ("1-2.dcm", "benign", "P_00001"),
        "P_00002_RIGHT_CC_1": ("1-2.dcm", "benign", "P_00002"),
    }
    first, second = cases["Mass-Test_P_00001_LEFT_CC_1"], cases["Mass-Test_P_00001_LEFT_CC_2"]
    assert first.image == second.image
    assert first.mask is not None
    assert second.mask is not None
    assert (first.mask.name, second.mask.name) == ("1-1.dcm", "1-2.dcm")  # whatever they are called
    crop = cases["Mass-Test_P_00001_LEFT_MLO_1"]
    assert (crop.box, crop.view, crop.laterality) == ((0, 0, 14, 12), "MLO", "L")
    # number 1 is malignant in one view and benign in the other: it cannot be one lesion
    assert (first.lesion[1], crop.lesion[1], second.lesion[1]) == ("L1 CC", "L1 MLO", "L2")
    assert left.rows == ((5, "its class is empty or unknown"), (6, "no picture lies under its folder names"))
    reasons = {name.removeprefix("Mass-Test_"): reason for name, reason in left.files}
    assert reasons.pop("elsewhere/1-1.dcm") == "no row of the labels speaks of it"
    assert reasons.pop("P_00002_RIGHT_CC_2/1-2.dcm") == "its class is empty or unknown"
    assert len(reasons) == 5
    assert set(reasons.values()) == {"the row uses another picture"}
    assert left.lines()[0] == "4 rows: benign 3, malignant 1; patients: 2"
    config = ImageConfig(size=(16, 16))
    assert prepare_cases(tmp_path / "cases.csv", config).images.images.shape[0] == 4


def test_whole_films_have_their_breasts_label(labels: Path, tree: Path, tmp_path: Path) -> None:
    left = make_cases(tree, tmp_path / "cases.csv", labels=labels, level="film")
    cases = read_case_table(tmp_path / "cases.csv").cases
    assert [(c.view, c.label, c.lesion) for c in cases] == [
        ("CC", "malignant", ("P_00001", "L")),
        ("MLO", "malignant", ("P_00001", "L")),
    ]
    assert all(c.box is None and c.mask is None for c in cases)
    assert dict(left.rows)[4] == "its full mammogram is not in the folder"


def test_other_columns_repeats_and_series_folders(labels: Path, tree: Path, dicom: Dicom, tmp_path: Path) -> None:
    left = make_cases(tree, tmp_path / "type.csv", labels=labels, label_column="abnormality type")
    assert left.written == {"mass": 5}
    with pytest.raises(ValueError, match="no label column 'birads'"):
        make_cases(tree, tmp_path / "x.csv", labels=labels, label_column="birads")
    lone = "Mass-Test_P_00003_LEFT_CC"
    series = tmp_path / "flat" / f"1.3.{lone}_1.1"
    series.mkdir(parents=True)
    dicom(np.arange(168, dtype=np.uint16).reshape(12, 14), f"flat/{series.name}/1-172.dcm")
    labels.write_text(labels.read_text() + line(lone, 1, "BENIGN") + "\n")
    left = make_cases(tmp_path / "flat", tmp_path / "flat.csv", labels=labels)
    assert left.written == {"benign": 1}
    assert dict(left.rows)[7] == "it repeats another row"


def test_the_real_table(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "cbis_ddsm_roi"
    labels = folder / "calc_case_description_test_set.csv"
    left = make_cases(folder, tmp_path / "cases.csv", labels=labels)
    cases = read_case_table(tmp_path / "cases.csv").cases
    assert [(c.label, c.lesion, c.view, c.laterality, c.box) for c in cases] == [
        ("benign", ("P_00038", "L1"), "CC", "L", (0, 0, 265, 249)),
        ("benign", ("P_00038", "L1"), "MLO", "L", (0, 0, 249, 265)),
    ]
    assert "left over, 324 x row of the labels: no picture lies under its folder names" in left.lines()
    with pytest.raises(ValueError, match="2 x file: its full mammogram is not in the folder"):
        make_cases(folder, tmp_path / "films.csv", labels=labels, level="film")
    assert len((tmp_path / "films.leftovers.csv").read_text().splitlines()) == 1 + 326 + 2 + 3
