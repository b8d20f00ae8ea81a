from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.read.readers import read_mask

SERIES = "1.2.826.0.1.3680043.8.498.1"


@pytest.fixture
def series(dicom: Callable[..., Path], tmp_path: Path) -> Path:
    """Three slices of one series, one of another patient, with Accession Numbers that begin with zeros."""
    noise = np.random.default_rng(0).integers(0, 4000, (4, 20, 20)).astype(np.uint16)
    (tmp_path / "tree").mkdir()
    for n, z in enumerate((-10.0, -12.5, -15.0)):
        place = {"ImagePositionPatient": [0, 0, z], "InstanceNumber": 41 + n}
        dicom(noise[n], f"tree/{n}.dcm", PatientID="7", SeriesInstanceUID=SERIES, AccessionNumber="00123", **place)
    dicom(noise[3], "tree/3.dcm", PatientID="8", SeriesInstanceUID="1.2.3.4", AccessionNumber="00456")
    return tmp_path / "tree"


def workbook(path: Path, rows: list[list[object]], *, sheets: int = 1) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for n in range(sheets):
        sheet = book.create_sheet(f"sheet {n}")
        for row in rows:
            sheet.append(row)
    book.create_sheet("empty")
    book.save(path)
    return path


def test_a_workbook_is_its_csv(series: Path, table: Callable[..., Path], tmp_path: Path) -> None:
    rows = [
        ["series", "z", "xs", "ys", "malignancy", "nodule"],
        [SERIES, -10, "[3, 5, 8]", "[2, 9, 4]", 4, "n1"],
        [SERIES, -12.5, "[3, 5, 8]", "[2, 9, 4]", 2, "n2"],
        [SERIES, -99, "[3]", "[2]", 4, "n3"],
    ]
    text = ["series;z;xs;ys;malignancy;nodule", *(";".join(map(str, row)) for row in rows[1:])]
    csv = make_cases(series, tmp_path / "c/cases.csv", labels=table(*text, name="labels.csv"))
    book = make_cases(series, tmp_path / "x/cases.csv", labels=workbook(tmp_path / "labels.xlsx", rows))
    assert (tmp_path / "c/cases.csv").read_bytes() == (tmp_path / "x/cases.csv").read_bytes()
    masks = [sorted(p.read_bytes() for p in (tmp_path / f / "cases_masks").iterdir()) for f in "cx"]
    assert masks[0] == masks[1]
    assert (csv.written, csv.rows) == (book.written, book.rows) == ({"2": 1, "4": 1}, ((3, csv.rows[0][1]),))
    assert csv.said[0].replace("labels.csv", "labels.xlsx") == book.said[0]


def test_workbooks_that_are_none(series: Path, tmp_path: Path) -> None:
    several = workbook(tmp_path / "two.xlsx", [["uid", "label"], ["1", "a"]], sheets=2)
    with pytest.raises(ValueError, match=r"several sheets with rows \(sheet 0, sheet 1\)"):
        make_cases(series, tmp_path / "cases.csv", labels=several)
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(ValueError, match="no XLSX workbook, or a damaged one"):
        make_cases(series, tmp_path / "cases.csv", labels=tmp_path / "bad.xlsx")


def test_accession_numbers_join_and_are_told_to_nobody(
    series: Path, table: Callable[..., Path], tmp_path: Path
) -> None:
    # spreadsheets drop leading zeros; the Instance Number tells slices of one examination apart
    labels = table("exam,image number,class", "123,42,a", "00123,43,b", "456,,c", "999,1,a", name="labels.csv")
    left = make_cases(series, tmp_path / "cases.csv", labels=labels)
    said = "labels.csv: Accession Number in 'exam', Instance Number in 'image number', label in 'class'"
    assert left.said == (said,)
    cases = read_case_table(tmp_path / "cases.csv").cases
    assert [(c.image.name, c.label) for c in cases] == [("1.dcm", "a"), ("2.dcm", "b")]
    reasons = dict(left.rows)
    assert reasons == {3: "its Instance Number is not a number", 4: "no file has its Accession Number"}
    written = (tmp_path / "cases.csv").read_text() + (tmp_path / "cases.leftovers.csv").read_text()
    assert not any(number in written + "\n".join(left.lines()) for number in ("123", "456", "999"))


def test_the_most_specific_key_wins(series: Path, table: Callable[..., Path], tmp_path: Path) -> None:
    import pydicom

    uid = pydicom.dcmread(series / "1.dcm").SOPInstanceUID
    labels = table("study,series,slice uid,accession,label", f"1,{SERIES},{uid},123,a", name="labels.csv")
    left = make_cases(series, tmp_path / "cases.csv", labels=labels)
    assert left.said == ("labels.csv: SOP instance UID in 'slice uid', label in 'label'",)
    assert read_case_table(tmp_path / "cases.csv").cases[0].image.name == "1.dcm"


