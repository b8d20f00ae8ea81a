"""A data card in Markdown for a set of synthetic images: what it is, where it came from, what it may be used for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medgan_fashion.report.cards import judged_lines, plain

CARD = "DATA_CARD.md"
MEDICAL_USE = (
    "Research and teaching on generated images, such as augmenting the training set of the same fold.",
    "**Not for diagnosis**: the images show no patient, and findings in them mean nothing.",
)
MEDICAL_ABUSE = (
    "Testing or validating anything that is to work on patients: a score on made images is no score on people.",
    "Estimating how frequent, large or severe findings are.",
    "Training without the labels and marks that say synthetic, or mixing into real data without them.",
    "Joining to rows that the model did not see in training and then testing on those: that leaks.",
    "Passing on as anonymous: a screening for copies is no proof of anonymity.",
)
GARMENT_USE = ("Looking at what the model draws. The garments do not exist and cannot be bought.",)
GARMENT_ABUSE = ("Diagnosis of any kind, or offering for sale.",)


@dataclass(frozen=True)
class SetFacts:
    """What a data card says of one set; every line is Markdown with user's text already made `plain`.

    Args:
        what: "medical images" or "pictures of garments".
        counts: images of each class as asked for; {"": n} where classes are not named.
        origin: models with their hashes, seed, training rows.
        marks: how the files say that they are synthetic.
        warnings: what a reader must mind first.
        figures, gate, privacy: lines of those sections; empty ones say that nothing was measured.
        files: what lies beside the card.
        use, abuse: intended use, and what the set must not be used for.
    """

    what: str
    counts: Mapping[str, int]
    origin: Sequence[str]
    marks: Sequence[str]
    warnings: Sequence[str] = ()
    figures: Sequence[str] = ()
    gate: Sequence[str] = ()
    privacy: Sequence[str] = ()
    files: Sequence[str] = ()
    use: Sequence[str] = field(default=MEDICAL_USE)
    abuse: Sequence[str] = field(default=MEDICAL_ABUSE)


def _section(title: str, lines: Sequence[str], absent: str = "") -> list[str]:
    body = list(lines) or ([absent] if absent else [])
    return [f"## {title}", "", *body, ""] if body else []


def data_card(facts: SetFacts) -> str:
    """The card as Markdown."""
    n = sum(facts.counts.values())
    classes = [f"- {plain(name) or 'not named'}: {count}" for name, count in facts.counts.items()]
    lines = ["# Synthetic images", "", f"{n} synthetic {facts.what}, drawn by a computer (a GAN).", ""]
    lines += [f"**Mind:** {warning}\n" for warning in facts.warnings]
    lines += _section("Where they come from", facts.origin)
    lines += _section("Classes", ["Asked of the model, not found by a reader.", "", *classes])
    lines += _section("Intended use", [f"- {line}" for line in facts.use])
    lines += _section("Not to be used for", [f"- {line}" for line in facts.abuse])
    lines += _section("Figures", facts.figures, "Not judged against real images.")
    lines += _section("Quality gate", facts.gate, "No gate looked at these images: none was rejected.")
    lines += _section("Privacy", facts.privacy, "Not screened for privacy.")
    lines += _section("How they are marked", [*facts.marks, "Keep the marks, and this card, with the images."])
    lines += _section("Files", facts.files)
    return "\n".join(lines)


def _format(files: Sequence[str]) -> list[str]:
    ends = {file.rpartition(".")[2] for file in files}
    marks = {
        "png": "Every PNG carries the text `SyntheticData` = `YES`.",
        "dcm": "Every DICOM object says Synthetic Data YES and names a patient SYNTHETIC^NOT A PATIENT.",
        "npz": "The archive holds an entry `SyntheticData` = `YES`.",
    }
    return [marks[end] for end in sorted(ends & set(marks))] + ["`synthetic.json` says the same of all files."]


def _privacy_note(note: Mapping[str, Any] | None) -> list[str]:
    """From `privacy` of synthetic.json, or a row of the summary's: outcome, reasons, what the screening is."""
    if not note:
        return []
    after = ", given out despite it" if note.get("overridden") else ""
    lines = [f"Screening: **{plain(note['outcome'])}**{after}.", ""]
    lines += [f"- {plain(reason)}" for reason in note.get("reasons", [])]
    about = note.get("about") or note.get("screening")
    return lines + ([plain(about)] if about else [])


