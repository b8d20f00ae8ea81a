"""Written-down schema of `results/summary.json`, which the ablation writes and the report reads."""

# ruff: noqa: UP013  (one line per small type). No future annotations: `__required_keys__` would miss NotRequired.

from types import UnionType
from typing import Any, NotRequired, TypedDict, cast, get_args, get_origin, get_type_hints, is_typeddict

# ---------------------------------------------------------------------------------------------------------------------
# The part of `results/summary.json` that is about reporting standards: one row per item.


class ChecklistItem(TypedDict):
    standard: str  # "TRIPOD+AI" or "CLAIM"
    section: NotRequired[str]
    number: NotRequired[str]  # of the item, as "12a"
    item: str  # its topic, in our own words
    answer: str  # what the run knows; "" is for the authors to fill
    authors: NotRequired[str]  # what only the authors can add; "" where the answer is the whole of it


# ---------------------------------------------------------------------------------------------------------------------
# The part of `results/summary.json` that is about the quality gate: one row per fold.


class GateRate(TypedDict):
    name: str  # a class, or a View Position ("unknown" where the GAN was told none)
    candidates: int
    passed: int  # nothing speaks against them, needed or not


class Gate(TypedDict):
    repeat: int
    fold: int
    candidates: int
    wanted: int  # places for synthetic images at the largest ratio
    accepted: int  # places that were filled; classic images fill the others
    passed: int
    copy_threshold: float  # similarity above which an image is a near copy
    reasons: dict[str, int]  # first reason -> candidates rejected for it
    classes: list[GateRate]
    views: list[GateRate]


# ---------------------------------------------------------------------------------------------------------------------
# The part of `results/summary.json` that is about images: figures of a fold, all together and view by view.


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
    generator: NotRequired[str]
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


# ---------------------------------------------------------------------------------------------------------------------
# The part of `results/summary.json` that is about privacy: one screening per GAN (docs/privacy.md).


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
    generator: NotRequired[str]  # which of several draws the images; "" where there is one
    real_fraction: NotRequired[float]  # share of the patients that it was trained on
    outcome: str  # evaluation.screening.thresholds.OUTCOMES
    reasons: list[str]
    screening: str  # what it is and is not
    by: str  # what was counted: "patient", or something else, in words
    space: str
    counts: Counts | None  # None, with all figures: too little to screen with
    near_copies: int | None
    copy_threshold: NotRequired[Number]  # similarity above which an image is a near copy
    neighbour_ratio: Number
    authenticity: Authenticity | None
    membership: Attack | None
    membership_note: str


VERDICTS = ("helps", "hurts", "no evidence of help", "too few cases to tell")
GROUPINGS = ("patient", "near-duplicate pictures", "none")
SHARES = ("sensitivity_weighted", "specificity_weighted", "sensitivity_macro", "specificity_macro")
METRICS = ("balanced_accuracy", "auroc", "brier", *SHARES)

# Shares and differences are fractions (0.02 = 2 points); None: could not be estimated.
Estimate = TypedDict("Estimate", {"value": Number, "low": Number, "high": Number})  # with 95 % bounds
Gap = TypedDict("Gap", {"estimate": Number, "low": Number, "high": Number, "p": Number, "p_holm": Number})
# a classifier trained elsewhere: whose it is, the file of its predictions, trainings of each arm and fold
Outside = TypedDict("Outside", {"name": str, "file": str, "sha256": str, "seeds": int})
ClassCount = TypedDict("ClassCount", {"class": str, "patients": int, "lesions": int, "images": int})
ClassScore = TypedDict("ClassScore", {"class": str, "sensitivity": Number, "specificity": Number})
Skipped = TypedDict("Skipped", {"row": int, "reason": str})  # a row of the case table that was not used
Note = TypedDict("Note", {"row": int, "note": str})  # a remark of the reader on a row that was used
ViewCount = TypedDict("ViewCount", {"view": str, "images": int})  # View Position
# variances of the difference; noise: the part of `repeats` that single test patients explain
Components = TypedDict("Components", {"patients": Number, "repeats": Number, "noise": NotRequired[Number]})
SecondaryTest = TypedDict(
    "SecondaryTest", {"name": str, "statistic": Number, "p": Number, "note": NotRequired[str | None]}
)
AuditItem = TypedDict("AuditItem", {"check": str, "passed": bool, "detail": str})
Selected = TypedDict("Selected", {"by": str, "score": Number, "images_seen": float})  # the weights taken
Bins = list[Number]  # one entry per bin of confidence; n = predictions in the bin
Calibration = TypedDict("Calibration", {"arm": str, "confidence": Bins, "accuracy": Bins, "n": list[int]})


class Data(TypedDict):
    name: str
    classes: list[str]
    patients: int
    lesions: int
    images: int
    per_class: list[ClassCount]
    grouping: str  # one of GROUPINGS
    case_word: NotRequired[str]  # what scores are averaged over: "lesions" (default) or "breasts"
    views: NotRequired[list[ViewCount]]
    skipped: list[Skipped]
    notes: NotRequired[list[Note]]
    external: dict[str, Any] | None  # plain data on a cohort that was only ever tested on


