from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.discover.film_archive import worst
from medgan_fashion.imaging.discover.make_cases import make_cases

Film = Callable[..., None]


def coded(value: str, modifiers: tuple[str, ...] = ()) -> Any:
    """A View Code Sequence of one SNOMED code with modifiers."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", "any"
    if modifiers:
        item.ViewModifierCodeSequence = Sequence([coded(m)[0] for m in modifiers])
    return Sequence([item])


@pytest.fixture
def film(dicom: Callable[..., Path], tmp_path: Path) -> Film:
    noise = np.random.default_rng(0)

    def write(name: str, patient: str, **tags: object) -> None:
        (tmp_path / "archive" / name).parent.mkdir(parents=True, exist_ok=True)
        known = {"Modality": "MG", "PresentationIntentType": "FOR PRESENTATION", "ImageLaterality": "L"}
        pixels = noise.integers(0, 4000, (20, 16)).astype(np.uint16)
        dicom(pixels, f"archive/{name}", PatientID=patient, **{**known, "ViewPosition": "CC", **tags})

    return write


@pytest.fixture
def archive(film: Film, tmp_path: Path) -> Path:
    film("healthy/a", "1", StudyInstanceUID="1.1")
    film("healthy/b", "1", StudyInstanceUID="1.1", ViewCodeSequence=coded("399368009"), ViewPosition="CC")
    film("healthy/c", "1", StudyInstanceUID="1.1", PresentationIntentType="FOR PROCESSING")
    film("healthy/d", "2", PartialView="YES")
    film("cancer/e", "3", ViewCodeSequence=coded("399162004", ("399055006",)))
    film("cancer/f", "3", BreastImplantPresent="YES")
    film("cancer/g", "3", EstimatedRadiographicMagnificationFactor="1.8")
    film("cancer/h", "4", ImageLaterality="L", Laterality="R")
    film("cancer/i", "5", Modality="RG", ImageLaterality="R")
    film("cancer/k", "6", ImageLaterality="R")
    film("cancer/m", "7", NumberOfFrames=2)
    return tmp_path / "archive"


def test_one_kind_of_whole_films(archive: Path, tmp_path: Path) -> None:
    left = make_cases(archive, tmp_path / "cases.csv")
    cases = read_case_table(tmp_path / "cases.csv").cases
    assert [(c.image.name, c.label, c.group, c.view, c.laterality) for c in cases] == [
        ("k", "cancer", "6", "CC", "R"),
        ("a", "healthy", "1", "CC", "L"),
        ("b", "healthy", "1", "MLO", "L"),
    ]
    reasons = {name[-1]: reason for name, reason in left.files}
    for name, reason in {
        "c": "for processing, not for presentation: --films processing takes those",
        "d": "partial view",
        "e": "spot compression view",
        "f": "implant",
        "g": "magnification view",
        "h": r"(0020,0060) says R: say which by --pattern",
        "i": "its Modality is RG, not MG: if it is a mammogram all the same, add --modality MG,RG",
        "m": "multi-frame DICOM",
    }.items():
        assert reason in reasons[name]
    assert "left over, 1 x file: implant" in left.lines()


def test_what_the_user_says_wins(archive: Path, tmp_path: Path) -> None:
    left = make_cases(archive, tmp_path / "rg.csv", modality="mg, rg")
    assert left.written == {"cancer": 2, "healthy": 2}
    left = make_cases(archive, tmp_path / "raw.csv", films="processing")
    assert left.written == {"healthy": 1}
    taken = "for presentation, not for processing: --films presentation takes those instead"
    assert f"left over, 3 x file: {taken}" in left.lines()


def test_a_name_settles_contradictory_sides(film: Film, tmp_path: Path) -> None:
    film("x/R_cc", "1", ImageLaterality="L", Laterality="R")
    make_cases(tmp_path / "archive", tmp_path / "cases.csv", pattern=r"(?P<laterality>[LR])_(?P<view>\w+)")
    (case,) = read_case_table(tmp_path / "cases.csv").cases
    assert (case.laterality, case.view, case.group) == ("R", "CC", "1")


def test_lines_count_reasons(film: Film, tmp_path: Path) -> None:
    film("x/0", "0")
    for n in range(1, 12):
        film(f"x/{n}", str(n), BreastImplantPresent="YES")
    left = make_cases(tmp_path / "archive", tmp_path / "cases.csv")
    assert left.lines() == [
        "1 rows: x 1; patients: 1",
        "left over, 11 x file: implant",
        "all of them are listed in cases.leftovers.csv",
    ]


def test_other_dicom_files_without_mammograms_are_as_before(film: Film, tmp_path: Path) -> None:
    film("x/ct", "1", Modality="CT", PresentationIntentType="FOR PROCESSING")
    film("y/rg", "2", Modality="RG")
    assert make_cases(tmp_path / "archive", tmp_path / "all.csv").written == {"x": 1, "y": 1}
    with pytest.raises(ValueError, match=r"no row is left.*1 x file: its Modality is CT, not MG"):
        make_cases(tmp_path / "archive", tmp_path / "none.csv", films="presentation")


def test_breasts_and_exams(film: Film, tmp_path: Path) -> None:
    for name, study, view, side in (
        ("benign/a", "1.1", "CC", "L"),
        ("malignant/b", "1.1", "MLO", "L"),
        ("benign/c", "1.2", "CC", "L"),
        ("benign/d", "1.2", "CC", "R"),
        ("benign/e", "1.2", "CC", ""),
    ):
        film(name, "7", StudyInstanceUID=study, ViewPosition=view, ImageLaterality=side)
    make_cases(tmp_path / "archive", tmp_path / "cases.csv", level="film")
    cases = {c.image.name: c for c in read_case_table(tmp_path / "cases.csv").cases}
    assert [cases[n].label for n in "abcde"] == ["malignant", "malignant", "benign", "benign", "benign"]
    assert [cases[n].lesion[1] for n in "abcd"] == ["L exam 1", "L exam 1", "L exam 2", "R"]
    film("cyst/f", "7", StudyInstanceUID="1.2", ImageLaterality="R")
    left = make_cases(tmp_path / "archive", tmp_path / "more.csv", level="film")
    assert dict(left.files) == dict.fromkeys(("benign/d", "cyst/f"), "its breast has several labels: give one")


def test_worst() -> None:
    assert worst(["benign", "normal", "Malignant"]) == "Malignant"
    assert worst(["cyst", "cyst"]) == "cyst"
    assert worst(["cyst", "benign"]) == ""


def test_real_samples(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "dicom_samples"
    with pytest.raises(ValueError, match=r"1 x file: its Modality is RG.*--modality MG,RG"):
        make_cases(folder, tmp_path / "cases.csv", films="presentation")
    left = make_cases(folder, tmp_path / "cases.csv", modality="MG,RG", pattern="(?P<label>MG1|CT)")
    (case,) = read_case_table(tmp_path / "cases.csv").cases
    assert (case.image.name, case.group, case.view, case.laterality) == ("MG1_J2KI", "3MG1", "MLO", "L")
    assert sum("Modality is CT" in reason for _, reason in left.files) == 2
