"""What jobs do at a worker's desk: each says how far it is, and puts its results into the database."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sqlalchemy import Engine

from medgan_fashion.base.plain import from_plain
from medgan_fashion.fashion.config import RestyleConfig
from medgan_fashion.fashion.design.directions import AttributeReader, find_direction, train_reader
from medgan_fashion.fashion.design.pool import Wish, look_at
from medgan_fashion.fashion.design.search import climb
from medgan_fashion.fashion.design.taste import Problem
from medgan_fashion.fashion.restyle.invert import draw_photos
from medgan_fashion.fashion.restyle.walk import Restyled, restyle
from medgan_fashion.gan.networks.latent import between
from medgan_fashion.runs.engine.stage import store
from medgan_fashion.studio.garments.breeding import direction_key
from medgan_fashion.studio.garments.offers import offer, spoken, taste_in
from medgan_fashion.studio.garments.workshop import Shopper, Workshop, open_workshop, prepare, read_shopper
from medgan_fashion.studio.runs import Run, find_runs, train_samples
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.jobs import Job, finish, next_round, report
from medgan_fashion.studio.store.pictures import Picture, add_pictures, find_picture, new_picture, photo_pixels

# ---------------------------------------------------------------------------------------------------------------------
# A worker's desk: what it has open while it works, and how it says how far it is.


LOOK = 0.3  # seconds between two looks whether a job is still wanted


class Dropped(Exception):
    """Nobody waits for the job any more."""


@dataclass
class Desk:
    """A worker's desk: settings, database, and the workshops it has open."""

    settings: Settings
    engine: Engine
    _open: dict[str, Workshop] = field(default_factory=dict)
    _readers: dict[tuple[str, str], AttributeReader] = field(default_factory=dict)

    def run(self, name: str) -> Run:
        """The run of that name."""
        found = [run for run in find_runs(self.settings) if run.name == name]
        if not found:
            raise ValueError(f"no run {name} here any more")
        return found[0]

    def workshop(self, name: str) -> Workshop:
        """The workshop of a run, opened once as long as the run does not change."""
        run = self.run(name)
        if name not in self._open or self._open[name].run != run:
            prepare(run, self.settings)
            self._open.clear()  # one at a time: two would not fit everywhere
            self._readers.clear()
            self._open[name] = open_workshop(run, self.settings)
        return self._open[name]

    def tell(self, job: Job, done: float, said: str) -> None:
        """Progress; Dropped where nobody wants to know."""
        if not report(self.engine, job.id, done, said):
            raise Dropped

    def pulse(self, job: Job) -> Callable[[], None]:
        """To be called between the steps of long work: looks now and then, and raises Dropped where nobody waits."""
        looked = time.monotonic()

        def look() -> None:
            nonlocal looked
            if time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                if not report(self.engine, job.id):
                    raise Dropped

        return look

    def reader(self, job: Job, attribute: str) -> AttributeReader:
        """What sees an attribute in pictures, learned once."""
        key = (job.run, attribute)
        if key not in self._readers:
            self.tell(job, 0.1, f"Learning what {spoken(attribute)} looks like")
            self._readers[key] = train_reader(self.workshop(job.run).atelier, attribute, seed=0)
        return self._readers[key]


# ---------------------------------------------------------------------------------------------------------------------
# What jobs do: each takes what it was asked for, says how far it is, and puts its results into the database.


ROUNDS = ((2, 10), (4, 25), (6, 40))  # starts and steps of a search's rounds: the first result soon, better ones later
FRAMES = 3  # pictures between two steps of a walk


def search_round(desk: Desk, job: Job) -> None:
    """One round of a search for designs; every round puts what it found into the database."""
    shop, told = desk.workshop(job.run), job.payload
    category = _category(shop, told["category"])
    starts, steps = ROUNDS[job.rounds]
    taste = taste_in(shop, read_shopper(told["shopper"]), category)
    pool = shop.pools[category]
    before = sum(count for count, _ in ROUNDS[: job.rounds])
    rows = offer(taste, pool).best(Wish(bold=0.5, varied=0.6), before + starts)[before:]
    desk.tell(job, (job.rounds + 0.2) / len(ROUNDS), "Designing for you")
    if len(rows):
        seed = int(told["seed"]) + job.rounds
        climbed = climb(taste.bench, torch.as_tensor(pool.z[rows]), steps, seed, desk.pulse(job))
        found = look_at(shop.atelier, shop.standards, category, climbed)
        facts = {"seed": seed, "round": job.rounds}
        passed = np.flatnonzero(found.realistic)
        made = [_drawn(shop, told["category"], "searched", found.z[row], job=job.id, facts=facts) for row in passed]
        desk.tell(job, (job.rounds + 0.9) / len(ROUNDS), "Designing for you")
        add_pictures(desk.engine, str(job.person), made)
    if job.rounds + 1 < len(ROUNDS):
        next_round(desk.engine, job, (job.rounds + 1) / len(ROUNDS), {})
    else:
        finish(desk.engine, job.id, {})


def _category(shop: Workshop, name: str) -> int:
    """Its number; ValueError where the shop was made anew since, without it."""
    if name not in shop.opened.catalogue.categories:
        raise ValueError(f"this shop has no {name} any more: choose something else")
    return shop.opened.catalogue.categories.index(name)


