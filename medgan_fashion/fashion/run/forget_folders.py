"""Forgetting a customer, whole folders: replaced or removed so that a kill at any moment loses nothing."""

import json
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

# stages whose pictures are made for single customers; each may say for whom (rows) in asked.json
PERSONAL = ("design_garments", "design_controls", "restyle_photos")
_LEFT, _DRAFT = ".forget.", ".draft"


def _put_aside(folder: Path) -> Path:
    return folder.rename(folder.with_name(f"{_LEFT}{folder.name}.{secrets.token_hex(6)}.old"))


def drop(folder: Path) -> None:
    """Removes a folder: gone by one rename, then deleted."""
    shutil.rmtree(_put_aside(folder))


def swap(folder: Path, fill: Callable[[Path], object]) -> None:
    """Puts a changed copy of a folder in its place; a kill between the two renames is made good by `finish`."""
    draft = folder.with_name(f"{_LEFT}{folder.name}.{secrets.token_hex(6)}{_DRAFT}")
    shutil.copytree(folder, draft)
    fill(draft)
    aside = _put_aside(folder)
    draft.rename(folder)
    shutil.rmtree(aside)


def finish(run: Path) -> None:
    """Clears up after a kill: a draft whose folder is gone was whole, and takes its place."""
    for left in sorted(run.rglob(f"{_LEFT}*")):
        folder = left.with_name(left.name.removeprefix(_LEFT).rsplit(".", 2)[0])
        if left.name.endswith(_DRAFT) and not folder.exists():
            left.rename(folder)
        else:
            shutil.rmtree(left)


def forget_reports(run: Path) -> list[str]:
    """Removes the written reports whole: they show customers in pictures and figures, too."""
    told = []
    for folder in (run / "report", run / "report_shareable"):
        if folder.is_dir():
            drop(folder)
            told.append(f"removed {folder.name}")
    return told


def forget_designs(run: Path, rows: set[int]) -> list[str]:
    """Removes stages whose pictures were made for those customers, or for nobody knows whom."""
    told = []
    for name in PERSONAL:
        for folder in sorted(p for p in (run / "stages" / name).glob("*") if p.is_dir()):
            asked = folder / "asked.json"
            if asked.is_file() and not rows & set(json.loads(asked.read_text())):
                continue
            drop(folder)
            told.append(f"removed {folder.relative_to(run)} (pictures made for customers, perhaps for others, too)")
    return told


def forget_drawn(run: Path, name: str) -> list[str]:
    """What `design` and `restyle` wrote into the run for the customer: pictures first, what says for whom last."""
    told = []
    for path in [path for kind in ("designs.json", "restyled.json") for path in sorted(run.rglob(kind))]:
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if isinstance(about, dict) and name in about.get("for", ()):
            for made in [*sorted(path.parent.glob("*.png")), path]:
                made.unlink()
            told.append(f"removed {path.relative_to(run)} and the pictures beside it")
            if path.parent != run and not any(path.parent.iterdir()):
                path.parent.rmdir()
    return told
