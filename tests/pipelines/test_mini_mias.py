"""Eleven real patients at film level: the chain runs through, and can only say that they are too few."""

import tarfile
from pathlib import Path

import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.medical.arms.planted import PLANTED
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.study.run import run_study
from medgan_fashion.runs.pipelines import find_pipeline, parse_settings, read_pipeline

QUICK = [
    "image.size=[40, 32]", "arms=[real+classic, real+classic+gan]", "classifier={updates: 10, batch: 16}",
    "encoder_updates=10", "classifier_seeds=1", "repeats=2",
]  # fmt: skip


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """The case table of all films."""
    packed = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "mini_mias" / "mini_mias.tar.gz"
    if not packed.is_file():
        pytest.skip("the shared data sets are not beside the checkout")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path / "mias", filter="data")
    info = next((tmp_path / "mias").rglob("Info.txt"))
    make_cases(info.parent, tmp_path / "films.csv", labels=info, level="film")
    return tmp_path / "films.csv"


def test_eleven_patients_are_too_few(films: Path, tmp_path: Path) -> None:
    settings = parse_settings(read_pipeline(find_pipeline("mammogram_films")), QUICK)
    config = from_plain(AblationConfig, settings)
    summary = run_study(films, tmp_path / "run", config, processes=0, synthesis=PLANTED["copies"])
    assert summary["verdict"]["verdict"] == "too few cases to tell"
    assert all(item["passed"] for item in summary["audit"]), summary["audit"]
    data = summary["data"]
    assert (data["patients"], data["images"], data["grouping"]) == (11, 22, "patient")
    assert data["views"] == [{"view": "MLO", "images": 22}]
    assert all(judge["views"] == [] for judge in summary["judge"])  # one view: the whole table says it all
