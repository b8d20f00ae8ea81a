from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.imaging.cases.found import Found, Region
from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.discover.readers import Pair, lesions, merge_readers, merged_label, merged_mask
from medgan_fashion.imaging.read.readers import read_mask
from medgan_fashion.imaging.read.roi import crop_mask

SHAPE = (12, 14)


def square(top: int, left: int, side: int = 4) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[top : top + side, left : left + side] = True
    return mask


def drawn(z: float, mask: np.ndarray, label: str, lesion: str, reader: str = "", row: int = 1) -> Pair:
    found = Found(Path(f"{z}.dcm"), f"{z}.dcm", label=label, patient="7", uids=(f"1.{z}", "1.2", "1.3"), z=z)
    return found, Region({}, lesion, label, inside=crop_mask(mask), reader=reader, row=row)


@pytest.mark.parametrize(
    ("labels", "label"),
    [
        (["3", "3", "5"], "3"),
        (["3", "5"], "4"),
        (["3", "4"], None),
        (["1.0", "1", "2"], "1"),
        (["0.5", "1"], None),
        (["benign", "benign", "malignant"], "benign"),
        (["benign", "malignant"], None),
        (["4"], "4"),
    ],
)
def test_median_of_grades_else_majority(labels: list[str], label: str | None) -> None:
    assert merged_label(labels) == label


def test_rules_on_three_squares_in_closed_form() -> None:
    masks = [square(2, 2), square(2, 3), square(2, 4)]  # columns 2-5, 3-6, 4-7
    crops = [crop_mask(mask) for mask in masks]
    columns = {"union": (2, 7), "majority": (3, 6), "intersection": (4, 5), "first": (2, 5)}
    for rule, (first, last) in columns.items():
        wanted = np.zeros(SHAPE, dtype=np.bool_)
        wanted[2:6, first : last + 1] = True
        np.testing.assert_array_equal(merged_mask(crops, rule).full(), wanted)  # type: ignore[arg-type]
    # of two readers more than half is both
    np.testing.assert_array_equal(merged_mask(crops[:2], "majority").full(), masks[0] & masks[1])


def test_lesions_over_readers_and_slices() -> None:
    pairs = [
        drawn(0, square(2, 2), "3", "a"),
        drawn(0, square(2, 3), "5", "b"),
        drawn(0, square(7, 9), "4", "c"),
        drawn(2.5, square(3, 3), "5", "d"),
        drawn(10, square(2, 2), "2", "e"),  # the same place, but slices that are missing lie between
        drawn(12.5, square(8, 0, 2), "2", "e"),  # one reader's one lesion, however it lies
        drawn(2.5, square(6, 5), "1", "f"),  # shares two pixels with d: too little
    ]
    groups = [[region.lesion for _, region in group] for group in lesions(pairs)]
    assert groups == [["a", "b", "d"], ["c"], ["e", "e"], ["f"]]


def test_merging_and_its_ties() -> None:
    pairs = [
        drawn(0, square(2, 2), "3", "a", row=1),
        drawn(0, square(2, 3), "5", "b", row=2),
        drawn(2.5, square(2, 3), "5", "b", row=3),
        drawn(0, square(7, 9), "4", "c", row=4),
        drawn(0, square(7, 10), "3", "d", row=5),
    ]
    merged = merge_readers(pairs, "union")
    assert [(f.z, r.lesion, r.label) for f, r in merged.pairs] == [(0, "1", "4"), (2.5, "1", "4")]
    assert merged.readers == [2]
    assert [(pair[1].row, "a tie" in reason) for pair, reason in merged.dropped] == [(4, True), (5, True)]


def test_one_reader_has_one_vote() -> None:
    pairs = [
        drawn(0, square(2, 2), "3", "a", "ann"),
        drawn(2.5, square(2, 2), "3", "b", "ann"),
        drawn(5, square(2, 2), "3", "c", "ann"),
        drawn(0, square(2, 2), "5", "a", "bob"),
        drawn(2.5, square(2, 2), "5", "a", "cleo"),
    ]
    merged = merge_readers(pairs, "majority")
    assert {r.label for _, r in merged.pairs} == {"5"}
    assert merged.readers == [3]


def test_readers_without_a_common_pixel() -> None:
    chain = [drawn(0, square(2, 2 + 3 * n), "3", name) for n, name in enumerate("abc")]
    merged = merge_readers(chain, "intersection")
    assert (merged.pairs, len(merged.dropped)) == ([], 3)
    assert "no pixel left by intersection" in merged.dropped[0][1]


def test_nothing_to_merge(tmp_path: Path, picture) -> None:
    picture("tree/a/x.png")
    with pytest.raises(ValueError, match="merges outlines, and there are none"):
        make_cases(tmp_path / "tree", tmp_path / "cases.csv", readers="union")


def test_lidc_joins_without_hand_work(shared_data: Path, tmp_path: Path) -> None:
    lidc = shared_data / "lidc_ct"
    left = make_cases(lidc, tmp_path / "each.csv", labels=lidc / "labels.csv")
    found = "series UID in 'instance_uid', z in mm in 'z-slice', label in 'malignancy', lesion in 'nodule_id'"
    assert left.said[0] == f"labels.csv: {found}, outline in 'xs' and 'ys'"
    assert left.said[1].startswith("7 outlines overlap another one")
    assert (left.written, left.rows) == ({"3": 6, "4": 4, "5": 5}, ())
    merged = make_cases(lidc, tmp_path / "merged.csv", labels=lidc / "labels.csv", readers="majority")
    assert merged.said[1].endswith("15 outlines became 8 of 6 lesions; readers per lesion: 1 for 4, 3 for 1, 4 for 1")
    assert merged.written == {"3": 2, "4": 3, "5": 3}
    # two nodules are a 3 of one reader and a 4 of another: nobody may decide that but the user
    assert [row for row, _ in merged.rows] == [7, 8, 11, 13]
    each, one = (read_case_table(tmp_path / name).cases for name in ("each.csv", "merged.csv"))
    (majority,) = (read_mask(c.mask, (512, 512)) for c in one if c.slice == "-135.5" and c.mask)
    votes = sum(read_mask(c.mask, (512, 512)).astype(int) for c in each if c.slice == "-135.5" and c.mask)
    np.testing.assert_array_equal(majority, votes >= 2)
