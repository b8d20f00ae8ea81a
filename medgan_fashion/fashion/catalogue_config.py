"""How a shop's tables are read: plain frozen dataclasses, nothing heavy imported."""

from dataclasses import dataclass, field

CATALOGUE_COLUMNS = ("item", "image", "category", "style", "main", "price", "stock")
PURCHASE_COLUMNS = ("customer", "item", "time", "event")
# A return says "did not want to keep it": not a like, but weaker than a dislike (it may have been the size).
WEIGHTS = {"purchase": 1.0, "like": 1.0, "view": 0.2, "return": -0.5, "dislike": -1.0}


def _check_columns(columns: dict[str, str], known: tuple[str, ...], where: str) -> None:
    if unknown := [name for name in columns if name not in known]:
        raise ValueError(f"{where}.columns has '{unknown[0]}': it maps {', '.join(known)}")


@dataclass(frozen=True)
class CatalogueConfig:
    """How a catalogue table becomes pictures and categories.

    Args:
        size: side S of the square pictures in pixels.
        columns: which column of the table holds item, image, category, style, main, price or stock, where its name
            is another; two may be the same one.
        attributes: columns kept as attributes; nothing for every other column that is not all numbers.
        images: folder that image paths are relative to (itself relative to the table); nothing for the table's.
        suffix: put behind an image name that lacks it, such as .jpg.
        hold_out: share of styles that no training sees.
        hold_out_seed: which styles these are.
        min_category: categories with fewer items than this are left out.
        skip_unreadable: leave out and list items that cannot be used, instead of stopping.
    """

    size: int = 64
    columns: dict[str, str] = field(default_factory=dict)
    attributes: tuple[str, ...] | None = None
    images: str | None = None
    suffix: str = ""
    hold_out: float = 0.1
    hold_out_seed: int = 0
    min_category: int = 1
    skip_unreadable: bool = False

    def __post_init__(self) -> None:
        _check_columns(self.columns, CATALOGUE_COLUMNS, "catalogue")
        if not 8 <= self.size <= 1024:
            raise ValueError(f"catalogue.size {self.size} must be 8 to 1024 pixels")
        if not 0 <= self.hold_out < 1:
            raise ValueError(f"catalogue.hold_out {self.hold_out} must be 0 or more and below 1")
        if self.min_category < 1:
            raise ValueError(f"catalogue.min_category {self.min_category} must be 1 or more")


@dataclass(frozen=True)
class PurchaseConfig:
    """How a table of purchases becomes likes and dislikes.

    Args:
        columns: which column of the table holds customer, item, time or event, where its name is another.
        weights: weight of each event, laid over purchase 1, like 1, view 0.2, return -0.5, dislike -1; above 0 is
            a like, below 0 a dislike, 0 neither.
    """

    columns: dict[str, str] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))

    def __post_init__(self) -> None:
        _check_columns(self.columns, PURCHASE_COLUMNS, "purchases")
        if wrong := [event for event, weight in self.weights.items() if not -1 <= weight <= 1]:
            raise ValueError(f"purchases.weights.{wrong[0]} {self.weights[wrong[0]]} must be -1 to 1")
