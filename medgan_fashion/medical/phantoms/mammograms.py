"""Seeded phantoms of mammograms, whose truth is known: DICOM films, a table of masses and a table of films."""

import csv
from pathlib import Path

import numpy as np

from medgan_fashion.medical.phantoms.mammogram_anatomy import HEIGHT_MM, Breast, View, draw_breasts, draw_film
from medgan_fashion.medical.phantoms.mammogram_film import STYLES, Film, film_dataset, marker
from medgan_fashion.medical.phantoms.mammogram_masses import CLASSES, Grid, Mass, Rng, draw_mass

_ADDRESS = 2  # first word of every random address here: liver phantoms have 0 and 1
_VIEWS: tuple[View, ...] = ("CC", "MLO")
_CASES = ("image", "label", "patient", "lesion", "x", "y", "width", "height", "view", "laterality")
_FILMS = ("image", "label", "patient", "lesion", "view", "laterality")


def _mark(shown: Grid, film: Film) -> None:
    """Lays the marker plate into the upper corner opposite the chest wall, 14 mm from the edges, if there is air."""
    plate, gap = marker(film.side + film.view, film.spacing), round(14 / film.spacing)
    (height, width), right = plate.shape, shown.shape[1] - gap
    columns = slice(right - width, right) if film.side == "L" else slice(gap, gap + width)
    corner = shown[gap : gap + height, columns]
    if corner.shape == plate.shape and not corner.any():
        corner[...] = plate


def _write_film(
    folder: Path, film: Film, breast: Breast, mass: Mass | None, marked: bool, size: tuple[int, int]
) -> tuple[list[object], list[object] | None]:
    """Writes one film; its row in films.csv and, with a mass, its row in cases.csv. A right breast is mirrored."""
    rng = np.random.default_rng((_ADDRESS, film.seed, film.patient, "LR".index(film.side), _VIEWS.index(film.view)))
    shown, box = draw_film(breast, film.view, mass, rng, size)
    path, name = f"dicom/p{film.patient:04d}_{film.side}_{film.view}.dcm", f"PHANTOM-{film.patient:04d}"
    if film.side == "R":
        shown = shown[:, ::-1].copy()
    if marked:
        _mark(shown, film)
    film_dataset(shown, film).save_as(folder / path, enforce_file_format=True)
    row: list[object] = [path, "normal" if mass is None else "mass", name, film.side, film.view, film.side]
    if box is None:
        return row, None
    x, y, width, height = box
    x = size[1] - x - width if film.side == "R" else x
    return row, [path, CLASSES[film.patient % 2], name, 1, x, y, width, height, film.view, film.side]


def _write_patient(folder: Path, number: int, seed: int, size: tuple[int, int]) -> tuple[list, list]:
    """Writes a patient's four films: rows of films.csv and of cases.csv."""
    rng: Rng = np.random.default_rng((_ADDRESS, seed, number))
    breasts, mass = draw_breasts(rng), draw_mass(rng, number % 2)
    ill, marked, padded = "LR"[int(rng.integers(2))], rng.random() < 0.5, rng.random() < 0.4
    films, cases = [], []
    for side, breast in zip("LR", breasts, strict=True):
        for view in _VIEWS:
            # number // 2: a benign and a malignant patient share each make, so that it does not give the class away
            style = STYLES[number // 2 % len(STYLES)]
            columns = round(0.06 * size[1]) if padded else 0
            film = Film(number, side, view, seed, style, HEIGHT_MM / size[0], columns)
            film_row, case_row = _write_film(folder, film, breast, mass if side == ill else None, marked, size)
            films.append(film_row)
            cases += [] if case_row is None else [case_row]
    return films, cases


def _write_table(path: Path, header: tuple[str, ...], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def write_mammogram_phantoms(
    folder: Path, *, patients: int = 40, seed: int = 0, size: tuple[int, int] = (512, 416)
) -> Path:
    """Write seeded mammograms of both breasts in CC and MLO, and the case tables over them.

    A patient has one mass, benign or malignant in turn, seen in both views of one breast; the other breast has
    none. The films are 12-bit For Presentation objects of four makes: MONOCHROME1 and MONOCHROME2, with a window, a
    SIGMOID window or a VOI LUT sequence; some carry padding (stored value 0) or a marker beside the breast.

    Args:
        folder: gets `dicom/*.dcm`, `cases.csv` and `films.csv`; made if missing.
        patients: at least 2.
        size: (height, width) of a film, over a field 240 mm high; at least 64 x 52, height / width at most 1.25.

    Returns the path of `cases.csv`: the mass in each film that shows one (image, label, patient, lesion, x, y, width,
    height, view, laterality), label benign or malignant. `films.csv` beside it has every film, its label normal or
    mass and its `lesion` the breast: benign and malignant differ in margins and spicules of about a millimetre, which
    whole films at a network's size do not show. The same arguments give the same pixels.
    """
    if patients < 2 or min(size) < 52 or size[0] < 64 or size[0] > 1.25 * size[1]:
        raise ValueError(
            "Phantoms need at least 2 patients and films of 64 x 52 pixels, at most 1.25 times as high as wide."
        )
    (folder / "dicom").mkdir(parents=True, exist_ok=True)
    written = [_write_patient(folder, number, seed, size) for number in range(patients)]
    _write_table(folder / "films.csv", _FILMS, [row for films, _ in written for row in films])
    _write_table(folder / "cases.csv", _CASES, [row for _, cases in written for row in cases])
    return folder / "cases.csv"
