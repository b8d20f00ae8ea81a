"""Write the report of a run: reads its results folder, computes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medgan_fashion.base.files import write_whole
from medgan_fashion.report.summaries import read_summary, shareable_summary

if TYPE_CHECKING:
    from medgan_fashion.medical.results.schema import Summary


def _ablation_files(raw: dict[str, Any], results: Path, *, shareable: bool) -> dict[str, str]:
    """Name -> text of the report of an ablation: page, table, data, and a model card per GAN."""
    from medgan_fashion.medical.results.schema import check_summary
    from medgan_fashion.report.ablation.page import arms_csv, near_copies, page
    from medgan_fashion.report.ablation.pictures import (
        load_pairs,
        load_strips,
        shareable_pairs,
        shareable_strips,
        without_blocked,
    )
    from medgan_fashion.report.pictures import load_samples, without_real

    summary = check_summary(raw)
    pairs, strips = load_pairs(results / "samples.npz"), load_strips(results / "samples.npz")
    arrays, screened = load_samples(results / "samples.npz") | pairs | strips, summary.get("privacy", [])
    if shareable:
        summary = check_summary(shareable_summary(raw))
        arrays = without_real(arrays, near_copies(summary)) | shareable_pairs(pairs) | shareable_strips(strips)
        arrays = without_blocked(arrays, screened)
    files = {
        "report.html": page(summary, arrays, shareable=shareable),
        "report.csv": arms_csv(summary),
        "report.json": json.dumps({**summary, "shareable": shareable}, indent=1, ensure_ascii=False),
    }
    return files | _cards(summary)


def _cards(summary: Summary) -> dict[str, str]:
    """A model card per GAN, a data card per synthetic set, and the authors' checklist."""
    from medgan_fashion.report.cards import FILE, card_name, card_of_fold, checklist_text, fold_card_name, model_card

    judge, screened, listed = (summary.get(key, []) for key in ("judge", "privacy", "checklist"))
    cards = {card_name(gan): model_card(gan, summary["data"], judge, screened) for gan in summary.get("gans", [])}
    cards |= {fold_card_name(made): card_of_fold(made, summary) for made in summary.get("synthetic_sets", [])}
    return cards | ({FILE: checklist_text(listed, summary["title"])} if listed else {})


def write_report(run: Path, *, shareable: bool = False) -> Path:
    """Write `report.html`, `report.csv`, `report.json` and, of an ablation, cards of GANs and synthetic sets and the
    authors' checklist.md, which is never written over once they changed it; return the page's path.

    Reads run/results/summary.json and the pictures beside it (if there); writes run/report/, or
    run/report_shareable/: of an ablation no real image, no near copy, no path; of garments see `shareable_garments`.
    ValueError if the summary is absent or incomplete.
    """
    from medgan_fashion.report.cards import FILE, write_checklist
    from medgan_fashion.report.garments.page import garments_files
    from medgan_fashion.report.segmentation import segmentation_files

    raw = read_summary(run / "results" / "summary.json")
    chains = {"garments": garments_files, "lesion_segmentation": segmentation_files}
    make = chains.get(raw.get("chain", ""), _ablation_files)
    files = make(raw, run / "results", shareable=shareable)
    folder = run / ("report_shareable" if shareable else "report")
    folder.mkdir(exist_ok=True)
    if FILE in files:
        write_checklist(folder, files.pop(FILE))
    for name, text in files.items():
        write_whole(folder / name, lambda part, text=text: part.write_text(text, encoding="utf-8"))
    return folder / "report.html"
