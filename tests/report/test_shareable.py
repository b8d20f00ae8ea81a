"""A report that is to be shared holds no real image, no near copy of one, no path."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.report.pictures import tile
from medgan_fashion.report.write import write_report


@pytest.fixture(scope="module")
def report(whole: Path) -> Path:
    """The report of the whole run, real images and all."""
    return write_report(whole)


@pytest.fixture(scope="module")
def shared(whole: Path) -> Path:
    """The shareable report of the whole run."""
    return write_report(whole, shareable=True)


def test_shareable_holds_no_real_picture(shared: Path, samples: dict[str, np.ndarray]) -> None:
    assert shared.parent.name == "report_shareable"
    html = shared.read_text(encoding="utf-8")
    for key, arrays in samples.items():
        if key.endswith(("real", "classic", "train")):
            for image in arrays.reshape(-1, 32, 32):
                for kind in ("real", "classic", "synthetic"):
                    assert tile(image, kind, "").src not in html
    assert 'alt="real' not in html
    assert 'alt="classic' not in html


def test_shareable_holds_no_near_copy(shared: Path, report: Path, samples: dict[str, np.ndarray]) -> None:
    copy = tile(samples["f0_neighbour_synthetic"][0], "synthetic", "").src
    assert copy not in shared.read_text(encoding="utf-8")
    assert copy in report.read_text(encoding="utf-8")
    assert (
        shared.read_text(encoding="utf-8").count("<img ") == 2 * (3 * 2 + 5) - 2
    )  # neither in its grid nor in the gallery


def test_shareable_holds_no_path_and_no_reason(shared: Path, report: Path) -> None:
    for path in shared.parent.iterdir():
        assert "secret" not in path.read_text()
        assert "hospital/cases" not in path.read_text()
    assert "hospital/cases" in (report.parent / "report.json").read_text()
