"""Reporting checklists, filled in where the run knows the answer and left open where only the authors do."""

from typing import Any

from medgan_fashion.medical.summary import ChecklistItem


def _tripod(summary: dict[str, Any]) -> dict[str, str]:
    data, verdict, config = summary["data"], summary["verdict"], summary["config"]
    shown = 100 * verdict["smallest_detectable"]
    return {
        "Source of data, dates, setting": "",
        "Participants and eligibility": "",
        "Sample size": f"{data['patients']} patients, {data['lesions']} {data['case_word']}, {data['images']} images; "
        f"smallest difference the study could show: {shown:.1f} points at 80 % power",
        "Missing or excluded data": f"{len(data['skipped'])} rows of the case table were not used",
        "Outcome and how it was assessed": f"classes {', '.join(data['classes'])}; who labelled them: ",
        "Model building and internal validation": f"{config['folds']}-fold cross-validation, stratified, grouped by "
        f"{data['grouping']}, {config['repeats']} partitions, everything fitted inside training folds",
        "Performance measures and intervals": f"{verdict['metric']}; covers {', '.join(verdict['covers'])}",
        "External validation": "the cohort marked external" if data["external"] else "none",
        "Fairness across groups of patients": "",
    }


def _region(image: dict[str, Any]) -> str:
    mammogram = "read as mammograms with the chest wall on the left, " if image.get("mammogram") is not None else ""
    return mammogram + (
        "whole pictures" if image["roi"] == "whole" else f"region of interest, margin {image['margin']}"
    )


def _claim(summary: dict[str, Any]) -> dict[str, str]:
    config, audit = summary["config"], summary["audit"]
    image, runs = config["image"], sum(arm["runs"] for arm in summary["arms"])
    return {
        "Image acquisition protocol": "",
        "Pre-processing": f"{_region(image)}, {image['size'][0]}x{image['size'][1]} "
        f"pixels, intensity by {image['intensity']['kind']}",
        "Partition of data and its level": f"by {summary['data']['grouping']}; "
        f"{sum(item['passed'] for item in audit)} of {len(audit)} leakage checks passed",
        "Training, hyperparameters, number of models": f"{runs} classifiers of {config['classifier']['updates']} "
        f"updates, {len(summary['gans'])} GANs; the resolved configuration stands below",
        "Software and versions": ", ".join(f"{name} {number}" for name, number in summary["versions"].items()),
        "Availability of code, model and data": "",
    }


def checklist(summary: dict[str, Any]) -> list[ChecklistItem]:
    """Topics of TRIPOD+AI (Collins et al. 2024) and CLAIM (Mongan et al. 2020); an empty answer is the authors'."""
    answers = {"TRIPOD+AI": _tripod(summary), "CLAIM": _claim(summary)}
    return [
        {"standard": standard, "item": item, "answer": answer}
        for standard, items in answers.items()
        for item, answer in items.items()
    ]
