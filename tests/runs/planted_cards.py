"""A privacy card with a given outcome, for a given model file."""

from pathlib import Path
from typing import Any

from medgan_fashion.evaluation.screening.privacy import unscreened
from medgan_fashion.evaluation.screening.thresholds import PrivacyRules
from medgan_fashion.runs.stages.privacy_cards import model_hash

WHY = {
    "blocked": "9 of 10 drawn images are near copies of training images",
    "not enough to tell": "too few held-out patients for a membership test",
    "passed": "nothing was found",
}


def planted_card(model: Path, outcome: str) -> dict[str, Any]:
    """As `screen` would write it, without figures."""
    card = unscreened(WHY[outcome], "patient", PrivacyRules())
    return card | {"outcome": outcome, "model_sha256": model_hash(model)}
