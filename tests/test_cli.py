"""The command: fast help, one-sentence refusals, and the small commands on real files."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.cli.main import main
from medgan_fashion.fashion.config import DVBPR_CODE, read_settings
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.runs.pipelines import find_pipeline, parse_settings, read_pipeline, split_inputs


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["generate", "--help"], ["datasets", "list"]])
def test_help_imports_no_torch(words: list[str]) -> None:
    code = (
        "import sys\nfrom medgan_fashion.cli.main import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'monai', 'sklearn', 'pydicom'} & set(sys.modules), 'heavy'"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "torch" not in answer.stderr


def test_the_core_loads_nothing_of_weight() -> None:
    code = (
        "import sys\nimport medgan_fashion.gan as g\ng.train, g.load_model\n"
        "heavy = {'scipy', 'sklearn', 'PIL', 'matplotlib', 'pandas', 'monai', 'albumentations', 'torchvision'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


def test_every_pipeline_file_is_valid() -> None:
    files = sorted(find_pipeline("lesions").parent.glob("*.yaml"))
    settings = {path.stem: read_pipeline(path) for path in files}
    garments = {name: read_settings(plain) for name, plain in settings.items() if plain["chain"] == "garments"}
    assert set(garments) == {"garments", "garments_paper", "studio_garments"}
    assert garments["garments_paper"].recommenders.dvbpr == DVBPR_CODE
    settings = {name: plain for name, plain in settings.items() if name not in garments}
    assert from_plain(SegmentationConfig, settings.pop("lesion_segmentation")).primary.against == "real+classic"
    configs = {name: from_plain(AblationConfig, plain) for name, plain in settings.items()}
    assert {"demo", "lesions", "lesions_paper"} <= set(configs)
    assert configs["lesions"].primary.against == "real+classic"


def test_settings_and_inputs() -> None:
    settings = parse_settings({"gan": {"recipe": "small"}}, ["gan.images_seen=500", "title=x", "image.size=[16, 16]"])
    assert settings == {"gan": {"recipe": "small", "images_seen": 500}, "title": "x", "image": {"size": [16, 16]}}
    assert split_inputs(["a.csv"]) == {"": Path("a.csv")}
    assert split_inputs(["cases=b/c=d.csv"]) == {"cases": Path("b/c=d.csv")}
    with pytest.raises(ValueError, match="key=value"):
        parse_settings({}, ["gan"])
    with pytest.raises(ValueError, match=r"demo, garments, garments_paper, lesion_segmentation, lesions"):
        find_pipeline("lesion")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "lesions", "--data", "nowhere.csv", "--out", "RUN"], "no case table at nowhere.csv"),
        (["run", "lesions", "--set", "foldz=3", "--out", "RUN"], "unknown key 'foldz'"),
        (["run", "lesions", "--data", "films=a.csv", "--out", "RUN"], "no input 'films'"),
        (["generate", "nowhere.safetensors"], "no model at nowhere.safetensors"),
        (["report", "RUN"], "summary.json"),
        (["status", "RUN"], "no run folder"),
        (["train", "nowhere.npz", "--out", "RUN"], "no file nowhere.npz"),
    ],
)
def test_refusals_are_one_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "RUN") if word == "RUN" else word for word in words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_train_resume_generate_and_refusal_as_real_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from medgan_fashion.imaging.read.readers import read_image

    images = np.random.default_rng(0).random((24, 1, 16, 16), dtype=np.float32)
    np.savez(tmp_path / "data.npz", images=images, labels=np.arange(24) % 2)
    for seen in ("64", "128"):
        assert main(["train", str(tmp_path / "data.npz"), "--out", str(tmp_path / "gan"), "--images-seen", seen]) == 0
    model = str(tmp_path / "gan" / "model.safetensors")
    assert main(["generate", model, "--out", str(tmp_path / "made"), "--n", "3", "--label", "1", "--seed", "4"]) == 0
    about = json.loads((tmp_path / "made" / "synthetic.json").read_text())
    assert about["SyntheticData"] == "YES"
    assert about["labels"] == ["1", "1", "1"]
    with pytest.raises(ValueError, match=r"(?i)synthetic"):
        read_image(tmp_path / "made" / "synthetic_00000.png")
    assert "3 synthetic images" in capsys.readouterr().out


def test_mammogram_tables_and_their_preview(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    y, x = np.mgrid[:1024, :1024]
    breast = (((x - 200) / 600) ** 2 + ((y - 560) / 420) ** 2 < 1) & (x >= 200)
    for film in (1, 2, 3):
        grey = np.where(breast, 120 + (x + film * y) % 40, 2).astype(np.uint8)
        Image.fromarray(grey).save(tmp_path / f"mdb00{film}.pgm")
    info = tmp_path / "Info.txt"
    info.write_text("mdb001 G CIRC B 400 500 60\nmdb002 G NORM\nmdb003 D MISC M 500 400 50\nmdb004 D NORM\n")
    for level, said in (("film", "normal 1, benign 1, malignant 1; patients: 2"), ("lesion", "benign 1, malignant 1")):
        out = tmp_path / f"{level}.csv"
        words = ["cases", str(tmp_path), "--labels", str(info), "--level", level, "--out", str(out)]
        assert main(words) == 0
        printed = capsys.readouterr().out
        assert said in printed
        assert "left over, 1 x row of the labels: its film is not in the folder" in printed
        sheet = tmp_path / f"{level}.png"
        shown = {"film": "whole", "lesion": "lesion"}[level]
        assert main(["preview", str(out), "--out", str(sheet), "--mammogram", shown, "--size", "[48,32]"]) == 0
        assert sheet.stat().st_size > 1000
    words = ["cases", str(tmp_path), "--out", str(tmp_path / "x.csv"), "--films", "presentation"]
    assert main(words) == 2
    assert "no row is left" in capsys.readouterr().err


def test_dry_run_trains_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_liver_phantoms(tmp_path / "phantoms", patients=24)
    words = ["run", "demo", "--data", str(table), "--out", str(tmp_path / "run"), "--dry-run", "--processes", "1"]
    assert main(words) == 0
    said = capsys.readouterr().out
    for part in ("GANs x", "classifiers x", "MB of memory", "smallest difference"):
        assert part in said
    assert not list((tmp_path / "run" / "stages").glob("train_gan/*"))
