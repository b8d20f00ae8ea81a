"""Two ablations side by side: what may be concluded, and what was set differently."""

import copy
import json
from typing import Any

import pytest

from medgan_fashion.medical.results.schema import Summary, check_summary
from medgan_fashion.studio.medical.comparing import compare, config_differences, shown
from tests.report.conftest import make_summary


def two(**changes: Any) -> tuple[Summary, Summary]:
    """A summary, and one with changes at dotted places written with two underscores."""
    second = make_summary()
    for place, value in changes.items():
        *way, key = place.split("__")
        inner = second
        for step in way:
            inner = inner[step]
        inner[key] = value
    return check_summary(make_summary()), check_summary(second)


def test_the_same_images_can_be_read_side_by_side() -> None:
    found = compare(*two(), hashes=("abc", "abc"))
    assert (found.data, found.facts, found.config) == ("same", (), ())
    assert "exactly the same images" in found.sentences[0]
    assert "Nothing is tested between the two runs" in found.sentences[-1]


@pytest.mark.parametrize(
    ("place", "value"),
    [("name", "another"), ("patients", 121), ("images", 1), ("grouping", "none"), ("external", {"patients": 3})],
)
def test_other_data_are_said_to_be_not_comparable(place: str, value: Any) -> None:
    found = compare(*two(**{f"data__{place}": value}), hashes=("abc", "abc"))
    assert found.data == "different"
    assert found.sentences[0].startswith("These two runs are not comparable, because their data differ")
    assert place in found.sentences[0]
    assert [fact.what for fact in found.facts] == [place]


def test_other_classes_are_other_data() -> None:
    first, second = two()
    second = copy.deepcopy(second)
    names = ["cyst", "metastasis", "abscess"]
    second["data"]["classes"] = names
    for row, name in zip(second["data"]["per_class"], names, strict=True):
        row["class"] = name
    found = compare(first, second)
    assert {fact.what for fact in found.facts} == {"classes", "per class"}
    assert found.facts[0].second == "cyst, metastasis, abscess"
    assert found.facts[1].second.startswith("cyst: 41 patients, 53 lesions, 73 images; ")


def test_equal_counts_of_other_images_are_found_by_their_hash() -> None:
    found = compare(*two(config__seed=8), hashes=("abc", "abd"))
    assert found.data == "different"
    assert "the images are others" in found.sentences[0]


def test_what_cannot_be_checked_is_said() -> None:
    assert compare(*two()).data == "unknown"
    assert "cannot be checked" in compare(*two(), hashes=("abc", "")).sentences[0]
    cut = compare(*two(config__image={"size": [64, 64]}), hashes=("abc", "abd"))
    assert cut.data == "unknown"
    assert "cut or scaled differently" in cut.sentences[0]


def test_another_question_is_said() -> None:
    found = compare(*two(verdict__metric="auroc", verdict__against="real", verdict__margin=0.05))
    said = " ".join(found.sentences)
    assert "Balanced accuracy and AUROC" in said
    assert "real+classic and real" in said
    assert "0.02 and 0.05" in said


def test_arms_of_either_run_with_their_differences() -> None:
    first, second = two()
    second = copy.deepcopy(second)
    second["arms"] = [arm for arm in second["arms"] if arm["arm"] != "gan-only"]
    rows = {row.what: row for row in compare(first, second).arms}
    assert next(iter(rows)) == "real"
    assert rows["real+classic"].first == rows["real+classic"].second == "comparator"
    assert rows["real+classic+gan"].first == "+1.7 (−1.7 to +5.4), tested"
    assert rows["gan-only"].second == "not in this run"


def test_verdicts_come_with_their_sentences() -> None:
    first, second = compare(*two(verdict__verdict="helps", verdict__sentence="It helps.")).verdicts
    assert first.verdict == "too few cases to tell"
    assert (second.verdict, second.sentence) == ("helps", "It helps.")
    assert second.question == "Does real+classic+gan beat real+classic?"


def test_settings_by_dotted_key_without_paths() -> None:
    first = {"seed": 7, "cases": "hospital/a.csv", "gan": {"recipe": "small", "changes": {}}, "arms": ["a", "b"]}
    second = {"seed": 7, "cases": "hospital/b.csv", "gan": {"recipe": "cgan", "changes": {"width": 4}}, "arms": ["a"]}
    found = {one.what: (one.first, one.second) for one in config_differences(first, second)}
    assert found == {
        "arms": ("a, b", "a"),
        "cases": ("(left out)", "(left out)"),
        "gan.changes.width": ("–", "4"),
        "gan.recipe": ("small", "cgan"),
    }
    assert "hospital" not in json.dumps(found)


def test_plain_values_in_words() -> None:
    values = [None, True, 0.25, 2, [], {}, ["a", 1], {"patients": 3}, "text"]
    assert [shown(one) for one in values] == ["none", "yes", "0.25", "2", "none", "none", "a, 1", "3 patients", "text"]
