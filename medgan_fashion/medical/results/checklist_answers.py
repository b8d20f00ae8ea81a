"""What a run itself can answer of a reporting checklist: summary -> a plain sentence, or nothing.

The items of `checklists/*.yaml` name these functions.
"""

from collections.abc import Mapping
from typing import Any

Summary = Mapping[str, Any]


def _points(value: float | None) -> str:
    return "not known" if value is None else f"{100 * value:.1f}"


def _unit(s: Summary) -> str:
    """Patients, or what stood in for them."""
    return "patients" if s["data"]["grouping"] == "patient" else "groups"


def _case_word(s: Summary) -> str:
    """What scores are averaged over, in the plural."""
    return s["data"].get("case_word", "lesions")


def objective(s: Summary) -> str:
    """The question, as it was declared."""
    v = s["verdict"]
    return (
        f"development and internal testing; declared before the first score: does {v['arm']} beat {v['against']} in "
        f"{v['metric']}, where {_points(v['margin'])} points would matter?"
    )


def abstract(s: Summary) -> str:
    """The result in one sentence."""
    return s["verdict"]["sentence"]


def study_goal(s: Summary) -> str:
    """What was compared."""
    return f"comparison of {len(s['arms'])} ways of training one classifier; no model for clinical use came of it"


def counted(s: Summary) -> str:
    """Who was in it."""
    d, cases = s["data"], _case_word(s)
    per_class = "; ".join(f"{c['class']}: {c['patients']} {_unit(s)}, {c['lesions']}" for c in d["per_class"])
    return f"{d['patients']} {_unit(s)}, {d['lesions']} {cases}, {d['images']} images; {per_class} {cases}"


def external_cohort(s: Summary) -> str:
    """The cohort that was only tested on; empty where there was none."""
    e = s["data"]["external"]
    if not e:
        return ""
    sites = f" of {', '.join(e['sites'])}" if e.get("sites") else ""
    return f"external cohort{sites}: {e.get('patients')} {_unit(s)}, {e.get('lesions')} {_case_word(s)}, only tested on"


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
    size = f"{s['data']['patients']} {_unit(s)}, {s['data']['lesions']} {_case_word(s)}, {s['data']['images']} images"
    return f"{size}; smallest difference it could show: {_points(v['smallest_detectable'])} points at 80 % power"


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
    return f"every one of the {_case_word(s)} was tested by classifiers trained without it; {disjoint(s)}"


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


# ---------------------------------------------------------------------------------------------------------------------
# About its models and results.


def technique(s: Summary) -> str:
    """What kind of learning it is."""
    network = s["config"].get("classifier", {}).get("network", "a network")
    return (
        f"deep learning: convolutional classifiers ({network}), and a generative adversarial network "
        f"({s['config'].get('gan', {}).get('recipe', 'recipe not named')}) that makes training images"
    )


def building(s: Summary) -> str:
    """Training, hyperparameters, what was tuned."""
    c, runs = s["config"].get("classifier", {}), sum(arm["runs"] for arm in s["arms"])
    return (
        f"{runs} classifiers of {c.get('updates')} updates of {c.get('batch')} images ({c.get('optimizer')}, learning "
        f"rate {c.get('learning_rate')}); {len(s.get('gans', []))} GANs; classic augmentation by policy "
        f"{s['config'].get('classic', {}).get('policy')}; ratio of synthetic images {s['config'].get('choose')}; "
        "every setting stands in the resolved configuration"
    )


def architecture(s: Summary) -> str:
    """Inputs, layers, outputs."""
    c, size = s["config"].get("classifier", {}), s["config"].get("image", {}).get("size")
    return f"{c.get('network')} of {size} pixels to {len(s['data']['classes'])} classes, dropout {c.get('dropout')}"


def initialisation(s: Summary) -> str:
    """Where weights came from."""
    return f"random weights, addressed by seed {s['config'].get('seed')}; nothing pretrained, no transfer"


def final_model(s: Summary) -> str:
    """How weights were chosen."""
    by = sorted({gan["selected"]["by"] for gan in s.get("gans", []) if gan["selected"]})
    gans = f"; weights of GANs by {', '.join(by)}" if by else ""
    return f"classifiers: the last weights, none chosen by a score{gans}; test rows choose nothing"


def ensembling(s: Summary) -> str:
    """None."""
    return "none: every classifier is scored by itself, and the scores are averaged"


def measures(s: Summary) -> str:
    """What performance was measured by."""
    shown = ", ".join(s["arms"][0]["metrics"]) if s["arms"] else ""
    return f"declared: {s['verdict']['metric']}; beside it {shown}; confusion matrices and calibration curves"


def uncertainty(s: Summary) -> str:
    """What the interval covers, and the tests beside it."""
    covers = ", ".join(s["verdict"]["covers"])
    return f"95 % intervals over {covers}; secondary contrasts adjusted by Holm and without influence on the verdict"


def robustness(s: Summary) -> str:
    """What was varied."""
    dose = " and shares of real data" if s.get("dose") else ""
    return f"{s['config'].get('repeats')} partitions, several seeds, {len(s['arms'])} arms{dose}"


def output(s: Summary) -> str:
    """What a classifier answers."""
    return "a probability for each class; the decision is the most probable class, with no threshold chosen"


def performance(s: Summary) -> str:
    """The table of arms, in one line for the two that decide."""
    v = s["verdict"]
    lines = []
    for arm in s["arms"]:
        if arm["arm"] in (v["arm"], v["against"]):
            m = arm["metrics"].get(v["metric"], {"value": None, "low": None, "high": None})
            lines.append(f"{arm['arm']} {_points(m['value'])} ({_points(m['low'])} to {_points(m['high'])})")
    return f"{v['metric']}, %, with 95 % intervals: {'; '.join(lines)}; all arms stand in the report"


def failures(s: Summary) -> str:
    """Where wrong answers are shown."""
    return "confusion matrices of every arm, sensitivity and specificity of every class stand in the report"


def versions(s: Summary) -> str:
    """Software."""
    return ", ".join(f"{name} {number}" for name, number in s["versions"].items())


def no_updating(s: Summary) -> str:
    """Nothing is recalibrated."""
    return "none: no model was recalibrated or updated after testing"


def predictions(s: Summary) -> str:
    """How a prediction is made."""
    return f"one forward pass of the trained network; scores averaged over the images of one of the {_case_word(s)}"


def explained(s: Summary) -> str:
    """No attribution method."""
    return "none was applied"
