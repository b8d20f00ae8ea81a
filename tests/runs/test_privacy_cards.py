"""Cards find their models, block what leaves the house, and are refused for another model."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.cli.main import main
from medgan_fashion.gan import train
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.runs.single.generate import generate_files
from medgan_fashion.runs.stages.privacy_cards import (
    card_beside,
    find_card,
    in_words,
    model_hash,
    release_note,
    write_card,
)
from tests.runs.planted_cards import planted_card


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A hardly trained model of grey images of 32 x 32 pixels in [0, 1]."""
    out = tmp_path_factory.mktemp("model")
    images = np.random.default_rng(0).uniform(0, 1, (12, 1, 32, 32)).astype(np.float32)
    train("dcgan", images, images_seen=12, out=out, value_range=(0.0, 1.0), progress=False)
    return (out / "model.safetensors").read_bytes()


@pytest.fixture
def model(trained: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "own" / "model.safetensors"
    path.parent.mkdir()
    path.write_bytes(trained)
    return path


def test_a_blocked_model_gives_no_dicom_until_somebody_says_so(model: Path, tmp_path: Path) -> None:
    write_card(planted_card(model, "blocked"), card_beside(model))
    with pytest.raises(ValueError, match=r"blocked this model \(9 of 10 .*\); --despite-privacy"):
        generate_files(model, tmp_path / "no", 2, None, 0, None, "dicom")
    assert not (tmp_path / "no").exists()
    generate_files(model, tmp_path / "yes", 2, None, 0, None, "dicom", despite_privacy=True)
    note = json.loads((tmp_path / "yes" / "synthetic.json").read_text())["privacy"]
    assert (note["outcome"], note["overridden"]) == ("blocked", True)
    assert "overridden by the user" in in_words(note)
    generate_files(model, tmp_path / "png", 2, None, 0, None, "png")
    note = json.loads((tmp_path / "png" / "synthetic.json").read_text())["privacy"]
    assert (note["outcome"], note["overridden"]) == ("blocked", False)


def test_a_model_without_a_card_says_so(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", str(model), "--out", str(tmp_path / "made"), "--n", "1", "--format", "dicom"]) == 0
    assert "not screened for privacy" in capsys.readouterr().out
    note = json.loads((tmp_path / "made" / "synthetic.json").read_text())["privacy"]
    assert note == {"outcome": "not screened for privacy", "reasons": [], "overridden": False}


def test_a_card_is_found_in_the_model_s_run_by_its_hash(model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    inside = run / "stages" / "train_gan" / "aa" / "model.safetensors"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(model.read_bytes())
    assert find_card(inside) is None
    write_card(planted_card(model, "passed"), run / "results" / "privacy" / f"{model_hash(model)}.json")
    card = find_card(inside)
    assert card is not None
    assert release_note(card, despite=True)["overridden"] is False
    assert find_card(model) is None  # elsewhere


@pytest.mark.parametrize("outcomes", list(permutations(("blocked", "not enough to tell", "passed"), 2)))
def test_the_worst_of_several_cards_counts(trained: bytes, tmp_path: Path, outcomes: tuple[str, str]) -> None:
    """A screening of one's own, with other data or looser thresholds, lifts no block of the run."""
    inside = tmp_path / "run" / "stages" / "train_gan" / "aa" / "model.safetensors"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(trained)
    of_run = tmp_path / "run" / "results" / "privacy" / f"{model_hash(inside)}.json"
    for path, outcome in zip((card_beside(inside), of_run), outcomes, strict=True):
        write_card(planted_card(inside, outcome), path)
    worst = "blocked" if "blocked" in outcomes else "not enough to tell"
    card = find_card(inside)
    assert card is not None
    assert card["outcome"] == worst
    if worst == "blocked":
        with pytest.raises(ValueError, match="blocked this model"):
            generate_files(inside, tmp_path / "made", 1, None, 0, None, "dicom")
    generate_files(inside, tmp_path / "made", 1, None, 0, None, "dicom", despite_privacy=True)
    note = json.loads((tmp_path / "made" / "synthetic.json").read_text())["privacy"]
    assert (note["outcome"], note["overridden"]) == (worst, worst == "blocked")
    link = tmp_path / "link.safetensors"
    link.symlink_to(inside)
    assert find_card(link) == card


def test_a_real_screening_with_looser_thresholds_lifts_no_block(trained: bytes, tmp_path: Path) -> None:
    inside = tmp_path / "run" / "stages" / "model.safetensors"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(trained)
    write_card(planted_card(inside, "blocked"), tmp_path / "run" / "results" / "privacy" / f"{model_hash(inside)}.json")
    known, unseen = arrays(tmp_path / "known.npz", 12, 1), arrays(tmp_path / "unseen.npz", 10, 2)
    loose = ["--set", "ratio_blocked=0.01", "--set", "ratio_passed=0.01", "--images", "1"]
    assert main(["privacy", str(inside), "--train", known, "--held-out", unseen, *loose]) == 0
    assert json.loads(card_beside(inside).read_text())["outcome"] != "blocked"
    card = find_card(inside)
    assert card is not None
    assert release_note(card, despite=True)["overridden"] is True


def test_a_card_of_another_model_or_none_at_all_is_refused(model: Path, tmp_path: Path) -> None:
    write_card(planted_card(model, "passed") | {"model_sha256": "0" * 64}, card_beside(model))
    with pytest.raises(ValueError, match="card of another model file; screen this one again"):
        generate_files(model, tmp_path / "no", 1, None, 0, None, "png")
    odd = json.dumps(planted_card(model, "passed") | {"outcome": "fine"})
    for text in ("{", "[]", '{"format": "other"}', odd):
        card_beside(model).write_text(text)
        with pytest.raises(ValueError, match="is no privacy card"):
            find_card(model)
    with pytest.raises(ValueError, match="no model at"):
        find_card(tmp_path / "absent.safetensors")


def arrays(path: Path, n: int, seed: int, size: int = 32, **more: np.ndarray) -> str:
    images = np.random.default_rng(seed).random((n, 1, size, size), dtype=np.float32)
    np.savez(path, images=images, **more)  # pyright: ignore[reportArgumentType]
    return str(path)


def test_the_command_on_arrays(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known, unseen = arrays(tmp_path / "known.npz", 12, 1), arrays(tmp_path / "unseen.npz", 10, 2)
    command = ["privacy", str(model), "--train", known, "--images", "40", "--held-out"]
    assert main([*command, unseen]) == 0
    said = capsys.readouterr().out
    assert "by image, not by patient" in said
    assert "cannot prove anonymity" in said
    card = find_card(model)
    assert card is not None
    assert (card["counts"]["synthetic"], card["by"]) == (40, "image, not by patient")
    assert (model.parent / "model.privacy.png").is_file()
    assert main([*command, unseen, "--set", "fewest_patients=11"]) == 0
    assert "too few held-out patients for a membership test: 10, needs 11" in capsys.readouterr().out
    for other, words in (
        (known, "holds 12 images of --train"),
        (arrays(tmp_path / "small.npz", 10, 3, 16), "the model draws 1x32x32"),
        (arrays(tmp_path / "made.npz", 10, 3, SyntheticData=np.array("YES")), "holds synthetic images"),
        (str(tmp_path / "no.npz"), "no file"),
        (str(tmp_path / "known.csv"), "no file"),
    ):
        assert main([*command, other]) == 2
        assert words in capsys.readouterr().err
    for n in ("0", "-3"):
        assert main([*command, unseen, "--images", n]) == 2
        assert f"--images is {n}" in capsys.readouterr().err
    broken = tmp_path / "text.npz"
    broken.write_text("not arrays")
    assert main([*command, str(broken)]) == 2
    assert "is no .npz file" in capsys.readouterr().err
    assert main([*command, unseen, "--set", "auc_pased=0.8"]) == 2
    assert "unknown key 'privacy.auc_pased'" in capsys.readouterr().err


def test_the_command_on_case_tables_counts_patients(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_liver_phantoms(tmp_path / "phantoms", patients=24, size=64, seed=2)
    head, *rows = table.read_text().splitlines()
    for name, chosen in (("known", range(12)), ("unseen", range(12, 24)), ("both", range(11, 24))):
        mine = [row for row in rows if int(row.split(",")[2].removeprefix("PHANTOM-")) in chosen]
        (table.parent / f"{name}.csv").write_text("\n".join([head, *mine]) + "\n")
    command = ["privacy", str(model), "--train", str(table.parent / "known.csv"), "--images", "20", "--held-out"]
    assert main([*command, str(table.parent / "both.csv")]) == 2
    assert "1 patient is in both --train and --held_out" in capsys.readouterr().err
    assert main([*command, arrays(tmp_path / "unseen.npz", 10, 2)]) == 2
    assert "of two kinds" in capsys.readouterr().err
    assert main([*command, str(table.parent / "unseen.csv")]) == 0
    card = find_card(model)
    assert card is not None
    assert (card["by"], card["counts"]["training_patients"], card["counts"]["held_out_patients"]) == ("patient", 12, 12)
    assert card["counts"]["training_images"] > 12
    assert card["membership"]["tpr"] is None
    assert "PHANTOM" not in json.dumps(card)
