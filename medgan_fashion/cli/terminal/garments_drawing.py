"""Designing and restyling on a finished run, as a person at a terminal sees it: marked pictures, and lines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import from_plain, merged
from medgan_fashion.cli.terminal.garments_steps import Given, category_number
from medgan_fashion.fashion.config import DesignConfig, RestyleConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.photos import read_photo
from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.design.directions import apply_direction, find_direction, train_reader
from medgan_fashion.fashion.design.people import People, find_people
from medgan_fashion.fashion.design.search import Designed, design
from medgan_fashion.fashion.design.taste import Problem
from medgan_fashion.fashion.restyle.invert import draw_photos, load_limits
from medgan_fashion.fashion.restyle.walk import Restyled, restyle
from medgan_fashion.fashion.run.open import Opened, open_run
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.runs.single.generate import write_png

TURNS = (0.25, 0.5)  # how far a drawing is moved along an attribute's direction


def find(opened: Opened, atelier: Atelier, given: Given) -> People:
    """The people of a design or restyle."""
    return find_people(atelier.recommenders, opened.catalogue, opened.history, *given)


def changed_config(kind: Any, plain: dict[str, Any], settings: dict[str, Any]) -> Any:
    """A configuration of the run with changes; ValueError names an unknown key."""
    return from_plain(kind, merged(plain, settings))


def design_step(run: Path, category: str, given: Given, out: Path, settings: dict[str, Any], seed: int) -> list[str]:
    """Designs for one customer, a segment or a new customer, as marked PNGs with designs.json."""
    opened = open_run(run)
    atelier = opened.atelier()
    people = find(opened, atelier, given)
    config = changed_config(DesignConfig, opened.parts.settings["design"], settings)
    problem = Problem(tuple(range(len(people.names))), category_number(opened.catalogue, category))
    made = design(atelier, people.tastes, people.seen, [problem], config, seed=seed)[0]
    out.mkdir(parents=True, exist_ok=True)
    _write_pictures(out, "design", made.images)
    about = design_facts(made, opened.catalogue) | {"for": people.names, "category": category, "seed": seed}
    write_whole(out / "designs.json", lambda path: path.write_text(json.dumps(about, indent=1)))
    return [*people.notes, *_design_lines(about), f"{len(made.images)} synthetic pictures in {out}"]


def design_facts(made: Designed, catalogue: Catalogue) -> dict[str, Any]:
    """What is said of designs, as plain data."""
    rows = [
        {
            "z": float(made.scores.z[i]),
            "held_out_z": float(made.scores.held_out[i].mean()),
            "nearer_photos": float(made.scores.quantile[i]),
            "to_buy": [catalogue.items[row] for row in made.scores.nearest[i]],
        }
        for i in range(len(made.images))
    ]
    real = [
        {"item": catalogue.items[row], "z": float(z), "held_out_z": float(h.mean())}
        for row, z, h in zip(made.real, made.real_scores.z, made.real_scores.held_out, strict=True)
    ]
    return {"SyntheticData": "YES", "how": made.how, "reason": made.reason, "designs": rows, "best_real_items": real}


def _design_lines(about: dict[str, Any]) -> Sequence[str]:
    lines = [about["reason"]] if about["reason"] else []
    for number, row in enumerate(about["designs"], start=1):
        lines.append(
            f"design {number}: {row['z']:+.2f} sd of preference (held-out recommender {row['held_out_z']:+.2f}); "
            f"{row['nearer_photos']:.0%} of held-out photos are nearer to the catalogue; "
            f"to buy: {', '.join(row['to_buy'])}"
        )
    for row in about["best_real_items"][:1]:
        lines.append(f"best real item {row['item']}: {row['z']:+.2f} (held-out {row['held_out_z']:+.2f})")
    return lines


def _write_pictures(out: Path, name: str, images: NDArray[np.float32]) -> None:
    for number, image in enumerate(images):
        write_png(out / f"{name}_{number + 1}.png", (image * 255).round().astype(np.uint8))


def _photo(opened: Opened, photo: Path | None, item: str | None) -> tuple[NDArray[np.float32], int]:
    """The picture (3, S, S) in [0, 1] to restyle, and its row in the catalogue, -1 for a file."""
    if (photo is None) == (item is None):
        raise ValueError("say what to restyle: --photo FILE or --item ID")
    if item is not None:
        row = int(opened.catalogue.rows((item,))[0])
        return opened.catalogue.floats([row])[0], row
    assert photo is not None
    try:
        return read_photo(photo, opened.catalogue.size).astype(np.float32) / np.float32(255), -1
    except UnreadableError as error:
        raise ValueError(f"{photo.name}: {error}") from None


def restyle_step(
    run: Path,
    category: str,
    photo: Path | None,
    item: str | None,
    given: Given,
    out: Path,
    settings: dict[str, Any],
    toward: str | None,
    seed: int,
) -> list[str]:
    """One photo drawn by the GAN, and walked towards the taste of a customer, a segment or a new customer; `toward`
    an attribute's value as well, such as colour=blue."""
    opened = open_run(run)
    picture, row = _photo(opened, photo, item)
    atelier = opened.atelier()
    people, number = find(opened, atelier, given), category_number(opened.catalogue, category)
    config = changed_config(RestyleConfig, opened.parts.settings["restyle"], settings)
    drawn = draw_photos(
        atelier, picture[None], [number], own=np.array([row]), encoder=opened.latent_encoder(), config=config, seed=seed
    )
    limits = load_limits(run / opened.parts.limits / "limits.json")
    wanted = from_plain(DesignConfig, opened.parts.settings["design"])
    problem = Problem(tuple(range(len(people.names))), number)
    made = restyle(atelier, drawn, limits, people.tastes, people.seen, [problem], config, wanted, seed=seed)[0]
    out.mkdir(parents=True, exist_ok=True)
    _write_pictures(out, "restyled", made.images)
    about = restyle_facts(made) | {"for": people.names, "category": category, "seed": seed}
    write_whole(out / "restyled.json", lambda path: path.write_text(json.dumps(about, indent=1)))
    more = [] if toward is None else _turned(atelier, made.z[0], number, toward, out, seed)
    return [*people.notes, *_restyle_lines(about), *more, f"{len(made.images)} synthetic pictures in {out}"]


