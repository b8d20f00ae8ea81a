"""Reporting checklists, filled in where the run knows the answer and left open where only the authors do."""

from typing import Any

from medgan_fashion.medical.summary import ChecklistItem


def checklist(summary: dict[str, Any]) -> list[ChecklistItem]:
    """Items of TRIPOD+AI (Collins et al. 2024) and CLAIM (Mongan et al. 2020) by topic; an empty answer is the authors'."""
    data, verdict, config = summary["data"], summary["verdict"], summary["config"]
    counted = f"{data['patients']} patients, {data['lesions']} lesions, {data['images']} images"
    passed = sum(item["passed"] for item in summary["audit"])
    answers = {
        ("TRIPOD+AI", "Source of data, dates, setting"): "",
        ("TRIPOD+AI", "Participants and eligibility"): "",
        ("TRIPOD+AI", "Sample size"): f"{counted}; smallest difference the study could show: "
        f"{100 * verdict['smallest_detectable']:.1f} points at 80 % power",
        ("TRIPOD+AI", "Missing or excluded data"): f"{len(data['skipped'])} rows of the case table were not used",
        ("TRIPOD+AI", "Outcome and how it was assessed"): f"classes {', '.join(data['classes'])}; who labelled them: ",
        ("TRIPOD+AI", "Model building and internal validation"): f"{config['folds']}-fold cross-validation, stratified, "
        f"grouped by {data['grouping']}, {config['repeats']} partitions, everything fitted inside training folds",
        ("TRIPOD+AI", "Performance measures and intervals"): f"{verdict['metric']}; intervals cover {', '.join(verdict['covers'])}",
        ("TRIPOD+AI", "External validation"): "none" if not data["external"] else "the cohort marked external",
        ("TRIPOD+AI", "Fairness across groups of patients"): "",
        ("CLAIM", "Image acquisition protocol"): "",
        ("CLAIM", "Pre-processing"): f"region of interest with margin {config['image']['margin']}, "
        f"{config['image']['size'][0]}x{config['image']['size'][1]} pixels, intensity by {config['image']['intensity']['kind']}",
        ("CLAIM", "Partition of data and its level"): f"by {data['grouping']}; {passed} of {len(summary['audit'])} leakage checks passed",
        ("CLAIM", "Training, hyperparameters, number of models"): f"{sum(arm['runs'] for arm in summary['arms'])} classifiers of "
        f"{config['classifier']['updates']} updates, {len(summary['gans'])} GANs; the resolved configuration stands below",
        ("CLAIM", "Software and versions"): ", ".join(f"{k} {v}" for k, v in summary["versions"].items()),
        ("CLAIM", "Availability of code, model and data"): "",
    }  # fmt: skip
    return [
        {"standard": standard, "item": item, "answer": answer} for (standard, item), answer in answers.items()
    ]
