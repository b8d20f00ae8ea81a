"""Privacy cards of model files: where they lie, and what they mean for images that leave the house."""

import hashlib
import json
from pathlib import Path
from typing import Any

from medgan_fashion.base.files import write_whole
from medgan_fashion.evaluation.screening.privacy import FORMAT
from medgan_fashion.evaluation.screening.thresholds import BLOCKED, OPEN, PASSED, SCREENING

FOLDER = Path("results") / "privacy"  # of a run: one card per model, named by the sha256 of its file
WORST_FIRST = (BLOCKED, OPEN, PASSED)
NOT_SCREENED = "not screened for privacy"
BY = {  # what a screening counts, by the grouping of the cases
    "patient": "patient",
    "near-duplicate pictures": "near-duplicate pictures, not by patient",
    "none": "image, not by patient",
}


def model_hash(model: Path) -> str:
    """sha256 of a model's file; ValueError where there is none."""
    if not model.is_file():
        raise ValueError(f"no model at {model}; give the path of a model.safetensors")
    return hashlib.sha256(model.read_bytes()).hexdigest()


def card_beside(model: Path) -> Path:
    """Where the card of a model outside of a run lies: model.privacy.json beside model.safetensors."""
    return model.with_suffix(".privacy.json")


def write_card(card: dict[str, Any], path: Path) -> None:
    """Writes a card whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(card, indent=1)
    write_whole(path, lambda part: part.write_text(text))


def read_card(path: Path, sha256: str) -> dict[str, Any]:
    """The card at `path`; ValueError where it is none, or that of another model."""
    try:
        card = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError):
        card = None
    if not isinstance(card, dict) or card.get("format") != FORMAT or card.get("outcome") not in WORST_FIRST:
        raise ValueError(f"{path} is no privacy card; write it again with: medgan-fashion privacy")
    if card.get("model_sha256") != sha256:
        raise ValueError(
            f"{path} is the privacy card of another model file; screen this one again with: medgan-fashion privacy"
        )
    return card


def find_card(model: Path) -> dict[str, Any] | None:
    """The card of a model: the worst of the one beside it and those in results/privacy of the run that it lies in,
    blocked before not enough to tell before passed; None where it has none. So no screening of one's own, with other
    data or looser thresholds, lifts what the run found.

    ValueError for any card that is damaged or of another model.
    """
    sha256, there = model_hash(model), model.resolve()
    inside = [parent / FOLDER / f"{sha256}.json" for parent in there.parents]
    paths = [path for path in (card_beside(model), card_beside(there), *inside) if path.is_file()]
    cards = [read_card(path, sha256) for path in paths]
    return min(cards, key=lambda card: WORST_FIRST.index(card["outcome"]), default=None)


def check_release(card: dict[str, Any] | None, despite: bool, way: str) -> None:
    """ValueError with the reasons where the card says blocked, unless the user gives images out despite it; `way`
    says how one does that."""
    if card and card["outcome"] == BLOCKED and not despite:
        reasons = "; ".join(card["reasons"])
        raise ValueError(f"the privacy screening blocked this model ({reasons}); {way} gives its images out anyway")


def release_note(card: dict[str, Any] | None, despite: bool) -> dict[str, Any]:
    """What is written beside images: outcome, reasons, and whether a block was overridden."""
    if card is None:
        return {"outcome": NOT_SCREENED, "reasons": [], "overridden": False}
    outcome, reasons = card["outcome"], card["reasons"]
    overridden = bool(despite and outcome == BLOCKED)
    return {"outcome": outcome, "reasons": reasons, "overridden": overridden, "about": SCREENING}


def in_words(note: dict[str, Any]) -> str:
    """A release note in one line."""
    if note["outcome"] == NOT_SCREENED:
        return NOT_SCREENED
    after = ", overridden by the user" if note["overridden"] else ""
    return f"privacy screening: {note['outcome']}{after} ({'; '.join(note['reasons'])}); no proof of anonymity"
