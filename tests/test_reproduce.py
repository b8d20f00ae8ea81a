"""The harness of benchmarks/reproduce, on made-up rows: what is finished is kept, and where a figure may stand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.reproduce.__main__ import all_rows, chosen
from benchmarks.reproduce.codes import pca_error
from benchmarks.reproduce.data import labels_kept
from benchmarks.reproduce.judging import log_parzen, squared_distances, variety
from benchmarks.reproduce.page import cells, together, write_page
from benchmarks.reproduce.row import Job, Row
from benchmarks.reproduce.running import Plan, results_of, run_one, run_rows

CALLS: list[tuple[int, bool]] = []


def _run(job: Job) -> dict[str, Any]:
    CALLS.append((job.seed, job.quick))
    (job.folder / "grid.png").write_bytes(b"picture")
    return {"value": 0.9, "text": f"{90 + job.seed} %; beside it: 70 %"}


def _absent(job: Job) -> dict[str, Any]:
    raise ValueError(f"{job.data / 'moon'} is not there")


ROW = Row("made_up", "system", "dcgan", "Somebody 1999", "data", "accuracy", "95 %", "MNIST", True, (0, 2), _run)


def _plan(tmp_path: Path) -> Plan:
    CALLS.clear()
    return Plan(tmp_path / "out", tmp_path)


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    assert run_rows(plan, [ROW])
    assert run_rows(plan, [ROW])
    assert CALLS == [(0, False), (2, False)]
    first = run_one(plan, ROW, 0)
    assert first["text"] == "90 %; beside it: 70 %"
    assert not first["resumed"]
    (plan.folder(ROW, 2) / "result.json").unlink()
    assert run_one(plan, ROW, 2)["resumed"]
    assert len(CALLS) == 3


def test_first_seeds_come_first_and_absent_data_stop_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = _plan(tmp_path)
    assert not run_rows(plan, [replace(ROW, name="moon", run=_absent), ROW, replace(ROW, name="other")])
    assert [seed for seed, _ in CALLS] == [0, 0, 2, 2]
    assert "moon, seed 0: left out" in capsys.readouterr().err


def test_a_quick_run_takes_one_seed(tmp_path: Path) -> None:
    plan = replace(_plan(tmp_path), quick=True)
    run_rows(plan, [ROW])
    assert CALLS == [(0, True)]


def test_a_figure_of_other_data_never_stands_beside_the_reported_one(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    run_rows(plan, [ROW])
    results = results_of(plan, ROW)
    ours = "91 (90 to 92) %; beside it: 70 %"
    assert cells(ROW, results)[4:8] == ["95 % (MNIST)", ours, "", "2 of 2"]
    assert cells(replace(ROW, same_data=False), results)[4:8] == ["95 % (MNIST)", "", ours, "2 of 2"]
    assert cells(replace(ROW, reported=""), {})[4:8] == ["none", "not run yet", "", "0 of 2"]


def test_the_page_holds_every_row_with_its_command_and_picture(tmp_path: Path) -> None:
    plan, page = _plan(tmp_path), tmp_path / "docs" / "reproduced.md"
    run_rows(plan, [ROW])
    page.parent.mkdir()
    write_page(page, [ROW, replace(ROW, name="later")], plan)
    text = page.read_text()
    assert "python -m benchmarks.reproduce --row made_up" in text
    assert "| later |" in text
    assert "![made_up](pictures/reproduced/made_up.png)" in text
    assert "![later]" not in text
    assert (page.parent / "pictures" / "reproduced" / "made_up.png").read_bytes() == b"picture"


def test_texts_of_seeds_are_averaged_number_by_number() -> None:
    assert together(["-1.50 nats (KL 3)", "-2.50 nats (KL 5)"]) == "-2.00 (-2.50 to -1.50) nats (KL 4)"
    assert together(["1 of 2", "other words"]) == "1 of 2; other words"


def test_every_row_can_be_told_and_an_unknown_name_is_refused() -> None:
    rows = all_rows()
    assert all(name == row.name and row.seeds and row.source and row.measure for name, row in rows.items())
    assert all(row.reported for row in rows.values() if row.same_data)
    with pytest.raises(ValueError, match="unknown row 'nothing'; choose from autoencoder"):
        chosen(["nothing"])
    assert [row.seeds for row in chosen(["vae", "cgan"], [1, 7])] == [(1,), (1,)]
    assert chosen(["vae"], [99]) == []


def test_parzen_windows_are_a_density() -> None:
    # one sample at 0 and one at 2, sigma 0.5: the mean of two normal densities at 1 is that of N(0, 0.5) at 1
    squared = squared_distances(torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0]]))
    expected = -0.5 * (1 / 0.5) ** 2 - np.log(0.5 * np.sqrt(2 * np.pi))
    assert float(log_parzen(squared, 1, 0.5)) == pytest.approx(expected, abs=1e-6)


def test_pca_error_is_the_variance_that_is_left() -> None:
    rows = torch.diag(torch.tensor([3.0, 2.0, 1.0]))
    rows = torch.cat([rows, -rows])
    assert pca_error(rows, rows, 1) == pytest.approx((4 + 4 + 1 + 1) / 6)


def test_labels_are_kept_for_so_many_of_each_class() -> None:
    labels = np.repeat(np.arange(3), 20)
    kept = labels_kept(labels, 4, seed=1)
    assert np.bincount(kept[kept >= 0]).tolist() == [4, 4, 4]
    assert (kept[kept >= 0] == labels[kept >= 0]).all()
    assert (kept != labels_kept(labels, 4, seed=2)).any()


def test_variety_is_nothing_where_a_class_always_looks_the_same() -> None:
    images = np.zeros((4, 1, 2, 2), dtype=np.uint8)
    images[2:] = 255
    assert variety(images, np.array([0, 0, 1, 1])) == 0
    assert variety(images, np.array([0, 1, 0, 1])) == pytest.approx(1)  # four pixels, each of variance 1/4