def card_of_files(about: Mapping[str, Any], n: int, *, medical: bool = True) -> str:
    """The card of what `generate` wrote, from its synthetic.json and the number of images."""
    labels, low, high = about.get("labels"), *about["value_range"]
    narrowed = about.get("truncation")
    origin = [
        f"- Model: {plain(about['model'])}, sha256 `{about['model_sha256']}`.",
        f"- Trained on rows with hash `{plain(about.get('training_rows') or 'not recorded')}`.",
        f"- Seed {about['seed']}; truncation {'none' if narrowed is None else f'{narrowed:.4g}'}.",
        f"- Values of the model: {low:g} to {high:g}.",
    ]
    masks = ["- `*_mask.png`: the mask that the model drew beside each image."] if about.get("masks") else []
    made = SetFacts(
        what="medical images" if medical else "pictures of garments",
        counts=Counter(labels) if labels else {"": n},
        origin=origin,
        marks=_format(about.get("files", [])),
        privacy=_privacy_note(about.get("privacy")),
        files=[*masks, "- `synthetic.json`: seed, model and class of every file, for programs."],
        use=MEDICAL_USE if medical else GARMENT_USE,
        abuse=MEDICAL_ABUSE if medical else GARMENT_ABUSE,
    )
    return data_card(made)


def _of_fold(rows: Sequence[Mapping[str, Any]] | None, made: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in rows or [] if (row["repeat"], row["fold"]) == (made["repeat"], made["fold"])]


def _gate_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The gate's own words about this fold; the set of this card holds all images, gated or not."""
    lines = ["This set was drawn without the gate. The arm of gated images used another draw of the same models:", ""]
    for row in rows:
        plain_values = {
            k: v for k, v in row.items() if isinstance(v, (int, float, str)) and k not in ("repeat", "fold")
        }
        lines += [
            f"- {plain(k.replace('_', ' '))}: {plain(f'{v:.4g}' if isinstance(v, float) else v)}"
            for k, v in plain_values.items()
        ]
    return lines if rows else []


def fold_card_name(made: Mapping[str, Any]) -> str:
    """File name of the card of one fold's set."""
    return f"data_card_fold{made['fold'] + 1}_repeat{made['repeat'] + 1}.md"


def card_of_fold(made: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """The card of one of the summary's `synthetic_sets`, with the figures, gate and screening of its fold."""
    shape = " x ".join(str(n) for n in made["shape"])
    models = [f"- Model {plain(m['name'])}: model.safetensors, sha256 `{m['sha256']}`." for m in made["models"]]
    models += [f"- Made by: {plain(', '.join(made['made_by']))}." for _ in made["made_by"][:1]]
    judged = [line for row in _of_fold(summary.get("judge"), made) for line in judged_lines(row)]
    screened = [line for row in _of_fold(summary.get("privacy"), made) for line in _privacy_note(row)]
    copies = sum(row["near_copies"] for row in _of_fold(summary.get("judge"), made))
    facts = SetFacts(
        what="medical images",
        counts={row["class"]: row["images"] for row in made["per_class"]},
        origin=[
            f"- Study: {plain(summary['title'])}; data {plain(summary['data']['name'])}.",
            f"- Fold {made['fold'] + 1}, repeat {made['repeat'] + 1}: bound to the rows with hash "
            f"`{made['training_rows']}`, which trained the models; another fold refuses it.",
            *models,
            f"- Each {shape} (channels, height, width), float32 in [0, 1] after the fold's own intensity fit.",
        ],
        marks=["The arrays lie in the run folder beside a provenance.json that says synthetic: true."],
        warnings=[f"{copies} near copies of training images were found; do not pass them on."] if copies else [],
        figures=judged,
        gate=_gate_lines(_of_fold(summary.get("gate"), made)),
        privacy=screened,
    )
    return data_card(facts)
