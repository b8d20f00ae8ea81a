"""Mammogram phantoms: files that the mammogram door reads as drawn, tables that fit, masses that overlap on purpose."""

import csv
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from medgan_fashion.imaging.mammograms.mammogram import read_mammogram
from medgan_fashion.imaging.mammograms.tags import Said
from medgan_fashion.medical.phantoms.mammograms import (
    CLASSES,
    HEIGHT_MM,
    SEPARATION,
    STYLES,
    Breast,
    Film,
    View,
    draw_breasts,
    draw_film,
    draw_mass,
    film_dataset,
    mass_shares,
    power_law,
    stored_values,
    write_mammogram_phantoms,
)

SIZE = (128, 104)
BREAST = Breast(reach=90, half=80, density=0.4, fat=0.4, strands=1, rim=0.3)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mammogram_phantoms(tmp_path_factory.mktemp("phantoms"), patients=8, seed=3, size=SIZE)


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read(table: Path, row: dict[str, str]) -> np.ndarray:
    return read_mammogram(table.parent / row["image"], Said()).pixels[0]


def test_tables_and_files_agree(table: Path) -> None:
    cases, films = rows_of(table), rows_of(table.parent / "films.csv")
    assert list(cases[0]) == ["image", "label", "patient", "lesion", "x", "y", "width", "height", "view", "laterality"]
    assert list(films[0]) == ["image", "label", "patient", "lesion", "view", "laterality"]
    files = {path.relative_to(table.parent).as_posix() for path in (table.parent / "dicom").iterdir()}
    assert {row["image"] for row in films} == files
    assert len(films) == len(files) == 8 * 4
    assert {row["image"] for row in cases} == {row["image"] for row in films if row["label"] == "mass"}
    assert all(row["lesion"] == row["laterality"] for row in films)
    assert len(cases) == 8 * 2
    for patient in {row["patient"] for row in cases}:
        mine = [row for row in cases if row["patient"] == patient]
        assert sorted(row["view"] for row in mine) == ["CC", "MLO"]  # both views of one breast
        assert len({row["laterality"] for row in mine}) == 1
    assert sorted({row["label"] for row in cases}) == list(CLASSES)
    for row in cases:
        x, y, width, height = (int(row[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x < x + width <= SIZE[1]
        assert 0 <= y < y + height <= SIZE[0]


def test_tags_are_those_of_a_mammogram(table: Path) -> None:
    for row in rows_of(table.parent / "films.csv"):
        data = pydicom.dcmread(table.parent / row["image"])
        assert (data.Modality, data.PresentationIntentType) == ("MG", "FOR PRESENTATION")
        assert (data.ViewPosition, data.ImageLaterality) == (row["view"], row["laterality"])
        assert (data.BitsStored, data.BreastImplantPresent, data.PatientID) == (12, "NO", row["patient"])
        assert "SyntheticData" not in data  # to every reader these are real cases
        assert data.PatientOrientation[0] == {"L": "A", "R": "P"}[row["laterality"]]
        film = read_mammogram(table.parent / row["image"], Said())
        assert (film.view, film.laterality, film.unit) == (row["view"], row["laterality"], "for presentation")
        assert film.spacing_mm == pytest.approx([HEIGHT_MM / SIZE[0]] * 2, rel=1e-5)


def test_makes_are_mixed_and_shared_by_the_classes(table: Path) -> None:
    makes: dict[tuple[str, bool], set[str]] = {}
    for row in rows_of(table):
        data = pydicom.dcmread(table.parent / row["image"], stop_before_pixels=True)
        makes.setdefault((data.PhotometricInterpretation, "VOILUTSequence" in data), set()).add(row["label"])
    assert len(makes) == 4
    assert all(labels == set(CLASSES) for labels in makes.values())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("side", ["L", "R"])
def test_every_make_reads_as_it_was_drawn(style: tuple[str, str], side: str, tmp_path: Path) -> None:
    """A ramp from 0.1 to 0.9 with padding of 3 columns opposite the chest wall, for a breast lying as stored."""
    shown = np.tile(np.linspace(0.1, 0.9, 40), (8, 1))
    film_dataset(shown, Film(0, side, "CC", 0, style, 0.5, 3)).save_as(tmp_path / "x.dcm", enforce_file_format=True)
    seen = read_mammogram(tmp_path / "x.dcm", Said()).pixels[0]
    padded, kept = (slice(-3, None), slice(0, -3)) if side == "L" else (slice(0, 3), slice(3, None))
    assert not seen[:, padded].any()  # stored 0 is white in MONOCHROME1, but it is padding
    np.testing.assert_allclose(seen[:, kept], shown[:, kept], atol=1e-3)


def test_stored_values_by_hand() -> None:
    # LINEAR, centre 1800, width 3000: x = 1799.5 + (y - 0.5) 2999, so 0, 0.5 and 1 are 300, 1799.5 and 3299
    np.testing.assert_array_equal(stored_values(np.array([0, 0.5, 1]), "window"), [300, 1800, 3299])
    # SIGMOID, centre 2048, width 1800: y = 1 / (1 + e^-1) lies a quarter of the width above the centre
    np.testing.assert_array_equal(stored_values(np.array([0.5, 1 / (1 + np.exp(-1))]), "sigmoid"), [2048, 2498])
    # sin^2 of half the quarter turn is 1 / 2; 0 is kept for padding
    np.testing.assert_array_equal(stored_values(np.array([0, 0.5, 1]), "lut"), [1, 2048, 4095])


def test_box_lies_on_the_mass() -> None:
    """The same film with and without its mass differs in the box and hardly elsewhere, also in the mirrored breast."""
    for number in range(6):
        mass = draw_mass(np.random.default_rng(number), number % 2)
        view: View = "CC" if number < 3 else "MLO"
        rng = np.random.default_rng((1, number))
        film, box = draw_film(BREAST, view, mass, rng, (256, 208))
        assert box is not None
        x, y, width, height = box
        inside = film[y : y + height, x : x + width]
        ring = np.concatenate(
            [
                film[max(y - 6, 0) : y - 2, x : x + width].ravel(),
                film[y + height + 2 : y + height + 6, x : x + width].ravel(),
            ]
        )
        assert inside.mean() > ring.mean()
        longer = max(width, height) * HEIGHT_MM / 256
        assert 1.4 * mass.radius < longer < 3.2 * mass.radius


def test_written_boxes_follow_the_mirrored_breast(table: Path) -> None:
    brighter = []
    for row in rows_of(table):
        film = read(table, row)
        x, y, width, height = (int(row[key]) for key in ("x", "y", "width", "height"))
        mirrored = film[:, ::-1][y : y + height, x : x + width]
        brighter.append(film[y : y + height, x : x + width].mean() > mirrored.mean())
    assert all(brighter)  # mirrored, the box would lie on air or far from the mass


def test_the_chest_wall_is_where_the_side_says(table: Path) -> None:
    for row in rows_of(table.parent / "films.csv"):
        columns = read(table, row)[SIZE[0] // 4 :].mean(axis=0)
        left, right = columns[:20].mean(), columns[-20:].mean()
        assert (left > right) == (row["laterality"] == "L")


def test_only_oblique_films_show_the_muscle_and_air_is_0() -> None:
    means = {}
    views: tuple[View, ...] = ("CC", "MLO")
    for view in views:
        film, box = draw_film(BREAST, view, None, np.random.default_rng(5), SIZE)
        assert box is None
        assert film.min() == 0
        assert (film[:, -8:] == 0).all()  # 90 mm of 195 reach to column 48 of 104
        assert film.max() <= 1
        means[view] = film[:10, :10].mean()
    assert means["MLO"] > 0.7
    assert means["CC"] < 0.05


def test_denser_breasts_are_brighter() -> None:
    def mean(density: float) -> float:
        breast = Breast(90, 80, density, 0.4, 1, 0.3)
        films = [draw_film(breast, "CC", None, np.random.default_rng(i), SIZE)[0] for i in range(4)]
        return float(np.mean([film[film > 0].mean() for film in films]))

    assert mean(0.1) + 0.05 < mean(0.5) < mean(0.9) - 0.05


def test_texture_has_the_power_spectrum_of_breast_tissue() -> None:
    """Radial mean of the power of a 256 x 256 field over 4 to 64 cycles: slope -3 on double logarithmic axes."""
    power = np.zeros((256, 256))
    for i in range(4):
        field = power_law(np.random.default_rng(i), (256, 256))
        assert field.std() == pytest.approx(1)
        power += np.abs(np.fft.fft2(field)) ** 2
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(256) * 256, np.fft.fftfreq(256) * 256)).round().astype(int)
    rings = np.arange(4, 65)
    means = np.bincount(radius.ravel(), power.ravel())[rings] / np.bincount(radius.ravel())[rings]
    slope = np.polyfit(np.log(rings), np.log(means), 1)[0]
    assert slope == pytest.approx(-3, abs=0.1)


def test_classes_overlap_by_construction() -> None:
    """Suspicion above 0 is malignant: right in Phi(1) = 84.1 % of 2 x 2000 masses (sd 0.6 %); size says nothing."""
    masses = [[draw_mass(np.random.default_rng((kind, i)), kind) for i in range(2000)] for kind in range(2)]
    suspicion = np.array([[mass.suspicion for mass in group] for group in masses])
    assert SEPARATION == 1
    assert ((suspicion[0] < 0).mean() + (suspicion[1] > 0).mean()) / 2 == pytest.approx(0.841, abs=0.02)
    radius = np.log([[mass.radius for mass in group] for group in masses])
    assert abs(radius[0].mean() - radius[1].mean()) < 0.03


def test_suspicion_shows_as_spicules() -> None:
    """The share of what a mass adds beyond its own radius grows with suspicion."""
    from dataclasses import replace

    y, x = np.mgrid[-40:40, -40:40] * 0.5
    beyond = []
    for suspicion in (-2.0, 0.0, 2.0):
        mass = replace(draw_mass(np.random.default_rng(3), 0), suspicion=suspicion, radius=8.0)
        added, body = mass_shares(mass, x, y, 0.0)
        assert 0 <= added.min() <= added.max() <= 1
        assert body[40, 40] > 0.95
        beyond.append(added[np.hypot(x, y) > 11].sum() / added.sum())
    assert beyond[0] < 0.02 < beyond[1] < beyond[2]


def test_breasts_of_a_patient_are_alike() -> None:
    pairs = [draw_breasts(np.random.default_rng(i)) for i in range(200)]
    left, right = (np.array([pair[side].reach for pair in pairs]) for side in (0, 1))
    assert np.corrcoef(left, right)[0, 1] > 0.9
    assert not np.array_equal(left, right)


def test_same_seed_same_bytes(table: Path, tmp_path: Path) -> None:
    again = write_mammogram_phantoms(tmp_path / "again", patients=2, seed=3, size=SIZE)
    other = write_mammogram_phantoms(tmp_path / "other", patients=2, seed=4, size=SIZE)
    for row in rows_of(again.parent / "films.csv"):
        assert (again.parent / row["image"]).read_bytes() == (table.parent / row["image"]).read_bytes()
        assert (again.parent / row["image"]).read_bytes() != (other.parent / row["image"]).read_bytes()


def test_uids(table: Path) -> None:
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in (table.parent / "dicom").iterdir()]
    assert len({header.SOPInstanceUID for header in headers}) == len(headers)
    assert len({header.StudyInstanceUID for header in headers}) == 8


def test_a_checker_of_the_standard_finds_no_error(table: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed; it is in Debian's package dicom3tools")
    for patient in (0, 2, 4, 6):  # one of each make
        for name in ("L_CC", "R_MLO"):
            path = table.parent / "dicom" / f"p{patient:04d}_{name}.dcm"
            said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True)
            assert "MammographyImageForPresentation" in said.stderr + said.stdout
            assert "Error" not in said.stderr + said.stdout


@pytest.mark.parametrize(("patients", "size"), [(1, SIZE), (2, (60, 52)), (2, (128, 64))])
def test_refusals(tmp_path: Path, patients: int, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least 2 patients and films of 64 x 52"):
        write_mammogram_phantoms(tmp_path, patients=patients, size=size)
