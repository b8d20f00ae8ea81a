"""What a run itself can answer of a reporting checklist about its cases and design: summary -> a plain sentence or so.

`checklist_model_answers` holds those about models and results."""

from collections.abc import Mapping
from typing import Any

Summary = Mapping[str, Any]


def points(value: float | None) -> str:
    return "not known" if value is None else f"{100 * value:.1f}"


def unit(s: Summary) -> str:
    """Patients, or what stood in for them."""
    return "patients" if s["data"]["grouping"] == "patient" else "groups"


def case_word(s: Summary) -> str:
    """What scores are averaged over, in the plural."""
    return s["data"].get("case_word", "lesions")


def objective(s: Summary) -> str:
    """The question, as it was declared."""
    v = s["verdict"]
    return (
        f"development and internal testing; declared before the first score: does {v['arm']} beat {v['against']} in "
        f"{v['metric']}, where {points(v['margin'])} points would matter?"
    )


def abstract(s: Summary) -> str:
    """The result in one sentence."""
    return s["verdict"]["sentence"]


def study_goal(s: Summary) -> str:
    """What was compared."""
    return f"comparison of {len(s['arms'])} ways of training one classifier; no model for clinical use came of it"


def counted(s: Summary) -> str:
    """Who was in it."""
    d = s["data"]
    per_class = "; ".join(f"{c['class']}: {c['patients']} {unit(s)}, {c['lesions']}" for c in d["per_class"])
    return f"{d['patients']} {unit(s)}, {d['lesions']} {case_word(s)}, {d['images']} images; {per_class} {case_word(s)}"


def external_cohort(s: Summary) -> str:
    """The cohort that was only tested on; empty where there was none."""
    e = s["data"]["external"]
    if not e:
        return ""
    sites = f" of {', '.join(e['sites'])}" if e.get("sites") else ""
    return f"external cohort{sites}: {e.get('patients')} {unit(s)}, {e.get('lesions')} {case_word(s)}, only tested on"


def external_or_none(s: Summary) -> str:
    """As `external_cohort`, or that there was none."""
    return external_cohort(s) or "there was no external cohort"


def excluded(s: Summary) -> str:
    """Rows of the case table that were left out."""
    n = len(s["data"]["skipped"])
    return f"{n} {'row' if n == 1 else 'rows'} of the case table could not be used; nothing was imputed"


def sample_size(s: Summary) -> str:
    """How much the study could show."""
    v = s["verdict"]
    size = f"{s['data']['patients']} {unit(s)}, {s['data']['lesions']} {case_word(s)}, {s['data']['images']} images"
    return f"{size}; smallest difference it could show: {points(v['smallest_detectable'])} points at 80 % power"


def preprocessing(s: Summary) -> str:
    """From the file to the network."""
    image = s["config"].get("image", {})
    whole = image.get("roi") == "whole"
    region = "whole pictures" if whole else f"region of interest, margin {image.get('margin')}"
    film = "read as mammograms with the chest wall on the left, " if image.get("mammogram") is not None else ""
    size, kind = image.get("size", ["?", "?"]), image.get("intensity", {}).get("kind", "not named")
    return f"{film}{region}, {size[0]}x{size[1]} pixels, intensity by {kind}, fitted on training rows alone"


def outcome(s: Summary) -> str:
    """The classes."""
    return f"one of {len(s['data']['classes'])} classes: {', '.join(s['data']['classes'])}"


def partition(s: Summary) -> str:
    """How rows were assigned."""
    c = s["config"]
    return (
        f"{c.get('folds')}-fold cross-validation, stratified by class, in {c.get('repeats')} independent "
        "partitions; in every fold all that is fitted sees the training rows only"
    )


def disjoint(s: Summary) -> str:
    """What never stood on both sides, and whether it was checked."""
    audit = s["audit"]
    what = "patient" if s["data"]["grouping"] == "patient" else f"group ({s['data']['grouping']})"
    passed = sum(item["passed"] for item in audit)
    return f"by {what}; {passed} of {len(audit)} leakage checks passed"


def inputs(s: Summary) -> str:
    """What the classifiers were given."""
    return "pixels alone; no clinical variable was used or chosen from"


def heterogeneity(s: Summary) -> str:
    """Between hospitals: only where a site was held out."""
    return external_cohort(s) or "not examined: no site was held out"


def imbalance(s: Summary) -> str:
    """What was done about classes of unequal size."""
    arms = ", ".join(arm["arm"] for arm in s["arms"] if "balanced" in arm["arm"] or "oversampled" in arm["arm"])
    return f"metric {s['verdict']['metric']}; folds stratified by class; arms: {arms or 'none for this'}"


def internal_testing(s: Summary) -> str:
    """Out-of-fold testing."""
    return f"every one of the {case_word(s)} was tested by classifiers trained without it; {disjoint(s)}"


def limitations(s: Summary) -> str:
    """Those that the run can see itself."""
    missing = []
    if s["data"]["grouping"] != "patient":
        missing.append("rows were not grouped by patient")
    if not s["data"]["external"]:
        missing.append("no external cohort")
    if len(s["verdict"]["covers"]) < 4:
        missing.append(f"the interval covers {', '.join(s['verdict']['covers'])} only")
    missing.append("another draw of the training patients is covered by no interval")
    return "; ".join(missing)


def pseudonyms(s: Summary) -> str:
    """What the run keeps of a patient."""
    return "patients became keyed hashes when the cases were read; no name, ID or path is in the results"