def test_file_names_and_patients_of_a_table(
    picture: Callable[..., str], table: Callable[..., Path], tmp_path: Path
) -> None:
    for n in range(3):
        picture(f"tree/{n}.png", n)
    labels = table("Patient ID,file,diagnosis", "p1,0.png,a", "p2,1.png,b", "p3,7.png,b", name="labels.csv")
    left = make_cases(tmp_path / "tree", tmp_path / "cases.csv", labels=labels)
    cases = read_case_table(tmp_path / "cases.csv").cases
    assert [(c.image.name, c.label, c.group) for c in cases] == [("0.png", "a", "p1"), ("1.png", "b", "p2")]
    assert left.rows == ((3, "no file has its file name"),)


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("s1,s2,z,label", f"{SERIES},{SERIES},-10,a", r"several columns for the series UID \(s1, s2\).*--uid-column"),
        ("s,z,class,finding", f"{SERIES},-10,a,b", r"several columns for the label \(class, finding\).*--label-column"),
        ("s,a,b,label", f"{SERIES},-10,-12.5,x", r"several columns for the slice \(a, b\).*--z-column"),
        ("s,z,colour", f"{SERIES},-10,a", r"lacks the column 'label': name one by --label-column"),
        ("s,z,label", "1.2.9,-10,a", "no column of labels.csv holds UIDs"),
        ("s,z,label,p,q", f'{SERIES},-10,a,"[1,2]","[2,3]"', r"the outline's x and y \(p, q\).*--polygon-columns"),
        ("s,z,label,lesion,nodule", f"{SERIES},-10,a,1,2", r"the lesion \(lesion, nodule\).*--lesion-column"),
    ],
)
def test_what_could_be_meant_is_listed(
    header: str, row: str, message: str, series: Path, table: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        make_cases(series, tmp_path / "cases.csv", labels=table(header, row, name="labels.csv"))


def test_both_positions_in_one_table(series: Path, table: Callable[..., Path], tmp_path: Path) -> None:
    lines = [f"{SERIES},41,-10,a", f"{SERIES},42,-12.5,b"]
    labels = table("series,number,position,label", *lines, name="labels.csv")
    left = make_cases(series, tmp_path / "cases.csv", labels=labels)
    assert "z in mm in 'position'" in left.said[0]
    left = make_cases(series, tmp_path / "cases.csv", labels=labels, instance_column="number")
    assert "Instance Number in 'number'" in left.said[0]


def test_rows_that_repeat_or_contradict(series: Path, table: Callable[..., Path], tmp_path: Path) -> None:
    lines = [f"{SERIES},-10,a,1", f"{SERIES},-10,a,1", f"{SERIES},-12.5,a,2", f"{SERIES},-12.5,b,2"]
    lines += [f"{SERIES},-15,a,3", f"{SERIES},-10,b,3"]
    left = make_cases(series, tmp_path / "cases.csv", labels=table("series,z,label,lesion", *lines, name="labels.csv"))
    two = "rows 5 and 6 give its lesion two labels: correct one, or merge readers by --readers"
    assert left.rows == (
        (2, "row 1 already says the same: remove one of them"),
        (3, "row 4 gives the same lesion another label: correct one of them"),
        (4, "row 3 gives the same lesion another label: correct one of them"),
        (5, two),
        (6, two),
    )
    assert len(read_case_table(tmp_path / "cases.csv").cases) == 1
    assert dict(left.files)["1.dcm"] == left.rows[1][1]
    assert "2 x row of the labels: other row gives the same lesion another label" in "\n".join(left.lines())


def test_readers_of_a_table_have_numbers_not_names(series: Path, table: Callable[..., Path], tmp_path: Path) -> None:
    outline = '"[3, 8, 8, 3]","[3, 3, 8, 8]"'
    lines = [
        f"{SERIES},-10,{outline},4,Dr Ann",
        f"{SERIES},-10,{outline},4,Dr Bob",
        f"{SERIES},-10,{outline},5,Dr Cleo",
    ]
    labels = table("series,z,xs,ys,malignancy,radiologist", *lines, name="labels.csv")
    make_cases(series, tmp_path / "cases.csv", labels=labels)
    assert [c.lesion[1] for c in read_case_table(tmp_path / "cases.csv").cases] == [
        "4 reader 1",
        "4 reader 2",
        "5 reader 3",
    ]
    left = make_cases(series, tmp_path / "one.csv", labels=labels, readers="intersection")
    (case,) = read_case_table(tmp_path / "one.csv").cases
    assert case.label == "4"
    assert left.said[1].endswith("; readers per lesion: 3 for 1")
    assert case.mask
    wanted = np.zeros((20, 20), dtype=np.bool_)
    wanted[3:9, 3:9] = True
    np.testing.assert_array_equal(read_mask(case.mask, (20, 20)), wanted)


def test_an_outline_that_leaves_its_picture(series: Path, table: Callable[..., Path], tmp_path: Path) -> None:
    lines = [f'{SERIES},-10,a,"[3, 25, 8]","[3, 3, 8]"', f'{SERIES},-15,a,"[3, 8, 8]","[3, 3, 8]"']
    left = make_cases(series, tmp_path / "cases.csv", labels=table("series,z,label,xs,ys", *lines, name="labels.csv"))
    reason = "its outline leaves the picture"
    assert left.rows == ((1, reason),)
    assert ("0.dcm", reason) in left.files
