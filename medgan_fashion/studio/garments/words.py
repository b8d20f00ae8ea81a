"""Numbers in a shopper's words; what they stand for is in the project's documentation."""

import re

from medgan_fashion.fashion.restyle.invert import CANNOT, FAITHFUL

POPULAR = "Likely to please many"  # said of a design for somebody of whom nothing is known


def fits(liked_less: float) -> str:
    """Of the share of real items on offer that the person would like less.

    Never "better than all": where tastes were known, designs were as good as the best real item found, and not
    better (docs/results.md).
    """
    if liked_less >= 0.97:
        return "We think it fits you as well as the best in the shop"
    if liked_less >= 0.5:
        return f"We think it fits you better than {100 * liked_less:.0f} % of the shop"
    return "Not quite you, we think"


def second_opinion(liked_less: float, held_out: float) -> str:
    """Of a drawing that is said to please, and what recommenders that no search has climbed say (in sd)."""
    if liked_less < 0.5:
        return ""
    if held_out < 0:
        return "Our second opinion doubts it"
    return "Our second opinion agrees" if held_out > 1 else "Our second opinion is not so sure"


def looks(quantile: float) -> str:
    """Of the share of photos of real garments, unknown to the drawing machine, that are nearer to what it knows."""
    if quantile < 0.5:
        return "looks like a real garment"
    if quantile < 0.8:
        return "looks fairly real"
    return "unusual, but plausible" if quantile <= 0.95 else "looks made up"


def restyled(answer: str, item: str) -> str:
    """How near a garment's drawing is, honestly."""
    yours = "this garment" if item else "your garment"
    if answer == FAITHFUL:
        return f"This is near {yours}: kind, outline and main colours match. Fine details get lost."
    if answer == CANNOT:
        return (
            f"Sorry, we cannot draw {yours}: what comes out is too far from it, so there is nothing honest to move "
            "towards your taste. A garment alone, laid flat on a plain light ground, works best."
        )
    return f"This is the closest we can draw. It is not {yours}: prints, texture and details get lost."


def nearness(quality: dict[str, float]) -> str:
    """Of how a garment's drawing compares with it: share of the silhouette, structural similarity inside it."""
    outline, inside = (max(0.0, 100 * quality[name]) for name in ("silhouette", "ssim"))
    return (
        f"The drawing covers {outline:.0f} % of the garment's outline, and what lies inside is alike by {inside:.0f} "
        "of 100 points; 100 would be the same picture. The whole measurement is in the recipe that you can download."
    )


def uncertainty(opinions: int) -> str:
    """Of the number of things that a person said."""
    if opinions == 0:
        return "You have not told us anything yet: below is what is liked most in this shop."
    if opinions < 5:
        return f"{opinions} {'answer' if opinions == 1 else 'answers'} so far: a first guess. A few more make it yours."
    return f"{opinions} answers so far: we are beginning to know what you like."


def spoken(name: str) -> str:
    """A column's name as people say it: "baseColour" -> "base colour"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