class Verdict(TypedDict):
    verdict: str  # one of VERDICTS
    sentence: str
    metric: str  # one of METRICS
    arm: str
    against: str
    estimate: Number
    low: Number
    high: Number
    margin: float
    smallest_detectable: Number  # at 80 % power
    covers: list[str]  # sources of variation that the interval covers
    components: Components
    df: Number


class Arm(TypedDict):
    arm: str
    n_real: float  # images in the pool by source, mean over folds
    n_classic: float
    n_gan: float
    pool: float
    updates: Number  # optimizer updates of one classifier; None: trained elsewhere
    runs: int
    metrics: dict[str, Estimate]  # holds all METRICS
    per_class: list[ClassScore]
    confusion: list[list[float]]  # (K, K) counts of lesions; rows true, columns predicted
    difference: Gap | None  # to the comparator, in the primary metric


class Dose(Estimate):  # value, low, high are of the primary metric
    real_fraction: float
    ratio: float  # synthetic images per real image
    estimate: Number  # of the difference to ratio 0
    difference_low: Number
    difference_high: Number


class Gan(TypedDict):
    name: str
    generator: NotRequired[str]
    real_fraction: NotRequired[float]
    recipe: str
    fold: int
    repeat: int
    images_seen: float
    alarm: str | None
    selected: Selected | None
    training_rows: str  # sha256 over the rows it saw
    training_images: NotRequired[int]  # how many those were
    classes: list[str]
    seconds: Number


class Summary(TypedDict):
    title: str
    created: str  # ISO 8601
    classifier: NotRequired[Outside]  # absent: the run's own
    data: Data
    verdict: Verdict
    arms: list[Arm]
    dose: NotRequired[list[Dose]]
    judge: NotRequired[list[Judge]]
    tests: NotRequired[list[SecondaryTest]]
    audit: list[AuditItem]
    gans: NotRequired[list[Gan]]
    synthetic_sets: NotRequired[list[SyntheticSet]]
    privacy: NotRequired[list[Privacy]]
    gate: NotRequired[list[Gate]]
    calibration: NotRequired[list[Calibration]]
    config: dict[str, Any]
    versions: dict[str, str]
    checklist: NotRequired[list[ChecklistItem]]


def _wrong(path: str, what: str) -> ValueError:
    return ValueError(f"summary.json: {path} {what}; write the file again with `medical` of this version.")


def _check_dict(value: Any, hint: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise _wrong(path, f"must be a mapping, not {type(value).__name__}")
    if not is_typeddict(hint):
        _, item = get_args(hint)
        for key in value:
            _check(value[key], item, f"{path}.{key}")
        return
    for key, item in get_type_hints(hint).items():
        where = f"{path}.{key}".lstrip(".")
        if key in value:
            _check(value[key], item, where)
        elif key in hint.__required_keys__:
            raise _wrong(f"key {where!r}", "is missing")


def _check(value: Any, hint: Any, path: str) -> None:
    if hint is Any:
        return
    if isinstance(hint, UnionType):  # here always `X | None`
        if value is not None:
            _check(value, get_args(hint)[0], path)
    elif is_typeddict(hint) or get_origin(hint) is dict:
        _check_dict(value, hint, path)
    elif get_origin(hint) is list:
        if not isinstance(value, list):
            raise _wrong(path, f"must be a list, not {type(value).__name__}")
        for i, item in enumerate(value):
            _check(item, get_args(hint)[0], f"{path}[{i}]")
    elif isinstance(value, bool) != (hint is bool) or not isinstance(value, (int, float) if hint is float else hint):
        raise _wrong(path, f"must be {hint.__name__}, not {type(value).__name__}")
    elif value != value:
        raise _wrong(path, "is NaN where null is meant")


def _check_meaning(summary: Summary) -> None:
    verdict, data, arms = summary["verdict"], summary["data"], summary["arms"]
    for path, value, allowed in (
        ("verdict.verdict", verdict["verdict"], VERDICTS),
        ("verdict.metric", verdict["metric"], METRICS),
        ("data.grouping", data["grouping"], GROUPINGS),
        ("verdict.arm", verdict["arm"], [a["arm"] for a in arms]),
        ("verdict.against", verdict["against"], [a["arm"] for a in arms]),
    ):
        if value not in allowed:
            raise _wrong(path, f"is {value!r}, which is not one of {', '.join(allowed)}")
    k = len(data["classes"])
    for i, arm in enumerate(arms):
        if [len(row) for row in arm["confusion"]] != [k] * k:
            raise _wrong(f"arms[{i}].confusion", f"must be {k} rows of {k} numbers, one per class")
        if missing := [m for m in METRICS if m not in arm["metrics"]]:
            raise _wrong(f"key 'arms[{i}].metrics.{missing[0]}'", "is missing")


def check_summary(summary: dict[str, Any]) -> Summary:
    """Return `summary` typed; ValueError names the first key that is missing or wrong."""
    _check_dict(summary, Summary, "")
    _check_meaning(cast(Summary, summary))
    return cast(Summary, summary)
