"""What goes out in Markdown: a card for every GAN and every set of synthetic images, and the checklists for authors."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from medgan_fashion.base.files import write_whole
from medgan_fashion.medical.results.checklist import state
from medgan_fashion.report.numbers import count, decimal, duration, percent, significant

# ---------------------------------------------------------------------------------------------------------------------
# Cards in Markdown: one for every GAN of a run, one for every set of synthetic images.


# ---------------------------------------------------------------------------------------------------------------------
# A model card in Markdown for every GAN of a run.


def plain(text: object) -> str:
    """Text of a user on one line, with everything escaped that Markdown or HTML would read as markup."""
    line = " ".join(str(text).split())
    return re.sub(r"([\\`*_\[\]<>&|#~])", r"\\\1", line)


def card_name(gan: Mapping[str, Any]) -> str:
    """File name of the GAN's card, safe on every system."""
    safe = re.sub(r"[^A-Za-z0-9.-]+", "_", str(gan["name"])).strip("._") or "gan"
    return f"model_card_{safe}_fold{gan['fold'] + 1}_repeat{gan['repeat'] + 1}.md"


def judged_lines(row: Mapping[str, Any]) -> list[str]:
    """A row of `judge` as Markdown: the extractor, and a table of figures."""
    kid, agreement = row["kid"], row["class_agreement"] or {}
    lines = [f"Extractor: {plain(row['extractor'])}, {row['d']} features, n = {row['n']} of each kind.", ""]
    lines += ["| figure | synthetic | for comparison |", "|---|---|---|"]
    spread = {k: kid[k] and kid[k]["mean"] for k in ("synthetic", "train", "blurred", "noisy")}
    texts = {k: decimal(None if v is None else 1000 * v) for k, v in spread.items()}
    floors = f"training reals {texts['train']}, blurred {texts['blurred']}, noisy {texts['noisy']}"
    own, real = (significant(row["diversity"][k]) for k in ("synthetic", "real"))
    seen, chance = percent(agreement.get("test")), percent(agreement.get("chance"))
    agreed = percent(agreement.get("synthetic"))
    lines += [
        f"| KID × 1000 to unseen reals | {texts['synthetic']} | {floors} |",
        f"| FID | {significant(row['fid'])} | {plain(row.get('fid_note') or '')} |",
        f"| precision, recall | {percent(row['precision'])} %, {percent(row['recall'])} % | |",
        f"| density, coverage | {decimal(row['density'], 2)}, {percent(row['coverage'])} % | |",
        f"| diversity | {own} | reals {real} |",
        f"| class agreement, % | {agreed} | unseen reals {seen}, chance {chance} |",
        f"| neighbour ratio | {decimal(row['neighbour_ratio'], 2)} | about 1 is good |",
        f"| near copies of training images | {row['near_copies']} | 0 |",
    ]
    return lines


