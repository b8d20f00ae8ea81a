"""The stages of restyling: what a faithful drawing is, whether the search finds what can be found, and the walks."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medgan_fashion.fashion.config import DesignConfig, RestyleConfig
from medgan_fashion.fashion.data.purchases import load_purchases
from medgan_fashion.fashion.design.taste import Problem
from medgan_fashion.fashion.restyle.invert import (
    Drawn,
    draw_photos,
    load_limits,
    measure_limits,
    missing,
    no_limits,
    save_limits,
    unseen_photos,
)
from medgan_fashion.fashion.restyle.mask import garment_mask
from medgan_fashion.fashion.restyle.walk import restyle
from medgan_fashion.fashion.run.open import load_atelier
from medgan_fashion.fashion.run.stages_design import write_asked
from medgan_fashion.fashion.run.stages_gan import drawn_evenly
from medgan_fashion.gan import load_model
from medgan_fashion.gan.latent.encoder import load_latent_encoder
from medgan_fashion.gan.latent.inversion import InversionConfig, invert
from medgan_fashion.gan.latent.search import SearchConfig
from medgan_fashion.runs.engine.stage import stage

FLOOR = SearchConfig(starts=1, candidates=256, steps=1, learning_rate=1e-9, noise=0.0, prior_weight=0.0)


def _bytes(images: np.ndarray) -> np.ndarray:
    return (images.clip(0, 1) * 255).round().astype(np.uint8)


def _save_drawn(drawn: Drawn, path: Path) -> None:
    quality = {f"quality_{name}": value for name, value in vars(drawn.quality).items()}
    pictures = {"photos": _bytes(drawn.photos), "images": _bytes(drawn.images)}
    np.savez(path, masks=drawn.masks, categories=drawn.categories, z=drawn.z, **pictures, **quality)


def _save_walks(work: Path, about: list[dict[str, Any]], walks: list[np.ndarray], photos: np.ndarray) -> None:
    """What is told of P photos (P, 3, S, S), and the pictures (n, 3, S, S) of each one's walk."""
    (work / "restyled.json").write_text(json.dumps({"synthetic": True, "photos": about}))
    arrays: dict[str, Any] = {f"{number}_images": _bytes(images) for number, images in enumerate(walks)}
    np.savez(work / "restyled.npz", photos=_bytes(photos), **arrays)


@stage(version=1)
def inversion_limits(
    work: Path,
    catalogue: Path,
    shelf: Path,
    encoder: Path,
    gan: Path,
    ensemble: list[Path],
    held_out: list[Path],
    latent_encoder: Path,
    config: RestyleConfig,
    most: int,
    seed: int,
) -> None:
    """The limits of "faithful" and "cannot" from held-out catalogue photos; those photos and their drawings.

    From too few photos the limits say so, and call nothing faithful (`restyle.invert.Limits`).
    """
    atelier = load_atelier(catalogue, shelf, encoder, gan, ensemble, held_out)
    start = load_latent_encoder(latent_encoder / "latent_encoder.safetensors")
    if len(unseen_photos(atelier)) and most:
        limits, drawn = measure_limits(atelier, photos=most, encoder=start, config=config, seed=seed)
        _save_drawn(drawn, work / "drawn.npz")
    else:
        limits = no_limits(config)
    save_limits(limits, work / "limits.json")
    (work / "missing.txt").write_text(missing(limits))


@stage(version=1)
def planted_inversion(work: Path, catalogue: Path, gan: Path, latent_encoder: Path, n: int, seed: int) -> None:
    """Pictures that the generator made, inverted: does the search find what is certainly there? Beside the floor, the
    best of 256 random latents without any search."""
    model, start = (
        load_model(gan / "model.safetensors"),
        load_latent_encoder(latent_encoder / "latent_encoder.safetensors"),
    )
    images, labels = drawn_evenly(model, n, seed + 1)
    masks = torch.as_tensor(garment_mask(images))
    low, high = model.card.value_range
    targets, y = torch.as_tensor(images) * (high - low) + low, torch.as_tensor(labels)
    found = invert(model, targets, y, masks=masks, seed=seed, encoder=start)
    floor = invert(model, targets, y, masks=masks, seed=seed, config=InversionConfig(search=FLOOR))
    about = {
        "n": n,
        "psnr": found.psnr.tolist(),
        "floor": floor.psnr.tolist(),
        "median": float(found.psnr.median()),
        "median_floor": float(floor.psnr.median()),
    }
    (work / "planted.json").write_text(json.dumps(about))
    recovered = (found.images.cpu().numpy() - low) / (high - low)
    np.savez(work / "planted.npz", targets=_bytes(images), images=_bytes(recovered))


@stage(version=1)
def restyle_photos(
    work: Path,
    catalogue: Path,
    shelf: Path,
    purchases: Path,
    encoder: Path,
    gan: Path,
    ensemble: list[Path],
    held_out: list[Path],
    latent_encoder: Path,
    limits: Path,
    customers: list[int],
    config: RestyleConfig,
    design: DesignConfig,
    most: int,
    seed: int,
) -> None:
    """Held-out catalogue photos, each walked towards the taste of one customer; none where none is held out."""
    atelier = load_atelier(catalogue, shelf, encoder, gan, ensemble, held_out)
    start, items = load_latent_encoder(latent_encoder / "latent_encoder.safetensors"), atelier.catalogue
    rows = np.random.default_rng((seed, 47)).permutation(unseen_photos(atelier))[:most]
    if not len(rows):
        _save_walks(work, [], [], np.zeros((0, 3, items.size, items.size)))
        write_asked(work, [])
        return
    who = [customers[i % len(customers)] for i in range(len(rows))]
    kinds = items.category[rows]
    drawn = draw_photos(atelier, items.floats(rows), kinds, own=rows, encoder=start, config=config, seed=seed)
    people = np.unique(who)
    problems = [Problem((int(np.searchsorted(people, c)),), int(k)) for c, k in zip(who, kinds, strict=True)]
    seen = load_purchases(purchases).seen(len(items))[people]
    wanted = replace(design, steps=config.walk_steps)
    made = restyle(
        atelier, drawn, load_limits(limits / "limits.json"), atelier.tastes(people), seen, problems, config, wanted,
        seed=seed,
    )  # fmt: skip
    about = [
        {
            "item": items.items[row],
            "customer": int(customer),
            "category": items.categories[one.problem.category],
            "answer": one.answer,
            "reason": one.reason,
            "stopped": one.stopped,
            "z": one.scores.z.tolist(),
            "held_out_z": one.scores.held_out.mean(axis=1).tolist(),
            "apart": one.apart.tolist(),
        }
        for row, customer, one in zip(rows, who, made, strict=True)
    ]
    write_asked(work, [[c, int(k)] for c, k in zip(who, kinds, strict=True)])
    _save_walks(work, about, [one.images for one in made], drawn.photos)
