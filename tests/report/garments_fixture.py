"""A fabricated run of the chain garments: every number and picture here is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

KINDS = ("tops & tees", "trousers")
MODELS = ("random", "popularity", "bpr", "vbpr", "dvbpr")
ARMS = ("designs", "best real items", "random drawings", "pixel ascent")
SECRET = "C-5ec2e70000"  # a customer whom a shared page must not name


def _interval(estimate: float, half: float) -> dict[str, float]:
    return {"estimate": estimate, "low": estimate - half, "high": estimate + half}


def _rank(model: str, setting: str, auc: float) -> dict[str, Any]:
    row: dict[str, Any] = {"model": model, "setting": setting, "k": 10, "customers": 87, "candidates": 1234}
    figures = {"auc": auc, "hit": auc / 3, "ndcg": auc / 4, "mrr": auc / 5, "auc_100": auc + 0.001}
    for name, value in figures.items():
        row |= {name: value, f"{name}_low": value - 0.03, f"{name}_high": value + 0.03}
    return row | {"coverage": 0.612, "gini": 0.418}


def _ranking() -> dict[str, Any]:
    warm = [_rank(name, "warm", 0.5 + 0.0707 * i) for i, name in enumerate(MODELS)]
    cold = [_rank(name, "cold", auc) for name, auc in (("random", 0.497), ("vbpr", 0.623), ("dvbpr", 0.688))]
    gap = {"setting": "warm", "metric": "ndcg", "model": "dvbpr", "against": "vbpr", **_interval(0.0271, 0.013)}
    notes = [f"{name}: {name} cannot rank items that nobody has bought: n/a" for name in ("popularity", "bpr")]
    return {"k": 10, "rows": warm + cold, "differences": [gap, gap | {"metric": "auc"}], "notes": notes}


def _data() -> dict[str, Any]:
    counts = zip(KINDS, (812, 422), (81, 42), (True, False), strict=True)
    return {
        **{"source": "spring <2026>", "customers_are": "simulated", "items": 1234, "styles": 1199, "size": 32},
        "categories": [dict(zip(("name", "items", "held_out", "designed"), row, strict=True)) for row in counts],
        **{"customers": 345, "likes": 6789, "dislikes": 12},
        "judged": {"train": 6000, "validation": 345, "test": 345, "cold": 99},
        "lines": ["1234 items in 1199 styles, pictures 32x32", "attribute colour: 9 values, known of 1234 items"],
        "problems": [
            {"row": 17, "item": "00417", "reason": "secret/00417.jpg: cannot be read", "left_out": True},
            {"row": 0, "item": "", "reason": "3 styles have one item only", "left_out": False},
        ],
    }


def _gan() -> dict[str, Any]:
    return {
        **{"images_seen": 51234, "alarm": None, "selected": {"by": "KID", "score": 0.0123, "images_seen": 48000}},
        **{"classes": list(KINDS), "seed": 3, "recipe": "small", "adopted": False, "extractor": "small CNN 1a2b3c4d"},
        **{"n": 600, "agreement": 0.9635, "agreement_by_category": dict(zip(KINDS, (0.981, 0.946), strict=True))},
        **{"agreement_held_out": 0.992, "kid": {"synthetic": 0.0412, "train": 0.0021, "blurred": 0.0634}},
        **{"diversity": 0.431, "diversity_real": 0.517, "near_copies": 2, "neighbour_ratio": 0.94},
    }


def _arm(name: str, climbed: float, held_out: float) -> dict[str, Any]:
    found = {"climbed": climbed, "held_out": held_out, "judge": 0.87, "quantile": 0.31, "realistic": 0.96}
    transfer = _interval(held_out / climbed, 0.09) if climbed > 0.5 else dict.fromkeys(("estimate", "low", "high"))
    variety = None if name == "pixel ascent" else 0.377
    return {"name": name, "problems": 40, **found, "variety": variety, "transfer": transfer}


def _designs() -> dict[str, Any]:
    gains = zip(ARMS, (2.413, 1.702, 0.104, 9.871), (1.934, 1.611, 0.113, 0.812), strict=True)
    rows = [{"eta": eta, **_arm("designs", 2.9 - eta / 9, 2.0 - eta / 30)} for eta in (0.0, 0.1, 1.0, 10.0)]
    trade = [
        row | {"judge": 0.5 + 0.1 * i, "quantile": 0.6 - 0.12 * i, "fallbacks": 0.025 * i} for i, row in enumerate(rows)
    ]
    arms = [_arm(*row) for row in gains]
    return {"design": {"eta": 1.0, "problems": 40, "climbed": 3, "held_out": 1, "arms": arms}, "trade_off": trade}


def _utility() -> dict[str, Any]:
    means = dict(zip((*ARMS, "catalogue's optimum"), (-0.321, -0.534, -1.62, -2.11, -0.287), strict=True))
    gaps = {
        f"designs - {name}": _interval(means["designs"] - mean, 0.071)
        for name, mean in means.items()
        if name != "designs"
    }
    return {"customers": 40, "means": {k: _interval(v, 0.05) for k, v in means.items()}, "differences": gaps}


def _customer(number: int) -> dict[str, Any]:
    designs = [
        {"z": 2.51 - 0.2 * i, "held_out_z": 1.87 - 0.1 * i, "nearer_photos": 0.22 + 0.1 * i, "judge": 0.9}
        | {"to_buy": [f"B-{i}{j}" for j in range(3)], "to_buy_rows": [7 + i + j for j in range(3)]}
        for i in range(4)
    ]
    real = [{"item": f"0041{i}", "row": 3 + i, "z": 1.74 - 0.1 * i, "held_out_z": 1.63 - 0.1 * i} for i in range(4)]
    key = f"design_{2 * number}"
    first = {
        "category": KINDS[0],
        "pictures": key,
        "how": "searched",
        "reason": "",
        "designs": designs,
        "best_real": real,
    }
    none = {
        "category": KINDS[1],
        "pictures": f"design_{2 * number + 1}",
        "how": "none",
        "designs": [],
        "best_real": real[:1],
    }
    none |= {"reason": "of 16 pictures 9 look like another category and 7 like no real garment of it"}
    name = SECRET if number == 0 else f"C-{number:010d}"
    return {"customer": name, "bought": [0, 1, 2], "categories": [first, none]}


def _restyled(number: int, answer: str, steps: int, stopped: str = "") -> dict[str, Any]:
    row = {"item": f"0090{number}", "customer": SECRET, "category": KINDS[0], "answer": answer, "stopped": stopped}
    row |= {
        "reason": f"{answer}: structural similarity 0.7{number} inside the garment",
        "pictures": f"restyled_{number}",
    }
    return row | {
        "z": [0.213 + 0.4 * i for i in range(steps)],
        "held_out_z": [0.19 + 0.3 * i for i in range(steps)],
        "apart": [0.061 + 0.05 * i for i in range(steps)],
    }


def _inversion() -> dict[str, Any]:
    shares = {"faithful": 0.575, "closest we can draw": 0.3, "cannot": 0.125}
    failed = {"another silhouette": 11, "preference moved": 7, "another category": 0}
    limits = {"faithful_ssim": 0.61, "cannot_ssim": 0.33, "photos": 120, "shares": shares, "failed": failed}
    psnr, floor = [28.0 + 0.5 * i for i in range(32)], [14.0 + 0.2 * i for i in range(32)]
    planted = {"n": 32, "psnr": psnr, "floor": floor, "median": 35.8, "median_floor": 17.1}
    said = "57 % of 120 held-out photos are drawn faithfully; not so, by test: another silhouette: 11"
    return {"limits": limits, "planted": planted, "missing": said}


def make_summary() -> dict[str, Any]:
    """A whole summary.json of the chain garments."""
    new = {"k": 10, "likes": 5, "customers": 61, "uncertainty_left": 0.44, "new": 0.171, "trained": 0.182}
    new |= {"popularity": 0.101, "ratio": _interval(0.864, 0.1)}
    return {
        **{"chain": "garments", "title": "Spring <sample>", "created": "2026-11-22T14:19:00+00:00"},
        **{"data": _data(), "ranking": _ranking(), "new_customers": new, "gan": _gan()},
        **_designs(),
        **{"known_utility": _utility(), "customers": [_customer(i) for i in range(3)], "inversion": _inversion()},
        "restyled": [
            _restyled(0, "faithful", 6),
            _restyled(1, "closest we can draw", 3, "step 3 would look like another category"),
            _restyled(2, "cannot", 1),
        ],
        "config": {"seed": 3, "customers": ["0815"], "gan": {"model": "hospital/model.safetensors", "recipe": "small"}},
        "versions": {"python": "3.11", "torch": "2.13.0"},
        "findings": [
            "Customers are simulated: nothing about real people.",
            "Designs <carry over>: 0.80 (0.71 to 0.89).",
        ],
    }


def garments(n: int, seed: int, size: int = 32) -> np.ndarray:
    """Pictures uint8 (n, 3, size, size): plain shapes with sleeves in random colours on a white ground."""
    rng, images = np.random.default_rng(seed), np.full((n, 3, size, size), 255, np.uint8)
    y, x = np.mgrid[:size, :size] / (size - 1)
    for image in images:
        length, width, sleeve = rng.uniform([0.6, 0.18, 0.1], [0.92, 0.26, 0.6])
        body = (abs(x - 0.5) < width) & (y > 0.14) & (y < length)
        arms = (abs(x - 0.5) < width + 0.14) & (y > 0.14) & (y < 0.14 + sleeve)
        neck = np.hypot(x - 0.5, y - 0.12) < 0.09
        image[:, (body | arms) & ~neck] = rng.integers(20, 220, (3, 1))
    return images


def make_pictures(summary: dict[str, Any]) -> dict[str, np.ndarray]:
    """The arrays of pictures.npz that the summary speaks of."""
    out = {f"item_{row}": garments(1, row)[0] for row in range(16)}
    for number, name in enumerate(KINDS):
        out |= {f"grid_real_{name}": garments(16, 100 + number), f"grid_synthetic_{name}": garments(16, 200 + number)}
    out |= {f"arm_{name}": garments(5, 300 + number) for number, name in enumerate(ARMS)}
    out["arm_designs"][4] = 255  # nothing was drawn for this problem
    for number, customer in enumerate(summary["customers"]):
        for part in customer["categories"]:
            out[part["pictures"]] = garments(len(part["designs"]), 400 + number)
    for number, row in enumerate(summary["restyled"]):
        out[row["pictures"]] = garments(len(row["z"]), 500 + number)
        out[f"{row['pictures']}_photo"] = garments(1, 600 + number)[0]
    return out


def write_run(run: Path, summary: dict[str, Any], pictures: dict[str, Any] | None) -> Path:
    """A run folder with these results."""
    (run / "results").mkdir(parents=True)
    (run / "results" / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    if pictures is not None:
        np.savez(run / "results" / "pictures.npz", **pictures)
    return run
