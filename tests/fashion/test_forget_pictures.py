import json
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.fashion.run.forget import forget_pictures

NAMES = ("design_0", "design_1", "restyled_0", "restyled_0_photo", "restyled_1", "restyled_1_photo")
OTHERS = ("arm_designs", "grid_real_tops", "item_3")


def test_only_pictures_that_are_still_referred_to_stay(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    assert forget_pictures(tmp_path) == []
    pictures: dict[str, Any] = {name: np.zeros(1) for name in NAMES + OTHERS}
    np.savez(results / "pictures.npz", **pictures)
    left = {"customers": [{"customer": "C-1", "categories": [{"pictures": "design_1"}]}]}
    left["restyled"] = [{"customer": "C-1", "pictures": "restyled_1"}]
    (results / "summary.json").write_text(json.dumps(left))
    assert forget_pictures(tmp_path) == ["removed 4 pictures made for customers from results/pictures.npz"]
    with np.load(results / "pictures.npz") as arrays:
        assert set(arrays.files) == {"design_1", "restyled_1", "restyled_1_photo", "grid_real_tops", "item_3"}
    assert forget_pictures(tmp_path) == []
