"""A garments run as the pages use it: opened once for a process, with pools of drawings to be ranked anew at once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medgan_fashion.base.plain import from_plain
from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.design.people import People, Profile, find_people, invent_profiles, new_customer
from medgan_fashion.fashion.design.pool import Drawings, draw_pool, load_drawings, save_drawings
from medgan_fashion.fashion.design.realism import Judge, fit_realism
from medgan_fashion.fashion.design.taste import Standards, measure_standards
from medgan_fashion.fashion.restyle.invert import Limits, load_limits
from medgan_fashion.fashion.run.open import Opened, open_run
from medgan_fashion.gan.latent.inversion import FrozenCritic
from medgan_fashion.runs.engine.stage import Stored, store
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.people import Said

VERSION = 1  # raise it when what is prepared would come out otherwise
POOL = 384  # random drawings of each category, of which the realistic ones are kept
Tell = Callable[[float, str], object]


@dataclass(frozen=True)
class Shopper:
    """Whose taste: what somebody said, or a customer of the run (pseudonym)."""

    said: Said = field(default_factory=Said)
    customer: str = ""

    def plain(self) -> dict[str, Any]:
        """As plain data, for a job."""
        pairs = [list(pair) for pair in self.said.choices]
        likes, dislikes = list(self.said.likes), list(self.said.dislikes)
        return {"likes": likes, "dislikes": dislikes, "choices": pairs, "customer": self.customer}


def read_shopper(plain: dict[str, Any]) -> Shopper:
    """What `Shopper.plain` wrote."""
    pairs = tuple((better, worse) for better, worse in plain["choices"])
    return Shopper(Said(tuple(plain["likes"]), tuple(plain["dislikes"]), pairs), plain["customer"])


@dataclass(frozen=True)
class Workshop:
    """A garments run, opened.

    Args:
        pools: realistic random drawings by category (its number in the catalogue).
        profiles: invented people to begin with.
        model_hash: sha256 of the GAN's file.
    """

    run: Run
    opened: Opened
    atelier: Atelier
    standards: Standards
    pools: dict[int, Drawings]
    profiles: tuple[Profile, ...]
    limits: Limits
    config: DesignConfig
    model_hash: str

    def known(self, said: Said) -> Said:
        """What was said of items that the catalogue still has."""
        here = set(self.opened.catalogue.items)
        return Said(
            tuple(item for item in said.likes if item in here),
            tuple(item for item in said.dislikes if item in here),
            tuple(pair for pair in said.choices if here.issuperset(pair)),
        )

    def people(self, shopper: Shopper) -> People:
        """The shopper's vectors for every recommender of the atelier."""
        models, catalogue = self.atelier.recommenders, self.opened.catalogue
        if shopper.customer:
            return find_people(models, catalogue, self.opened.history, [shopper.customer], [], [])
        said = self.known(shopper.said)
        return new_customer(models, catalogue, said.likes, said.dislikes, said.choices)

    def draws(self) -> list[int]:
        """Categories (numbers) that have a pool, the largest in the catalogue first."""
        counts = np.bincount(self.opened.catalogue.category, minlength=len(self.opened.catalogue.categories))
        return sorted(self.pools, key=lambda category: -int(counts[category]))


def _gan_file(opened: Opened) -> Path:
    return opened.run / opened.parts.gan / "model.safetensors"


def _key(opened: Opened) -> str:
    """Of everything that pools and standards depend on."""
    parts = opened.parts
    made_of = [VERSION, POOL, parts.catalogue, parts.encoder, parts.gan, parts.ensemble, parts.held_out]
    made_of.append(parts.settings["design"]["realism_quantile"])
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:20]


def _fill(folder: Path, opened: Opened, tell: Tell) -> None:
    """Pools and standards of a run: minutes for a large catalogue, once."""
    atelier = opened.atelier()
    tell(0.1, "Looking at what real garments look like")
    standards = measure_standards(atelier, from_plain(DesignConfig, opened.parts.settings["design"], stored=True))
    judge, realism = standards.judge, standards.realism
    np.savez(folder / "standards.npz", median=judge.median.cpu().numpy(), scale=judge.scale, features=realism.features)
    drawable = atelier.drawable().tolist()
    for number, category in enumerate(drawable):
        name = opened.catalogue.categories[category]
        tell(0.3 + 0.7 * number / len(drawable), f"Sketching: {name}")
        save_drawings(draw_pool(atelier, standards, category, POOL, seed=0), folder / f"pool_{category}.npz")


def prepare(run: Run, settings: Settings, tell: Tell = lambda done, said: None) -> Stored:
    """What a workshop needs beside the run, made where it is not there yet, in the studio's own folder."""
    opened = open_run(run.folder)
    return store(settings.folder, "workshop", _key(opened), lambda folder: _fill(folder, opened, tell))


def is_prepared(run: Run, settings: Settings) -> bool:
    """Whether a workshop can be opened at once."""
    return (settings.folder / "stages" / "workshop" / _key(open_run(run.folder))).is_dir()


def _standards(folder: Path, atelier: Atelier, quantile: float) -> Standards:
    with np.load(folder / "standards.npz", allow_pickle=False) as arrays:
        median, scale, features = (arrays[name] for name in ("median", "scale", "features"))
    judge = Judge(FrozenCritic(atelier.model), torch.as_tensor(median, device=atelier.device), float(scale))
    return Standards(judge, fit_realism(features, atelier.catalogue, quantile))


def open_workshop(run: Run, settings: Settings) -> Workshop:
    """Opens a run that is prepared; ValueError where it is not."""
    if not is_prepared(run, settings):
        raise ValueError(f"{run.name} is still being prepared: wait a minute")
    opened, folder = open_run(run.folder), prepare(run, settings).folder
    atelier = opened.atelier()
    config = from_plain(DesignConfig, opened.parts.settings["design"], stored=True)
    return Workshop(
        run=run,
        opened=opened,
        atelier=atelier,
        standards=_standards(folder, atelier, config.realism_quantile),
        pools={int(path.stem.split("_")[1]): load_drawings(path) for path in folder.glob("pool_*.npz")},
        profiles=tuple(invent_profiles(opened.catalogue, atelier.ensemble[0])),
        limits=load_limits(run.folder / opened.parts.limits / "limits.json"),
        config=config,
        model_hash=hashlib.sha256(_gan_file(opened).read_bytes()).hexdigest(),
    )
