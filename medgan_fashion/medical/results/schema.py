"""Written-down schema of `results/summary.json`, which the ablation writes and the report reads."""
# ruff: noqa: UP013  (one line per small type). No future annotations: `__required_keys__` would miss NotRequired.

from types import UnionType
from typing import Any, NotRequired, TypedDict, cast, get_args, get_origin, get_type_hints, is_typeddict

from medgan_fashion.medical.results.summary_checklist import ChecklistItem
from medgan_fashion.medical.results.summary_gate import Gate
from medgan_fashion.medical.results.summary_images import Judge, Number, SyntheticSet
from medgan_fashion.medical.results.summary_privacy import Privacy

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
