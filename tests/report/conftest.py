"""A fabricated run for the report's tests: every number and picture here is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CLASSES = ["cyst <1 cm & thin", "metastasis", "hemangioma"]
FEW = "too few images: 3 held-out; 6 are needed"
ARMS = [  # name, real, classic, gan, balanced accuracy
    ("real", 120, 0, 0, 0.581),
    ("real+oversampled", 120, 0, 0, 0.577),
    ("real+classic", 120, 360, 0, 0.702),
    ("real+gan", 120, 0, 360, 0.668),
    ("real+classic+gan", 120, 180, 180, 0.719),
    ("gan-only", 0, 0, 480, 0.548),
    ("real+classic+shuffled", 120, 180, 180, 0.641),
]


def _estimate(value: float, half: float = 0.052) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}


def _arm(name: str, real: int, classic: int, gan: int, score: float) -> dict[str, Any]:
    metrics: dict[str, Any] = {"balanced_accuracy": _estimate(score), "auroc": _estimate(score + 0.14, 0.03)}
    metrics["brier"] = _estimate(0.9 - score, 0.04)
    for kind, shift in (("sensitivity", 0.004), ("specificity", 0.16)):
        metrics[f"{kind}_weighted"] = _estimate(score + shift)
        metrics[f"{kind}_macro"] = {"value": score + shift - 0.01, "low": None, "high": None}
    per_class = [
        {"class": c, "sensitivity": min(score + s, 1.0), "specificity": score + 0.15 + s / 4}
        for c, s in zip(CLASSES, (0.21, -0.08, -0.05), strict=True)
    ]
    right = [round((score + s) * n) for s, n in ((0.21, 53), (-0.08, 64), (-0.05, 65))]
    confusion = [
        [right[0], 53 - right[0], 0],
        [4, right[1], 60 - right[1]],
        [3, 62 - right[2], right[2]],
    ]
    gap = score - 0.702
    secondary = {"p": 0.31 if gap > 0 else 0.0004, "p_holm": 1.0 if gap > 0 else 0.002}
    return {
        "arm": name,
        **{"n_real": real, "n_classic": classic, "n_gan": gan, "pool": max(480, real + classic + gan)},
        **{"updates": 2400, "runs": 27, "metrics": metrics, "per_class": per_class, "confusion": confusion},
        "difference": None
        if name == "real+classic"
        else {"estimate": gap, "low": gap - 0.034, "high": gap + 0.037, **secondary},
    }


def _dose() -> list[dict[str, float]]:
    rows = []
    for fraction, base, gain in ((0.25, 0.56, 0.07), (0.5, 0.63, 0.04), (1.0, 0.702, 0.02)):
        for i, ratio in enumerate((0, 0.25, 0.5, 1, 2, 4)):
            gap = gain * (i / 3 if i < 4 else 1.1 - 0.25 * (i - 3))
            row = {"real_fraction": fraction, "ratio": ratio, "value": base + gap, "estimate": gap}
            row |= {"low": base + gap - 0.05, "high": base + gap + 0.05}
            half = 0.0 if ratio == 0 else 0.035
            rows.append(row | {"difference_low": gap - half, "difference_high": gap + half})
    return rows


def _view(name: str, note: str | None, kid: dict[str, float]) -> dict[str, Any]:
    if note:
        return {"view": name, "n": 3, "note": note, "kid": None, "class_agreement": None, "diversity": None}
    return {
        **{"view": name, "n": 28, "note": None, "kid": {k: {"mean": 1.5 * v, "sd": 0.009} for k, v in kid.items()}},
        "class_agreement": {"synthetic": 0.765, "test": 0.7, "chance": 1 / 3},
        "diversity": {"synthetic": 0.61, "real": 0.66},
    }


def _judge(fold: int) -> dict[str, Any]:
    kid = {"synthetic": 0.041, "train": 0.002, "blurred": 0.063, "noisy": 0.088}
    return {
        **{"repeat": 0, "fold": fold, "extractor": "fold encoder (small CNN)", "n": 60, "d": 64},
        "kid": {k: {"mean": v + 0.004 * fold, "sd": 0.006} for k, v in kid.items()},
        **{
            "fid": None,
            "fid_note": "FID needs at least 640 images of each kind for 64 features; there are 60.",
        },
        **{"precision": 0.71, "recall": 0.38, "density": 0.83, "coverage": 0.55},
        "diversity": {"synthetic": 4.12, "real": 5.01},
        "class_agreement": {"synthetic": 0.81, "test": 0.74, "chance": 1 / 3},
        **{"near_copies": int(fold == 0), "neighbour_ratio": 0.97 - 0.03 * fold},
        "swd": {kind: {"32": 9.5 + i, "16": 14.25 + 2 * i} for i, kind in enumerate(kid)},
        "views": [
            _view("CC", None, kid),
            _view("MLO", "too few images: 3 held-out; 6 are needed" if fold else None, kid),
        ],
    }


def _gan(fold: int, name: str) -> dict[str, Any]:
    alarm = "collapse: diversity fell to 31 % of the reals at 14,000 images" if fold == 1 else None
    return {
        **{"name": name, "recipe": "conditional", "fold": fold, "repeat": 0, "images_seen": 22000},
        **{
            "alarm": alarm,
            "selected": {"by": "KID to an inner hold-out", "score": 0.0431, "images_seen": 18000},
        },
        **{"training_rows": "sha256:" + f"{fold}a9c4e1d" * 8, "classes": CLASSES, "seconds": 544.2},
    }


def _data() -> dict[str, Any]:
    counts = zip(CLASSES, (41, 38, 43), (53, 64, 65), strict=True)
    return {
        **{"name": "fabricated & small", "classes": CLASSES, "patients": 122, "lesions": 182, "images": 246},
        "per_class": [{"class": c, "patients": p, "lesions": n, "images": n + 20} for c, p, n in counts],
        "grouping": "patient",
        "skipped": [{"row": 3, "reason": "secret/scan_17.dcm: no box"}, {"row": 9, "reason": "no label"}],
        "case_word": "lesions",
        "views": [{"view": "CC", "images": 120}, {"view": "MLO", "images": 126}],
        "notes": [{"row": 17, "note": "the chest wall lies on the left, unusual for a right breast"}],
        "external": None,
    }


def _verdict() -> dict[str, Any]:
    return {
        **{"verdict": "too few cases to tell", "metric": "balanced_accuracy", "arm": "real+classic+gan"},
        "sentence": "The difference may be zero, and it may be large enough to matter.",
        **{"against": "real+classic", "estimate": 0.017, "low": -0.017, "high": 0.054, "margin": 0.02},
        **{"smallest_detectable": 0.051, "components": {"patients": 0.00021, "repeats": 0.00011}, "df": 14.2},
        "covers": ["patients", "partitions", "GAN seeds", "classifier seeds"],
    }


def _papers() -> dict[str, Any]:
    """What stands in tables only."""
    tests = (
        ("McNemar, clustered by patient", 1.21, 0.271, "seed-averaged"),
        ("Nadeau-Bengio", 0.94, 0.36, ""),
    )
    checks = (("no patient in two folds", "122 patients"), ("no image in two folds", "246 content hashes"))
    items = (("TRIPOD+AI", "5a Source of data", "fabricated"), ("TRIPOD+AI", "18 Ethical approval", ""))
    items += (("CLAIM", "21 Partitions", "3 folds, grouped by patient"),)
    return {
        "tests": [dict(zip(("name", "statistic", "p", "note"), t, strict=True)) for t in tests],
        "audit": [{"check": c, "passed": True, "detail": d} for c, d in checks],
        "config": {"seed": 7, "cases": "hospital/cases.csv", "gan": {"recipe": "conditional", "width": 32}},
        "versions": {"python": "3.11", "torch": "2.13.0"},
        "checklist": [dict(zip(("standard", "item", "answer"), t, strict=True)) for t in items],
    }


def make_summary() -> dict[str, Any]:
    """A whole summary.json with every part."""
    bins = [0.42, 0.55, 0.65, 0.75, 0.85, 0.95]
    curve = {"confidence": bins, "n": [9, 21, 34, 41, 44, 33]}
    accuracy = {a[0]: [b + a[4] - 0.77 - 0.02 * i for i, b in enumerate(bins)] for a in ARMS}
    return {
        **{"title": "Liver lesions <fabricated>", "created": "2026-11-22T14:19:00+00:00"},
        **{"data": _data(), "verdict": _verdict(), "arms": [_arm(*row) for row in ARMS], "dose": _dose()},
        "judge": [_judge(f) for f in range(3)],
        "gans": [_gan(f, f"conditional/{f}") for f in range(3)],
        "calibration": [curve | {"arm": arm, "accuracy": values} for arm, values in accuracy.items()],
        **_papers(),
    }


def make_samples(folds: int = 2, per_class: int = 2, size: int = 32) -> dict[str, np.ndarray]:
    """Pictures of blobs; the first neighbour pair of every fold is the same picture twice."""
    rng = np.random.default_rng(0)

    def blobs(*shape: int) -> np.ndarray:
        y, x = np.mgrid[:size, :size] / size - 0.5
        flat = [np.hypot(x - a, y - b) < c for a, b, c in rng.uniform(0.1, 0.3, (int(np.prod(shape)), 3))]
        noise = rng.normal(0, 12, (len(flat), size, size))
        return np.clip(60 + 110 * np.array(flat) + noise, 0, 255).astype(np.uint8).reshape(*shape, size, size)

    out = {}
    for f in range(folds):
        for kind in ("real", "synthetic", "classic"):
            out[f"f{f}_{kind}"] = blobs(3, per_class)
        out[f"f{f}_neighbour_synthetic"], out[f"f{f}_neighbour_train"] = blobs(5), blobs(5)
        out[f"f{f}_neighbour_synthetic"][0] = out[f"f{f}_synthetic"][0, 0]
        out[f"f{f}_neighbour_ncc"] = np.array([0.981, 0.62, 0.71, 0.55, 0.8])
    return out


def write_run(run: Path, summary: dict[str, Any], samples: dict[str, Any] | None) -> Path:
    """A run folder with these results."""
    (run / "results").mkdir(parents=True)
    (run / "results" / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    if samples is not None:
        np.savez(run / "results" / "samples.npz", **samples)
    return run


@pytest.fixture
def summary() -> dict[str, Any]:
    return make_summary()


@pytest.fixture
def samples() -> dict[str, np.ndarray]:
    return make_samples()


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with pictures that no test may change."""
    return write_run(tmp_path_factory.mktemp("report") / "run", make_summary(), make_samples())


@pytest.fixture
def run(tmp_path: Path, summary: dict[str, Any]) -> Path:
    """A run without pictures, free to change."""
    return write_run(tmp_path / "run", summary, None)
