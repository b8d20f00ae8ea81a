from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.imaging.discover.make_cases import make_cases

SERIES = "1.2.826.0.1.3680043.8.498.1"


def test_whole_numbers_may_be_either_position(
    dicom: Callable[..., Path], table: Callable[..., Path], tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 4000, (20, 20)).astype(np.uint16)
    (tmp_path / "tree").mkdir()
    for n in range(6):
        place = {"ImagePositionPatient": [0, 0, n], "InstanceNumber": 6 - n, "SeriesInstanceUID": SERIES}
        dicom(noise, f"tree/{n}.dcm", PatientID="7", **place)
    grades = [f"{SERIES},{n},{3 + n % 2}" for n in range(1, 6)]
    labels = table("series,number,malignancy", *grades, name="labels.csv")
    with pytest.raises(ValueError, match=r"the slice \(number\): name one by --z-column \(mm\) or --instance-column"):
        make_cases(tmp_path / "tree", tmp_path / "cases.csv", labels=labels)
    labels = table("series,slice number,malignancy", *grades, name="labels.csv")
    assert (
        "Instance Number in 'slice number'" in make_cases(tmp_path / "tree", tmp_path / "a.csv", labels=labels).said[0]
    )
    labels = table("series,slice z,malignancy", *grades, name="labels.csv")
    assert "z in mm in 'slice z'" in make_cases(tmp_path / "tree", tmp_path / "b.csv", labels=labels).said[0]


def test_numbers_are_file_names_only_where_the_column_says_so(
    picture: Callable[..., str], table: Callable[..., Path], tmp_path: Path
) -> None:
    for n in range(1, 4):
        picture(f"tree/{n}.png", n)
    labels = table("grade,label", "1,a", "2,b", name="labels.csv")
    with pytest.raises(ValueError, match="holds UIDs, Accession Numbers or names"):
        make_cases(tmp_path / "tree", tmp_path / "cases.csv", labels=labels)
    assert make_cases(tmp_path / "tree", tmp_path / "a.csv", labels=labels, uid_column="grade").written == {
        "a": 1,
        "b": 1,
    }
    labels = table("Image ID,label", "1,a", "2,b", name="labels.csv")
    assert make_cases(tmp_path / "tree", tmp_path / "b.csv", labels=labels).written == {"a": 1, "b": 1}


def test_an_error_names_the_table_and_not_its_draft(
    picture: Callable[..., str], table: Callable[..., Path], tmp_path: Path
) -> None:
    for n in range(2):
        picture(f"tree/p_{n}.png", n)
    labels = table("file,label", "p_0.png,a", "p_1.png,b", name="labels.csv")
    with pytest.raises(ValueError, match=r"^rows 1 and 2 of cases.csv are one lesion with two labels"):
        make_cases(tmp_path / "tree", tmp_path / "cases.csv", labels=labels, pattern="(?P<lesion>(?P<patient>p))_")
