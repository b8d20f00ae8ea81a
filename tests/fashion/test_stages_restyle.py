import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medgan_fashion.fashion.config import DesignConfig, RestyleConfig
from medgan_fashion.fashion.data.purchases import Purchases, save_purchases
from medgan_fashion.fashion.restyle.invert import CANNOT, CLOSEST, UNJUDGED, load_limits
from medgan_fashion.fashion.run import stages_restyle
from medgan_fashion.fashion.run.stages_restyle import inversion_limits, planted_inversion, restyle_photos
from tests.fashion.tiny_atelier import BLUE, RED, atelier, catalogue, gan

DESIGN = DesignConfig(starts=2, candidates=8, steps=2, fallback_draws=4, n_diverse=2)
RESTYLE = RestyleConfig(leashes=(16.0, 1.0), walk_steps=2, panel=2)


def given(folder: Path, monkeypatch: pytest.MonkeyPatch, n_held_out: int) -> dict[str, Any]:
    """The planted atelier with so many items held out, in the place of what folders name."""
    items = replace(catalogue(), held_out=np.arange(120) % 60 < n_held_out // 2)
    monkeypatch.setattr(stages_restyle, "load_atelier", lambda *named: atelier(catalogue=items))
    monkeypatch.setattr(stages_restyle, "load_latent_encoder", lambda path: None)
    for name in ("history", "limits", "walks"):
        (folder / name).mkdir()
    nothing = np.zeros(0, dtype=np.int64)
    bought = Purchases(("C-red", "C-blue"), nothing, nothing, np.zeros(0, np.float32), np.zeros(0))
    save_purchases(bought, folder / "history")
    rest = dict.fromkeys(("catalogue", "shelf", "encoder", "gan", "latent_encoder"), folder)
    return rest | {"ensemble": [], "held_out": [], "config": RESTYLE, "seed": 0}


def walks(folder: Path, known: dict[str, Any], most: int) -> list[dict[str, Any]]:
    """The limits, and what was told of the photos that were walked."""
    inversion_limits.function(folder / "limits", most=most, **known)
    wanted = {"purchases": folder / "history", "design": DESIGN, "limits": folder / "limits"}
    restyle_photos.function(folder / "walks", customers=[RED, BLUE], most=3, **wanted, **known)
    about = json.loads((folder / "walks" / "restyled.json").read_text())
    assert about["synthetic"] is True
    with np.load(folder / "walks" / "restyled.npz") as arrays:
        assert len(arrays["photos"]) == len(about["photos"]) == len(arrays.files) - 1
        for number, one in enumerate(about["photos"]):
            assert len(arrays[f"{number}_images"]) == len(one["z"]) == len(one["apart"])
    return about["photos"]


def test_held_out_photos_are_walked_for_customers_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = walks(tmp_path, given(tmp_path, monkeypatch, 20), 20)
    limits = load_limits(tmp_path / "limits" / "limits.json")
    assert (limits.judged, limits.photos) == (True, 20)
    assert sum(limits.shares.values()) == pytest.approx(1)
    assert [one["customer"] for one in photos] == [RED, BLUE, RED]
    assert {one["item"] for one in photos} <= {f"{row:04d}" for row in range(120) if row % 60 < 10}
    assert json.loads((tmp_path / "walks" / "asked.json").read_text()) == [RED, BLUE]


def test_too_few_photos_give_no_limits_but_walks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = walks(tmp_path, given(tmp_path, monkeypatch, 4), 20)
    limits = load_limits(tmp_path / "limits" / "limits.json")
    assert (limits.judged, limits.photos, limits.shares) == (False, 4, {})
    assert UNJUDGED not in limits.failed
    assert {one["answer"] for one in photos} <= {CLOSEST, CANNOT}
    assert all(UNJUDGED in one["reason"] for one in photos)
    assert all("faithful from" not in one["reason"] for one in photos)
    assert (tmp_path / "limits" / "missing.txt").read_text().startswith(f"what is faithful {UNJUDGED} (4, and 20")


def test_no_photo_held_out_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert walks(tmp_path, given(tmp_path, monkeypatch, 0), 20) == []
    assert load_limits(tmp_path / "limits" / "limits.json").photos == 0
    assert json.loads((tmp_path / "walks" / "asked.json").read_text()) == []


def test_what_the_generator_made_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages_restyle, "load_model", lambda path: gan())
    monkeypatch.setattr(stages_restyle, "load_latent_encoder", lambda path: None)
    planted_inversion.function(tmp_path, tmp_path, tmp_path, tmp_path, 4, 0)
    found = json.loads((tmp_path / "planted.json").read_text())
    assert found["n"] == len(found["psnr"]) == len(found["floor"]) == 4
    assert found["median"] > 30 > found["median_floor"]
