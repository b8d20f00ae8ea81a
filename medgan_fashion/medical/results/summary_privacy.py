"""The part of `results/summary.json` that is about privacy: one screening per GAN (docs/privacy.md)."""
# ruff: noqa: UP013  (one line per small type). No future annotations: `__required_keys__` would miss NotRequired.

from typing import TypedDict

from medgan_fashion.medical.results.summary_images import Number

Counts = TypedDict(
    "Counts",
    {
        "synthetic": int,
        "training_images": int,
        "training_patients": int,
        "held_out_images": int,
        "held_out_patients": int,
    },
)
Authenticity = TypedDict("Authenticity", {"synthetic": float, "held_out": float})  # shares
Null = TypedDict("Null", {"auc": float, "low": float, "high": float})  # held-out patients against held-out patients


class Attack(TypedDict):
    auc: float
    low: float  # 95 % bounds
    high: float
    tpr: Number  # at the rules' false positive rate; None: too few held-out patients
    tpr_low: Number
    tpr_high: Number
    null: Null | None


class Privacy(TypedDict):
    name: str
    repeat: int
    fold: int
    model_sha256: str | None  # None: no GAN stood behind the images
    outcome: str  # privacy_rules.OUTCOMES
    reasons: list[str]
    screening: str  # what it is and is not
    by: str  # what was counted: "patient", or something else, in words
    space: str
    counts: Counts | None  # None, with all figures: too little to screen with
    near_copies: int | None
    neighbour_ratio: Number
    authenticity: Authenticity | None
    membership: Attack | None
    membership_note: str
