"""Predictions from elsewhere: read back to the last bit, and refused in one sentence where they do not fit."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.medical.outside.compare import read_predictions, write_predictions
from medgan_fashion.medical.results.own_scores import own_comparisons
from medgan_fashion.medical.study.finished import OpenRun, open_run
from tests.medical.finished_run import finished_run

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> OpenRun:
    return open_run(finished_run(tmp_path_factory))


@pytest.fixture(scope="module")
def rows(opened: OpenRun, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    path = tmp_path_factory.mktemp("own") / "predictions.csv"
    count = write_predictions(path, opened)
    with path.open(newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == count == 2 * 5 * 2 * len(opened.images.labels)
    return read


def _write(path: Path, rows: Rows) -> Path:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path


def _changed(rows: Rows, number: int, **change: str) -> Rows:
    """Rows with row `number` (1 = the first) changed."""
    return [*rows[: number - 1], rows[number - 1] | change, *rows[number:]]


def test_own_predictions_come_back_to_the_last_bit(opened: OpenRun, rows: Rows, tmp_path: Path) -> None:
    shuffled = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    found = read_predictions(_write(tmp_path / "p.csv", shuffled), opened)
    own = own_comparisons(opened.folder, opened.images, opened.config, opened.plan).scores
    assert list(found) == list(own)
    assert all(np.array_equal(found[arm], own[arm]) for arm in own)


def test_slices_are_averaged_and_seeds_may_have_any_name(opened: OpenRun, rows: Rows, tmp_path: Path) -> None:
    named = [row | {"seed": "ten" if row["seed"] == "1" else "two"} for row in rows if row["arm"] != "real+held-back"]
    found = read_predictions(_write(tmp_path / "p.csv", named), opened)
    assert "real+held-back" not in found
    lesion = np.bincount(opened.images.lesions).argmax()
    slices = set(opened.images.rows[opened.images.lesions == lesion].astype(str))
    each = [row for row in rows if row["case"] in slices and row["arm"] == "real+classic" and row["repeat"] == "1"]
    first = [float(row[opened.images.card.classes[0]]) for row in each if row["seed"] == "1"]
    assert len(first) == len(slices) > 1
    at = int(np.searchsorted(np.unique(opened.images.lesions), lesion))
    assert found["real+classic"][0, 0, at, 0] == pytest.approx(np.mean(first), abs=1e-12)


def _of(arm: str, keep: bool) -> Callable[[Rows], Rows]:
    return lambda rows: [row for row in rows if (row["arm"] == arm) == keep]


def _missing_seed(rows: Rows) -> Rows:
    return [row for row in rows if (row["arm"], row["seed"]) != ("real+classic", "2")]


def _other_fold(rows: Rows) -> Rows:
    return _changed(rows, 5, fold={"1": "2", "2": "1"}[rows[4]["fold"]])


def _without_column(rows: Rows, name: str) -> Rows:
    return [{key: value for key, value in row.items() if key != name} for row in rows]


def _class(rows: Rows, at: int = -1) -> str:
    return list(rows[0])[at]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[:6] + rows[7:], r"p\.csv lacks case \d+ of real\+oversampled, seed 1, fold 1 of repeat 1"),
        (_other_fold, r"row 5 of p\.csv scores case \d+ in fold 2, which may have trained on it: a leak; .*fold 1"),
        (lambda rows: _changed(rows, 3, arm="real+magic"), r"row 3 of p\.csv has the arm 'real\+magic'; the run has"),
        (lambda rows: _without_column(rows, _class(rows)), r"p\.csv lacks the column '\w+'; it needs fold, arm, seed"),
        (lambda rows: _without_column(rows, "seed"), r"lacks the column 'seed'"),
        (lambda rows: [row | {"benign": "0"} for row in rows], r"has the column 'benign', which is no class of the"),
        (lambda rows: _changed(rows, 9, **{_class(rows): "0.9999"}), r"row 9 of p\.csv has scores that sum to \d"),
        (lambda rows: _changed(rows, 9, **{_class(rows): "nan"}), r"row 9 of p\.csv .*not finite or below 0"),
        (lambda rows: _changed(rows, 9, **{_class(rows): "-0.5"}), r"row 9 of p\.csv .*probabilities, not logits"),
        (lambda rows: _changed(rows, 9, **{_class(rows): "high"}), r"row 9 of p\.csv has a score that is no number"),
        (lambda rows: [*rows, rows[2]], r"row \d+ of p\.csv scores what row 3 scores already .*leave one of them out"),
        (_missing_seed, r"has seeds 1 of real\+classic but 1, 2 of real\+classic\+gan; train every arm with the same"),
        (_of("real+classic+gan", False), r"has no row of real\+classic\+gan, the arm of the declared comparison"),
        (_of("real+classic", False), r"has no row of real\+classic, the comparator of the declared comparison"),
        (lambda rows: [row for row in rows if row["repeat"] == "1"], r"lacks case \d+ of .* of repeat 2; add it"),
        (lambda rows: _without_column(rows, "repeat"), r"row \d+ of p\.csv (scores|has)"),
        (lambda rows: _changed(rows, 1, case="99999"), r"row 1 of p\.csv has the case '99999', which the run did not"),
        (lambda rows: _changed(rows, 1, case="first"), r"row 1 of p\.csv has the case 'first'"),
        (lambda rows: _changed(rows, 1, fold="0"), r"row 1 of p\.csv has fold '0'; the run has folds 1 to 2"),
        (lambda rows: _changed(rows, 1, seed=""), r"row 1 of p\.csv has no seed"),
    ],
)
def test_refusals_are_one_sentence(change: Callable, words: str, opened: OpenRun, rows: Rows, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        read_predictions(_write(tmp_path / "p.csv", change(rows)), opened)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
