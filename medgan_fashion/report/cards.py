"""A model card in Markdown for every GAN of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from medgan_fashion.report.numbers import count, decimal, duration, percent, significant


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
    lines += [f"A generative adversarial network (recipe {plain(gan['recipe'])}) that draws medical images."]
    lines += [f"Fold {gan['fold'] + 1}, repeat {gan['repeat'] + 1}.", "", "## Training", ""]
    lines += _training(gan, data)
    lines += [f"- Alarm: {plain(gan['alarm'])}" if gan["alarm"] else "- Alarm: none.", "", "## Images", ""]
    lines += ["- Value range: float32 in [0, 1], after the fold's own intensity fit."]
    lines += [f"- Classes: {', '.join(plain(c) for c in gan['classes'])}.", "", "## Figures", ""]
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
