"""Words of the garments' report: what recommenders and ways to come by a picture are called, and what they are for."""

from __future__ import annotations

from medgan_fashion.report.numbers import FILTERS, MINUS, NONE, decimal

RECOMMENDERS = {
    "random": ("Random order", "Knows nothing: what every other one must beat."),
    "popularity": ("Popularity", "The same best sellers for everybody."),
    "item_knn": ("Item neighbours", "What others bought together with this customer's purchases."),
    "als": ("ALS", "Factors of the table of purchases; sees no picture."),
    "bpr": ("BPR", "Learns from purchases which of two garments is preferred; sees no picture."),
    "vbpr": ("VBPR", "As BPR, with fixed features of the pictures."),
    "dvbpr": ("DVBPR", "Learns to look at the pictures while it learns tastes."),
}
ARMS = {
    "designs": ("Designs", "Drawn for the customer: the search with all its guards."),
    "best real items": ("Best real items", "What the recommenders put first among garments that the customer lacks."),
    "random drawings": ("Random drawings", "Drawn for nobody: what the GAN gives without a search."),
    "pixel ascent": ("Pixel ascent", "Negative control: a photo's pixels changed to please one recommender."),
    "catalogue's optimum": ("Catalogue's optimum", "The item that truly suits best: what perfect advice could sell."),
}
HOW = {"searched": "", "random draw": "Best of random drawings", "none": "No acceptable design"}
ANSWERS = {"faithful": "yes", "closest we can draw": "nearly", "cannot": "cannot"}


def _title(table: dict[str, tuple[str, str]], name: str) -> str:
    return table[name][0] if name in table else name.replace("_", " ")


def recommender(name: str) -> str:
    """A recommender's name in words."""
    return _title(RECOMMENDERS, name)


def recommender_note(name: str) -> str:
    """What the recommender does, in one sentence; empty for an unknown one."""
    return RECOMMENDERS.get(name, ("", ""))[1]


def arm(name: str) -> str:
    """A way to come by a picture, in words."""
    return _title(ARMS, name)


def arm_sentence(name: str) -> str:
    """What that way is for, in one sentence; empty for an unknown one."""
    return ARMS.get(name, ("", ""))[1]


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign, +1.25 or −0.30; a dash for None and for what is not finite."""
    text = decimal(value, digits)
    return text if text[0] in (NONE, MINUS) or not float(text) else f"+{text}"


def whole_percent(value: float | None) -> str:
    """A share in [0, 1] as whole percent, without the sign %."""
    return decimal(None if value is None else 100 * value, 0)


WORDS = FILTERS | {f.__name__: f for f in (recommender, recommender_note, arm, arm_sentence, signed, whole_percent)}