def _training(gan: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    rows = gan.get("training_images")
    amount = "number of rows not recorded" if rows is None else f"{count(rows)} rows"
    chosen = gan["selected"]
    grouped = "patients" if data["grouping"] == "patient" else f"groups (grouping: {data['grouping']})"
    lines = [
        f"- Data: {plain(data['name'])}, training fold only (all: {count(data['patients'])} {grouped}).",
        f"- Trained on: {amount}, hash `{gan['training_rows']}`.",
        f"- Images shown to the discriminator: {count(gan['images_seen'])}, in {duration(gan['seconds'])}.",
    ]
    if chosen is None:
        return [*lines, "- Weights: the last ones."]
    score = f"{significant(chosen['score'])} after {count(chosen['images_seen'])} images"
    return [*lines, f"- Weights: chosen by {plain(chosen['by'])} ({score})."]


def _attack(row: Mapping[str, Any]) -> str:
    """The membership test in a line."""
    test = row["membership"]
    if not test:
        return f"- Membership test: {plain(row['membership_note'])}."
    told = f"AUC {decimal(test['auc'], 2)} ({decimal(test['low'], 2)} to {decimal(test['high'], 2)}), 0.5 is a coin"
    if test["tpr"] is None:
        return f"- Membership test by {plain(row['by'])}: {told}; {plain(row['membership_note'])}."
    bounds = f"{percent(test['tpr_low'])} to {percent(test['tpr_high'])}"
    return f"- Membership test by {plain(row['by'])}: {told}; {percent(test['tpr'])} % recognised ({bounds}) at 1 %."


def _privacy(gan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The section on the GAN's screening."""
    place = ("name", "fold", "repeat")
    row = next((row for row in rows if all(row[key] == gan[key] for key in place)), None)
    if row is None:
        return ["## Privacy screening", "", "Not screened for privacy.", ""]
    lines = ["## Privacy screening", ""]
    lines += [f"- Outcome: **{plain(row['outcome'])}**: {plain('; '.join(row['reasons']))}."]
    if row["authenticity"]:
        own, real = (percent(row["authenticity"][k]) for k in ("synthetic", "held_out"))
        lines += [
            f"- Distance to training patients over distance to unseen ones: {decimal(row['neighbour_ratio'], 2)}."
        ]
        lines += [f"- Authentic images: {own} %, of held-out real images {real} %."]
        lines += [f"- Near copies among {count(row['counts']['synthetic'])} drawn images: {row['near_copies']}."]
    return [*lines, _attack(row), "", plain(row["screening"]), ""]


def model_card(
    gan: Mapping[str, Any],
    data: Mapping[str, Any],
    judge_rows: Sequence[Mapping[str, Any]],
    privacy: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Markdown card of one entry of `gans`; `judge_rows` and `privacy` may hold other GANs' rows, only this one's are
    used."""
    mine = [j for j in judge_rows if (j["fold"], j["repeat"]) == (gan["fold"], gan["repeat"])]
    lines = [f"# {plain(gan['name'])}", ""]
    lines += [f"A generative adversarial network (recipe {plain(gan.get('recipe', '?'))}) that draws medical images."]
    lines += [f"Fold {gan['fold'] + 1}, repeat {gan['repeat'] + 1}.", "", "## Training", ""]
    lines += _training(gan, data)
    lines += [f"- Alarm: {plain(gan['alarm'])}" if gan["alarm"] else "- Alarm: none.", "", "## Images", ""]
    lines += ["- Value range: float32 in [0, 1], after the fold's own intensity fit."]
    classes = ", ".join(plain(c) for c in gan.get("classes", ())) or "none"
    lines += [f"- Classes: {classes}.", "", "## Figures", ""]
    if mine:
        lines += ["Of all images that this fold's GANs made, in this repeat.", ""]
    for row in mine:
        lines += [*judged_lines(row), ""]
    lines += [] if mine else ["The images were not judged.", ""]
    lines += _privacy(gan, privacy)
    lines += [
        "## Intended use",
        "",
        "Research on augmenting training sets. **Not for diagnosis**: the images",
    ]
    lines += ["are made up, and findings in them mean nothing. Synthetic images are marked wherever they"]
    lines += [
        "are shown or written; keep the mark. Do not pass on images of a GAN that made near copies.",
        "",
    ]
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------------------------------
# A data card in Markdown for a set of synthetic images: what it is, where it came from, what it may be used for.


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
    which = made.get("generator", "")
    here = [row for row in rows or [] if (row["repeat"], row["fold"]) == (made["repeat"], made["fold"])]
    return [row for row in here if row.get("generator", which) == which]


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
    which = f"{made['generator']}_" if made.get("generator") else ""
    return f"data_card_{which}fold{made['fold'] + 1}_repeat{made['repeat'] + 1}.md"


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


def cards_of(summary: Mapping[str, Any]) -> dict[str, str]:
    """Name -> text of a model card for each GAN and a data card for each synthetic set of a study."""
    judge, screened = summary.get("judge", ()), summary.get("privacy", ())
    cards = {card_name(gan): model_card(gan, summary["data"], judge, screened) for gan in summary.get("gans", ())}
    return cards | {fold_card_name(made): card_of_fold(made, summary) for made in summary.get("synthetic_sets", ())}


# ---------------------------------------------------------------------------------------------------------------------
# The reporting checklists as a page's rows, and as a file that the authors fill in and that is never written over.


FILE, BESIDE = "checklist.md", "checklist_new.md"
WORDS = {"TRIPOD+AI": "TRIPOD+AI (Collins et al. 2024)", "CLAIM": "CLAIM, 2024 update (Tejani et al. 2024)"}
SLOT = "  - Authors: "
_SEAL = re.compile(r"\n<!-- as written by medgan-fashion: ([0-9a-f]{64}) -->\n\Z")


def checklists(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each standard its name, its rows with their state, and how many are "filled", "begun" and "open"."""
    found = []
    for standard, group in groupby(items, key=lambda item: item["standard"]):
        rows = [{"number": "", "section": "", "authors": "", **item, "state": state(item)} for item in group]
        counts = {name: sum(row["state"] == name for row in rows) for name in ("filled", "begun", "open")}
        found.append({"standard": standard, "title": WORDS.get(standard, standard), "rows": rows, **counts})
    return found


def _item(row: Mapping[str, Any]) -> list[str]:
    lines = [f"- **{row['number']} {plain(row['item'])}**".replace("** ", "**")]
    if row["answer"]:
        lines += [f"  - The run: {plain(row['answer'])}"]
    if row["state"] != "filled":
        asked = f" ({plain(row['authors'])})" if row["authors"] else ""
        lines += [f"  - For the authors{asked}:", SLOT]
    return lines


def checklist_text(items: Sequence[Mapping[str, Any]], title: str) -> str:
    """Markdown of both checklists with a slot wherever the authors must speak."""
    lines = [f"# Reporting checklists: {plain(title)}", ""]
    lines += ["What the run knows stands here already; write your part, or where it stands in your paper, behind"]
    lines += ["`Authors:`. Topics are named in our words: the standards' own texts decide. Writing the report again"]
    lines += [f"leaves this file as you left it, and puts a fresh one beside it as `{BESIDE}`.", ""]
    for found in checklists(items):
        counted = f"{found['filled']} answered by the run, {found['begun']} begun by it, {found['open']} open."
        lines += [f"## {found['title']}", "", counted, ""]
        for section, rows in groupby(found["rows"], key=lambda row: row["section"]):
            lines += [f"### {section}", ""] if section else []
            lines += [line for row in rows for line in _item(row)] + [""]
    return "\n".join(lines)


def _sealed(text: str) -> str:
    """The text with its hash in a comment at the end, by which a later writing knows whether somebody changed it."""
    return f"{text}\n<!-- as written by medgan-fashion: {hashlib.sha256(text.encode()).hexdigest()} -->\n"


def untouched(text: str) -> bool:
    """Whether a file is still as `write_checklist` wrote it."""
    seal = _SEAL.search(text)
    return seal is not None and hashlib.sha256(text[: seal.start()].encode()).hexdigest() == seal[1]


def write_checklist(folder: Path, text: str) -> Path:
    """Writes checklist.md; where the authors have changed the one that lies there, checklist_new.md beside it."""
    path = folder / FILE
    if path.exists() and not untouched(path.read_text(encoding="utf-8")):
        path = folder / BESIDE
    # whole or not at all: cut off before its seal, it would pass for the authors' own
    write_whole(path, lambda part: part.write_text(_sealed(text), encoding="utf-8"))
    return path
