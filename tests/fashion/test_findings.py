import copy
from typing import Any

from medgan_fashion.fashion.run.findings import findings


def spread(estimate: float | None, half: float = 0.1) -> dict[str, float | None]:
    low, high = (None, None) if estimate is None else (estimate - half, estimate + half)
    return {"estimate": estimate, "low": low, "high": high}


def an_arm(name: str, ratio: float | None) -> dict[str, Any]:
    return {"name": name, "problems": 40, "transfer": spread(ratio)}


SUMMARY: dict[str, Any] = {
    "data": {"customers_are": "real", "without_likes": 0},
    "ranking": {
        "k": 10,
        "rows": [
            {"model": name, "setting": setting, "ndcg": ndcg}
            for name, setting, ndcg in (("bpr", "warm", 0.1), ("dvbpr", "warm", 0.3), ("dvbpr", "cold", 0.2))
        ],
        "notes": ["bpr: bpr cannot rank items that nobody has bought: n/a"],
    },
    "new_customers": {"likes": 5, "k": 10, "customers": 80, "ratio": spread(0.85)},
    "gan": {"agreement": 0.97, "near_copies": 2, "n": 600},
    "design": {
        "problems": 40,
        "arms": [an_arm("designs", 0.8), an_arm("best real items", 0.9), an_arm("pixel ascent", 0.1)],
    },
    "known_utility": {"differences": {"designs - best real items": spread(0.3)}},
    "inversion": {"missing": "57 % of 120 held-out photos", "planted": {"median": 35.0, "median_floor": 17.0}},
    "restyled": [{}],
}


def said(**changes: Any) -> str:
    return "\n".join(findings(copy.deepcopy(SUMMARY) | changes))


def test_what_came_out_well() -> None:
    text = said()
    assert "NDCG@10 over all candidates: dvbpr 0.300, bpr 0.100." in text
    assert "known by 5 likes gets 0.85 (0.75 to 0.95) of what training" in text
    assert "look like their category to a classifier: 97.0% agree; 2 of 600 are near copies" in text
    assert "carries over to a recommender that no search saw: transfer ratio 0.80" in text
    assert "best real items 0.90, pixel ascent 0.10" in text
    assert "designs are worth more than the recommended top item: +0.30" in text
    assert "57 % of 120 held-out photos; drawings of the GAN itself come back at 35.0 dB" in text
    assert "simulated" not in text


def test_what_came_out_badly_is_said_as_plainly() -> None:
    design = {"problems": 40, "arms": [an_arm("designs", 0.3)]}
    text = said(
        gan=SUMMARY["gan"] | {"agreement": 0.5},
        design=design,
        known_utility={"differences": {"designs - best real items": spread(-0.3)}},
    )
    assert "do not reliably look like" in text
    assert "is mostly lost under" in text
    assert "worth less than" in text
    assert "not shown to be worth more" in said(
        known_utility={"differences": {"designs - best real items": spread(0.05)}}
    )


def test_what_was_not_measured_has_its_reason() -> None:
    why = "no customer has a purchase to test on: the warm figures are missing; nobody bought a held-out item: the cold"
    few = {"problems": 40, "arms": [an_arm("designs", None) | {"problems": 1}]}
    text = said(
        data={"customers_are": "simulated", "without_likes": 7},
        ranking={"k": 10, "rows": [], "notes": [f"random: {why}", f"bpr: {why}"]},
        new_customers=None,
        gan=SUMMARY["gan"] | {"near_copies": None, "notes": ["the GAN draws 16 x 16 pictures"]},
        design=few,
        known_utility=None,
        restyled=[],
    )
    assert text.startswith("Customers are simulated")
    assert "Of 7 customers no like is known" in text
    assert "bought next was not measured: no customer has a purchase to test on: the warm figures are missing." in text
    assert "no training saw was not measured: nobody bought a held-out item: the cold." in text
    assert "How new customers are served was not measured" in text
    assert "97.0% agree; the GAN draws 16 x 16 pictures." in text
    assert "found for 1 of 40 customers: too few to judge" in text
    assert "none was restyled" in text


def test_an_interval_without_ends_is_no_number() -> None:
    ratio = {"estimate": 0.8, "low": None, "high": None}
    assert "an amount that so few customers cannot tell" in said(
        new_customers=SUMMARY["new_customers"] | {"ratio": ratio}
    )