def _turned(atelier: Atelier, z: NDArray[np.float32], category: int, toward: str, out: Path, seed: int) -> list[str]:
    """The drawing of the photo moved along an attribute's direction, by latent arithmetic."""
    name, equals, value = toward.partition("=")
    if not equals:
        raise ValueError(f"--toward {toward}: write it as attribute=value, for example colour=blue")
    direction = find_direction(atelier, train_reader(atelier, name, seed=seed), value, category, seed=seed)
    start, latent = torch.as_tensor(z), atelier.model.latent
    moved = torch.stack([apply_direction(start, direction.vector, amount, latent) for amount in TURNS])
    _write_pictures(out, "toward", atelier.paint(moved, np.full(len(TURNS), category)))
    _, before, after = direction.effect
    return [f"towards {toward}: random drawings that show it go from {before:.0%} to {after:.0%} at the full turn"]


def restyle_facts(made: Restyled) -> dict[str, Any]:
    """What is said of a walk, as plain data; the first of `steps` is the drawing of the photo itself."""
    steps = [
        {
            "z": float(made.scores.z[i]),
            "held_out_z": float(made.scores.held_out[i].mean()),
            "apart": float(made.apart[i]),
        }
        for i in range(len(made.images))
    ]
    about = {"SyntheticData": "YES", "answer": made.answer, "reason": made.reason, "stopped": made.stopped}
    return about | {"steps": steps}


def _restyle_lines(about: dict[str, Any]) -> Sequence[str]:
    lines = [about["reason"]]
    for number, step in enumerate(about["steps"]):
        name = "the photo as the GAN draws it" if number == 0 else f"step {number}"
        lines.append(
            f"{name}: {step['z']:+.2f} sd of preference (held-out {step['held_out_z']:+.2f}), "
            f"{step['apart']:.3f} from the photo"
        )
    return [*lines, about["stopped"]] if about["stopped"] else lines
