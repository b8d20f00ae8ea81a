"""Designs and restyles on a finished run, through the command line."""

import json
import re
from pathlib import Path

from PIL import Image

from tests.chains.conftest import Ran
from tests.chains.tiny_shop import Capture, sample_folder, told

CUSTOMER = "K00003"  # the sample shop's own ID of a customer


def test_designs_for_one_a_segment_and_a_new_customer(tiny_run: Ran, tmp_path: Path, capsys: Capture) -> None:
    asked = {
        "one": ("--customer", CUSTOMER),
        "two": ("--customer", CUSTOMER, "--customer", "K00004", "--set", "segment=minimum"),
        "new": ("--likes", "000001"),
    }
    for name, words in asked.items():
        out = tmp_path / name
        easy = ("--set", "realism_quantile=1.0", "--set", "steps=2")
        lines = told(capsys, "design", tiny_run.run, "tops", *words, *easy, "--out", out)
        about = json.loads((out / "designs.json").read_text())
        assert about["SyntheticData"] == "YES"
        assert len(about["for"]) == (2 if name == "two" else 1)
        assert len(about["best_real_items"]) == 2
        assert lines[-1] == f"{len(about['designs'])} synthetic pictures in {out}"
        assert len(list(out.glob("*.png"))) == len(about["designs"])
        assert about["designs"] or about["reason"]


def test_an_item_and_a_photo_are_restyled(tiny_run: Ran, tmp_path: Path, capsys: Capture) -> None:
    picture = next((sample_folder(tiny_run.run) / "images").glob("*.png"))
    for given in (("--item", "000003"), ("--photo", picture)):
        out = tmp_path / given[0]
        lines = told(capsys, "restyle", tiny_run.run, "tops", *given, "--customer", CUSTOMER, "--out", out)
        assert re.match(r"(faithful|closest we can draw|cannot): structural similarity", lines[0])
        pictures = sorted(out.glob("*.png"))
        assert len(pictures) == int(lines[-1].split()[0]) >= 1
        with Image.open(pictures[0]) as shown:
            assert shown.info["SyntheticData"] == "YES"


def test_photos_that_cannot_be_read(tiny_run: Ran, tmp_path: Path, capsys: Capture) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "words.png").write_text("no picture")
    for name, reason in (("moving.gif", "animated"), ("words.png", "not a picture")):
        words = ("tops", "--customer", CUSTOMER, "--photo", tmp_path / name)
        (line,) = told(capsys, "restyle", tiny_run.run, *words, code=2)
        assert name in line
        assert reason in line


def test_a_gan_of_another_size_restyles_without_limits(poor_run: Ran, tmp_path: Path, capsys: Capture) -> None:
    words = ("tops", "--item", "000003", "--likes", "000001", "--out", tmp_path)
    lines = told(capsys, "restyle", poor_run.run, *words)
    assert lines[1].startswith(("closest we can draw", "cannot"))
    assert "cannot be judged, too few held-out photos" in lines[1]
    with Image.open(tmp_path / "restyled_1.png") as shown:
        assert shown.size == (16, 16)
