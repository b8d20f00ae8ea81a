"""The check of summary.json names what is missing or wrong."""

from __future__ import annotations

from typing import Any

import pytest

from medgan_fashion.medical.results.schema import check_summary


def test_a_whole_summary_passes(summary: dict[str, Any]) -> None:
    assert check_summary(summary) is summary


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (["verdict"], "verdict"),
        (["verdict", "margin"], "verdict.margin"),
        (["arms", 2, "metrics", "brier"], "arms[2].metrics.brier"),
        (["arms", 0, "metrics", "auroc", "low"], "arms[0].metrics.auroc.low"),
        (["judge", 1, "kid", "train", "sd"], "judge[1].kid.train.sd"),
        (["data", "per_class", 0, "class"], "data.per_class[0].class"),
        (["dose", 0, "low"], "dose[0].low"),
        (["gans", 0, "alarm"], "gans[0].alarm"),
        (["audit"], "audit"),
    ],
)
def test_a_missing_key_is_named(summary: dict[str, Any], path: list[Any], name: str) -> None:
    place: Any = summary
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    with pytest.raises(ValueError, match="is missing") as error:
        check_summary(summary)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("verdict", {"verdict": "maybe"}, r"verdict\.verdict is 'maybe'"),
        ("verdict", {"arm": "real+magic"}, r"verdict\.arm is 'real\+magic'"),
        ("verdict", {"margin": "2 points"}, r"verdict\.margin must be float, not str"),
        ("verdict", {"estimate": float("nan")}, r"verdict\.estimate is NaN"),
        ("data", {"patients": True}, r"data\.patients must be int, not bool"),
        ("data", {"classes": "cyst"}, r"data\.classes must be a list"),
        ("data", {"grouping": "folder"}, r"data\.grouping is 'folder'"),
    ],
)
def test_a_wrong_value_is_named(summary: dict[str, Any], part: str, change: dict[str, Any], message: str) -> None:
    summary[part] |= change
    with pytest.raises(ValueError, match=message):
        check_summary(summary)


def test_a_confusion_matrix_has_the_size_of_the_classes(summary: dict[str, Any]) -> None:
    summary["arms"][3]["confusion"][0] = [1, 2]
    with pytest.raises(ValueError, match=r"arms\[3\]\.confusion must be 3 rows of 3"):
        check_summary(summary)