def _drawn(shop: Workshop, category: str, op: str, z: np.ndarray, **more: Any) -> Picture:
    return new_picture(shop.run.name, shop.model_hash, category, op, z, **more)


def _garment(desk: Desk, shop: Workshop, job: Job) -> tuple[np.ndarray, int, list[str]]:
    """The picture (3, h, w) in [0, 1] to restyle, its row in the catalogue (-1 for a photo), and its id, if any."""
    if item := job.payload["item"]:
        row = int(shop.opened.catalogue.rows((item,))[0])
        return shop.opened.catalogue.floats([row])[0], row, []
    photo = find_picture(desk.engine, str(job.person), job.run, job.payload["photo"])
    if photo is None or photo.pixels is None:
        raise ValueError("the photo is gone: send it again")
    return photo_pixels(photo.pixels).astype(np.float32) / np.float32(255), -1, [photo.id]


def _frames(shop: Workshop, walked: Restyled) -> np.ndarray:
    """Latents (n, d) of a film through the steps of a walk."""
    steps, latent = torch.as_tensor(walked.z), shop.atelier.model.latent
    film = [between(latent, a, b, t / FRAMES) for a, b in pairwise(steps) for t in range(FRAMES)]
    return torch.stack([*film, steps[-1]]).numpy()


def restyle_garment(desk: Desk, job: Job) -> None:
    """Draws a garment as nearly as the GAN can, says how nearly, and walks it towards a taste."""
    shop, told = desk.workshop(job.run), job.payload
    picture, row, source = _garment(desk, shop, job)
    category = _category(shop, told["category"])
    config = from_plain(RestyleConfig, shop.opened.parts.settings["restyle"], stored=True)
    desk.tell(job, 0.1, "Drawing your garment")
    encoder, own = shop.opened.latent_encoder(), np.array([row])
    drawn = draw_photos(
        shop.atelier, picture[None], [category], own=own, encoder=encoder, config=config, seed=int(told["seed"])
    )
    desk.tell(job, 0.6, "Moving it towards your taste")
    people = shop.people(read_shopper(told["shopper"]))
    walked = restyle(
        shop.atelier, drawn, shop.limits, people.tastes, people.seen, [Problem((0,), category)], config, shop.config,
        seed=int(told["seed"]), standards=shop.standards,
    )[0]  # fmt: skip
    found = {"answer": walked.answer, "reason": walked.reason, "stopped": walked.stopped, "item": told["item"]}
    quality = {name: float(value[0]) for name, value in vars(drawn.quality).items()}
    facts = found | {"seed": told["seed"], "quality": quality, "z": walked.scores.z.tolist()}
    first = _drawn(shop, told["category"], "drawing", drawn.z[0], parents=source, facts=facts, job=job.id)
    film = _frames(shop, walked)[1:]
    made = [first]
    for number, z in enumerate(film, start=1):
        facts = {"amount": number / len(film)}
        made.append(_drawn(shop, told["category"], "walk", z, parents=[first.id], facts=facts, job=job.id))
    add_pictures(desk.engine, str(job.person), made)
    finish(desk.engine, job.id, {"drawing": first.id})


def learn_direction(desk: Desk, job: Job) -> None:
    """Finds the direction towards an attribute's value, for a category, and keeps it in the studio's folder."""
    shop, told = desk.workshop(job.run), job.payload
    attribute, value, category = told["attribute"], told["value"], told["category"]
    reader = desk.reader(job, attribute)
    desk.tell(job, 0.7, f"Finding out how to draw more {value}")
    number = _category(shop, category)
    direction = find_direction(shop.atelier, reader, value, number, seed=0)

    def fill(folder: Path) -> None:
        np.save(folder / "vector.npy", direction.vector)
        (folder / "direction.json").write_text(json.dumps({"effect": direction.effect}))

    store(desk.settings.folder, "direction", direction_key(shop, attribute, value, category), fill)
    finish(desk.engine, job.id, {"effect": list(direction.effect)})


def warm_up(desk: Desk, run: str) -> None:
    """Opens a workshop and takes one step of a search: whoever comes first need not wait for what is loaded late."""
    shop = desk.workshop(run)
    category = shop.draws()[0]
    climb(taste_in(shop, Shopper(), category).bench, torch.as_tensor(shop.pools[category].z[:1]), 1, 0)


def prepare_workshop(desk: Desk, job: Job) -> None:
    """Makes a run ready for the pages."""
    prepare(desk.run(job.run), desk.settings, lambda done, said: desk.tell(job, done, said))
    finish(desk.engine, job.id, {})
    warm_up(desk, job.run)


def make_samples(desk: Desk, job: Job) -> None:
    """Trains the studio's own models, where no run was named."""
    train_samples(desk.settings.folder, lambda done, said: desk.tell(job, done, said))
    finish(desk.engine, job.id, {})


WORK: dict[str, Callable[[Desk, Job], None]] = {
    "search": search_round,
    "restyle": restyle_garment,
    "direction": learn_direction,
    "prepare": prepare_workshop,
    "samples": make_samples,
}
