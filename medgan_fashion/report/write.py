"""Write the report of a run: reads its results folder, computes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medgan_fashion.base.files import write_whole
from medgan_fashion.report.summaries import read_summary, shareable_summary


def _ablation_files(raw: dict[str, Any], results: Path, *, shareable: bool) -> dict[str, str]:
    """Name -> text of the report of an ablation: page, table, data, and a model card per GAN."""
    from medgan_fashion.medical.results.schema import check_summary
    from medgan_fashion.report.ablation.page import arms_csv, near_copies, page
    from medgan_fashion.report.ablation.pictures import load_screened, without_blocked
    from medgan_fashion.report.cards import FILE, cards_of, checklist_text
    from medgan_fashion.report.pictures import load_samples, without_real

    summary = check_summary(raw)
    path, rows = results / "samples.npz", summary.get("privacy", [])
    arrays = load_samples(path)
    if shareable:
        summary = check_summary(shareable_summary(raw))
        arrays = without_blocked(without_real(arrays, near_copies(summary)), rows)
    arrays |= load_screened(path, rows, shareable=shareable)
    files = {
        "report.html": page(summary, arrays, shareable=shareable),
        "report.csv": arms_csv(summary),
        "report.json": json.dumps({**summary, "shareable": shareable}, indent=1, ensure_ascii=False),
    }
    listed = summary.get("checklist", [])
    return files | cards_of(summary) | ({FILE: checklist_text(listed, summary["title"])} if listed else {})


def write_report(run: Path, *, shareable: bool = False) -> Path:
    """Write `report.html`, `report.csv`, `report.json` and, of a study, cards of GANs and synthetic sets and, where
    classifiers are trained, the authors' checklist.md, which is never written over once they changed it; return the
    page's path.

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
