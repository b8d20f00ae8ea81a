"""The tutorial's cells run, in their order, as a person would run them; nothing of a run is stored in the file."""

import json
from pathlib import Path
from typing import Any

import pytest

TUTORIAL = Path(__file__).resolve().parents[1] / "docs" / "tutorial.ipynb"


def _cells() -> list[dict[str, Any]]:
    return json.loads(TUTORIAL.read_text(encoding="utf-8"))["cells"]


def test_no_output_is_stored() -> None:
    code = [cell for cell in _cells() if cell["cell_type"] == "code"]
    assert len(code) > 5
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.slow
def test_every_cell_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from medgan_fashion.gan import OBJECTIVES

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(OBJECTIVES, "squared_hinge", OBJECTIVES["hinge"])  # the tutorial's own goes again afterwards
    names: dict[str, Any] = {}
    for number, cell in enumerate(_cells()):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    said = capsys.readouterr().out
    assert names["trained"].alarm is None
    assert said.count("KID") == 4
    # it drew shapes, not noise: a guess would be right in a third
    right = float(said.split("GAN:")[1].split(", ")[1].split("%")[0])
    assert right > 60
    assert names["score"].share > 0.9
    assert names["score"].change > 2 * names["score"].random_change
    assert (tmp_path / "to_share" / "README.md").exists()
