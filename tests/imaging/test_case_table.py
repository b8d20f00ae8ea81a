from collections.abc import Callable
from pathlib import Path

import pytest

from medgan_fashion.imaging.cases.table import read_case_table

Table = Callable[..., Path]


def test_a_full_row(table: Table) -> None:
    path = table(
        "image,label,patient,lesion,slice,x,y,width,height,mask,view,laterality,site,cohort",
        "a/b.png,cyst,007,1,3,1,2.5,10,20,m.png,CC,L,north,external",
    )
    checked = read_case_table(path)
    (case,) = checked.cases
    assert (case.row, case.label, case.group, case.lesion) == (1, "cyst", "007", ("007", "1"))
    assert (case.image, case.mask) == (path.parent / "a/b.png", path.parent / "m.png")
    assert (case.box, case.external) == ((1.0, 2.5, 10.0, 20.0), True)
    assert (checked.grouping, checked.classes, checked.name) == ("patient", ("cyst",), "cases.csv")


def test_as_spreadsheets_save_it(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes('\ufeffimage;label;patient\r\n"a\r\n.png";zyste;1\r\n;;\r\nb.png;zyste;2\r\n'.encode())
    assert [case.row for case in read_case_table(path).cases] == [1, 2]
    path.write_bytes("image,label\nx,ü\n".encode("latin-1"))
    with pytest.raises(ValueError, match="UTF-8"):
        read_case_table(path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["image,label,colour", "a,b,c"], "unknown column 'colour'.*known are image, label"),
        (["image,patient", "a,b"], "lacks the column 'label'"),
        (["image,label", "a,b", "c,"], "row 2 of cases.csv has no label"),
        (["image,label", ",b"], "row 1 of cases.csv has no image"),
        (["image,label,patient", "a,b,"], "row 1 of cases.csv has no patient"),
        (["image,label,x,y", "a,b,1,2"], "needs all of x, y, width, height"),
        (["image,label,x,y,width,height", "a,b,1,2,3,"], "row 1 .*must all be numbers"),
        (["image,label,x,y,width,height", "a,b,1,2,3,0"], "row 1 .*more than 0"),
        (
            ["image,label,patient,cohort", "a,b,1,development", "c,b,1,external"],
            "rows 1 and 2 .*both cohorts",
        ),
        (["image,label,cohort", "a,b,test"], "cohort 'test'"),
        (["image,label", "a,b", "c,b", "a,d"], "row 3 of cases.csv repeats row 1"),
        (["image,label,patient,lesion", "a,b,1,1", "c,d,1,1"], "one lesion with two labels"),
        (["image,label", "a,b,c"], "3 fields and the header 2"),
        (["image,label,label", "a,b,c"], "a column twice"),
        (["image,label"], "holds no rows"),
    ],
)
def test_errors_name_row_and_cure(table: Table, lines: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_case_table(table(*lines))


def test_missing_table(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.csv does not exist"):
        read_case_table(tmp_path / "none.csv")


def test_groupings(table: Table) -> None:
    grouped = read_case_table(table("image,label,picture_group", "a,x,g", "b,x,g"))
    assert (grouped.grouping, {c.group for c in grouped.cases}) == ("near-duplicate pictures", {"g"})
    alone = read_case_table(table("image,label", "a,x", "b,x"))
    assert (alone.grouping, len({c.group for c in alone.cases})) == ("none", 2)


def test_lesions_are_scoped_within_patients(table: Table) -> None:
    cases = read_case_table(table("image,label,patient,lesion", "a,x,1,1", "b,x,1,1", "c,x,2,1", "d,x,2,")).cases
    assert [case.lesion == cases[0].lesion for case in cases] == [True, True, False, False]
    assert cases[3].lesion != cases[2].lesion


def test_without_lesions_rows_stand_alone_and_slices_belong_together(table: Table) -> None:
    rows = read_case_table(table("image,label,patient", "a,x,1", "b,x,1")).cases
    assert rows[0].lesion != rows[1].lesion
    slices = read_case_table(table("image,label,patient,slice", "a,x,1,1", "b,x,1,2", "c,y,1,3")).cases
    assert slices[0].lesion == slices[1].lesion != slices[2].lesion


def test_two_lesions_in_one_picture(table: Table) -> None:
    path = table("image,label,x,y,width,height", "a,b,1,2,3,4", "a,b,5,2,3,4")
    assert len(read_case_table(path).cases) == 2


def test_numeric_classes_ascend(table: Table) -> None:
    assert read_case_table(table("image,label", "a,10", "b,2")).classes == ("2", "10")
    assert read_case_table(table("image,label", "a,malignant", "b,benign")).classes == ("malignant", "benign")
