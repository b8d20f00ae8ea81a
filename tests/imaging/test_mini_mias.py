from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.discover.mini_mias import circle_from_bottom, is_mini_mias, parse_row

# as in the full set: several rows of a film, a note or nothing instead of coordinates, trailing spaces
INFO = """4th column: Severity of abnormality;
                B - Benign

mdb001 G CIRC B 535 425 197
mdb002 G NORM
mdb005 F CIRC B 477 133 30
mdb005 F CIRC M 500 168 26
mdb006 F NORM
mdb059 F CIRC B
mdb060 F NORM
mdb211 G CALC B 687 990 3
mdb216 D CALC M *NOTE 3*
mdb223 D SPIC B 523 482 29
mdb223 D CALC B 591 529 87
mdb224 D NORM
mdb300 D NORM
""".replace("mdb002 G NORM", "mdb002 G NORM  ")
HERE = (1, 2, 5, 6, 59, 60, 211, 216, 223, 224)


def breast() -> np.ndarray:
    """A bright half ellipse at the left edge of a black film (1024, 1024)."""
    y, x = np.mgrid[:1024, :1024]
    inside = ((x - 200) / 650) ** 2 + ((y - 560) / 440) ** 2 < 1
    return np.where(inside & (x >= 200), 120 + x // 16, 2).astype(np.uint8)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    for film in HERE:
        Image.fromarray(breast()).save(folder / f"mdb{film:03d}.png", compress_level=1)
    (folder / "Info.txt").write_text(INFO)
    return folder


def test_y_counts_from_the_bottom() -> None:
    assert circle_from_bottom(538, 681, 29) == (509, 314, 58, 58)
    row = parse_row("mdb023 G CIRC M 538 681 29")
    assert row is not None
    assert (row.film, row.abnormality, row.severity, row.box) == (23, "CIRC", "malignant", (509, 314, 58, 58))
    for line, severity in (("mdb024 G NORM ", "normal"), ("mdb216 D CALC M *NOTE 3*", "malignant")):
        row = parse_row(line)
        assert row is not None
        assert (row.severity, row.box) == (severity, None)
    assert parse_row("1st column: MIAS database reference number.") is None
    assert is_mini_mias(INFO)
    assert not is_mini_mias("image,label\nmdb023.pgm,malignant\n")


def test_lesions(films: Path, tmp_path: Path) -> None:
    left = make_cases(films, tmp_path / "cases.csv", labels=films / "Info.txt")
    cases = read_case_table(tmp_path / "cases.csv").cases
    assert [(c.image.stem, c.label, c.group, c.lesion[1], c.laterality, c.view) for c in cases] == [
        ("mdb001", "benign", "1", "R1", "R", "MLO"),
        ("mdb005", "benign", "3", "R1", "R", "MLO"),
        ("mdb223", "benign", "112", "R1", "R", "MLO"),
        ("mdb223", "benign", "112", "R2", "R", "MLO"),
        ("mdb005", "malignant", "3", "R2", "R", "MLO"),
    ]
    assert cases[0].box == (535 - 197, 1024 - 425 - 197, 394, 394)
    reasons = dict(left.rows)
    assert set(reasons) == {2, 5, 6, 7, 8, 9, 12, 13}
    assert "normal film" in reasons[2]
    assert "no coordinates" in reasons[6]
    assert "outside the breast" in reasons[8]
    assert "no coordinates" in reasons[9]
    assert reasons[13] == "its film is not in the folder"
    assert len(left.files) == 7
    assert (left.groups, left.written) == (3, {"benign": 4, "malignant": 1})
    assert "left over, 4 x row of the labels: normal film, no lesion: --level film takes it" in left.lines()


def test_whole_films_with_the_worst_of_their_rows(films: Path, tmp_path: Path) -> None:
    left = make_cases(films, tmp_path / "cases.csv", labels=films / "Info.txt", level="film")
    table = read_case_table(tmp_path / "cases.csv")
    labels = {c.image.stem: c.label for c in table.cases}
    assert table.classes == ("normal", "benign", "malignant")
    assert [labels[f"mdb{film:03d}"] for film in HERE] == [
        *("benign", "normal", "malignant", "normal", "benign", "normal", "benign", "malignant", "benign", "normal")
    ]
    assert {(c.group, c.lesion[1]) for c in table.cases if c.image.stem in ("mdb005", "mdb006")} == {
        ("3", "R"),
        ("3", "L"),
    }
    assert all(c.box is None for c in table.cases)
    assert (left.rows, left.files) == (((13, "its film is not in the folder"),), ())
    assert left.lines()[0] == "10 rows: normal 4, benign 4, malignant 2; patients: 6"


def test_other_label_columns(films: Path, tmp_path: Path) -> None:
    info = films / "Info.txt"
    left = make_cases(films, tmp_path / "a.csv", labels=info, level="film", label_column="finding")
    assert left.written == {"normal": 4, "abnormal": 6}
    left = make_cases(films, tmp_path / "b.csv", labels=info, level="film", label_column="abnormality")
    assert left.files == (("mdb223.png", "its breast has several labels: give one"),)
    left = make_cases(films, tmp_path / "c.csv", labels=info, label_column="abnormality", classes="CALC,CIRC")
    assert left.written == {"CALC": 1, "CIRC": 3}
    with pytest.raises(ValueError, match="severity, finding, abnormality"):
        make_cases(films, tmp_path / "d.csv", labels=info, label_column="malignancy")
    with pytest.raises(ValueError, match="--level film"):
        make_cases(films, tmp_path / "d.csv", labels=info, label_column="finding")
    with pytest.raises(ValueError, match="leave out the columns"):
        make_cases(films, tmp_path / "d.csv", labels=info, uid_column="uid")


def test_what_is_wrong_is_left_over(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    grey = breast()
    for name in ("mdb001.png", "mdb003.png", "mdb003.tif", "mdb004.png", "mdb005.png", "other.png"):
        Image.fromarray(grey).save(folder / name)
    Image.fromarray(grey[:512, :512]).save(folder / "mdb002.png")
    rows = [
        "1 G CIRC B 5 5 197",
        "2 G CIRC B 599 499 9",
        "3 G CIRC B 599 499 9",
        "4 G CIRC B 599 499 9",
        "5 G CIRC 9 9 9",
    ]
    (folder / "Info.txt").write_text("\n".join(f"mdb00{row}" for row in rows) + "\nmdb006 X\n")
    left = make_cases(folder, tmp_path / "cases.csv", labels=folder / "Info.txt")
    assert left.written == {"benign": 1}
    reasons = dict(left.rows)
    for number, reason in ((1, "leaves the picture"), (2, "not 1024x1024"), (3, "several"), (5, "benign"), (6, "form")):
        assert reason in reasons[number]
    assert dict(left.files)["other.png"] == "no row of the labels speaks of it"


def test_the_real_films(shared_data: Path, tmp_path: Path) -> None:
    import tarfile

    with tarfile.open(shared_data / "mini_mias/mini_mias.tar.gz") as archive:
        archive.extractall(tmp_path / "films", filter="data")
    labels = next((tmp_path / "films").rglob("Info.txt"))
    left = make_cases(tmp_path / "films", tmp_path / "films.csv", labels=labels, level="film")
    assert left.written == {"normal": 11, "benign": 5, "malignant": 6}
    assert (left.groups, left.rows, left.grouping) == (11, (), "patient")
    left = make_cases(tmp_path / "films", tmp_path / "lesions.csv", labels=labels)
    assert left.written == {"benign": 4, "malignant": 6}
    assert [reason for _, reason in left.rows if "outside" in reason] == [left.rows[-1][1]]  # that of mdb212
    for case in read_case_table(tmp_path / "lesions.csv").cases:
        # a lesion stands out from the tissue around it; from its mirror image's it does so less or not at all
        with Image.open(case.image) as film:
            pixels = np.asarray(film, dtype=float)
        assert case.box is not None
        x, y, w, h = (int(v) for v in case.box)
        assert _contrast(pixels, x, y, w, h) > max(5, _contrast(pixels, x, 1024 - y - h, w, h))


def _contrast(pixels: np.ndarray, x: int, y: int, w: int, h: int) -> float:
    """How much brighter a box is than three times its width and height around it."""
    around = pixels[max(0, y - h) : y + 2 * h, max(0, x - w) : x + 2 * w]
    return float(pixels[y : y + h, x : x + w].mean() - around.mean())
