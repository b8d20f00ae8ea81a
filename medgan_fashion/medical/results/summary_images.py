"""The part of `results/summary.json` that is about images: figures of a fold, all together and view by view."""
# ruff: noqa: UP013  (one line per small type). No future annotations: `__required_keys__` would miss NotRequired.

from typing import NotRequired, TypedDict

Number = float | None  # None: could not be estimated
Spread = TypedDict("Spread", {"mean": Number, "sd": Number})  # over subsets
Floor = Spread | None
Kid = TypedDict("Kid", {"synthetic": Spread, "train": Spread, "blurred": Floor, "noisy": Floor})
Diversity = TypedDict("Diversity", {"synthetic": Number, "real": Number})  # mean distance within a set
Agreement = TypedDict("Agreement", {"synthetic": Number, "test": Number, "chance": Number})


class ViewFigures(TypedDict):
    view: str  # View Position
    n: int  # images of the smallest set
    note: str | None  # why there are no figures
    kid: Kid | None
    class_agreement: Agreement | None
    diversity: Diversity | None


Drawn = TypedDict("Drawn", {"class": str, "images": int})
ModelFile = TypedDict("ModelFile", {"name": str, "sha256": str})  # its stage's key; hash of model.safetensors


class SyntheticSet(TypedDict):  # a fold's own synthetic images
    repeat: int
    fold: int
    images: int
    shape: list[int]  # channels, height, width
    per_class: list[Drawn]
    models: list[ModelFile]
    made_by: list[str]  # where something else stood in the GAN's place: its name
    training_rows: str  # hash of the rows behind the models


class Judge(TypedDict):
    repeat: int
    fold: int
    extractor: str
    n: int
    d: int
    kid: Kid
    fid: Number
    fid_note: NotRequired[str | None]
    precision: Number
    recall: Number
    density: Number
    coverage: Number
    diversity: Diversity
    class_agreement: Agreement | None
    near_copies: int
    neighbour_ratio: Number
    swd: NotRequired[dict[str, dict[str, Number]]]  # x 1000, of each kind of image by level (shorter side in pixels)
    views: NotRequired[list[ViewFigures]]  # empty where there is but one View Position
