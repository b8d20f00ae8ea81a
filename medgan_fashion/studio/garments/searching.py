"""Designs for a visitor: the pool ranked at once, a search in the background, and what of both is shown."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from medgan_fashion.fashion.design.pool import Drawings, Wish, joined, look_at
from medgan_fashion.studio.garments.offers import Offer, Taste, offer, taste_in
from medgan_fashion.studio.garments.workshop import Shopper, Workshop, read_shopper
from medgan_fashion.studio.store.jobs import Job, drop, newest, submit
from medgan_fashion.studio.store.pictures import Picture, find_pictures, new_picture
from medgan_fashion.studio.widgets import Visit

SEARCHED = 24  # of earlier searches, the newest, that are ranked with the pool
SETTLE = 0.8  # seconds that a taste rests before it is searched for: likes seldom come alone, and the page goes first
REMEMBERED = 64  # tastes and looks that the process keeps at hand


@dataclass(frozen=True)
class Shown:
    """One design on the page. `new`: its picture is not in the database yet. `key`: the same for the same drawing."""

    key: str
    picture: Picture
    new: bool
    category: int
    image: NDArray[np.float32]
    liked_less: float
    quantile: float
    held_out: float
    to_buy: NDArray[np.int64]


def _payload(shopper: Shopper, category: str, seed: int) -> dict[str, object]:
    return {"shopper": shopper.plain(), "category": category, "seed": seed}


def search_for(visit: Visit, shop: Workshop, shopper: Shopper, category: int) -> Job | None:
    """The search for this taste and category: the one there is, or a new one, for which older ones are given up; None
    for a taste of which nothing is known, and where another window of this person has asked for another one since."""
    name = shop.opened.catalogue.categories[category]
    if not shopper.said and not shopper.customer:
        return None
    job, wanted = newest(visit.engine, "search", shop.run.name, visit.person), (shop.run.name, repr(shopper), name)
    before = st.session_state.get("searched-for")
    st.session_state["searched-for"] = wanted
    if job is not None and read_shopper(job.payload["shopper"]) == shopper and job.payload["category"] == name:
        return job
    if before == wanted:  # to ask again would take it from the other window, which would take it back, for ever
        return None
    drop(visit.engine, "search", shop.run.name, visit.person)
    told = _payload(shopper, name, 0)
    submit(visit.engine, "search", shop.run.name, told, person=visit.person, later=SETTLE)
    return newest(visit.engine, "search", shop.run.name, visit.person)


def search_again(visit: Visit, shop: Workshop, shopper: Shopper, category: int) -> None:
    """The same search from another seed."""
    job = newest(visit.engine, "search", shop.run.name, visit.person)
    seed = 0 if job is None else int(job.payload["seed"]) + 100
    name = shop.opened.catalogue.categories[category]
    submit(visit.engine, "search", shop.run.name, _payload(shopper, name, seed), person=visit.person)


@st.cache_resource(max_entries=REMEMBERED, show_spinner=False)
def _looked(_shop: Workshop, model: str, category: int, ids: tuple[str, ...], _z: NDArray[np.float32]) -> Drawings:
    return look_at(_shop.atelier, _shop.standards, category, torch.as_tensor(_z))


@st.cache_resource(max_entries=REMEMBERED, show_spinner=False)
def _taste(_shop: Workshop, run: str, model: str, _shopper: Shopper, said: str, category: int) -> Taste:
    return taste_in(_shop, _shopper, category)


def _offer(shop: Workshop, shopper: Shopper, category: int, searched: list[Picture]) -> Offer:
    taste = _taste(shop, repr(shop.run), shop.model_hash, shopper, repr(shopper), category)
    parts = [shop.pools[category]]
    if searched:
        z, ids = np.stack([picture.z for picture in searched]), tuple(picture.id for picture in searched)
        parts.insert(0, _looked(shop, shop.model_hash, category, ids, z))
    return offer(taste, joined(parts))


def _of_pool(shop: Workshop, category: str, number: int, z: NDArray[np.float32]) -> Picture:
    facts = {"seed": 0, "number_in_pool": number}
    return new_picture(shop.run.name, shop.model_hash, category, "random", z, facts=facts)


def _kept_of_pool(visit: Visit, shop: Workshop, category: str) -> dict[int, Picture]:
    """Drawings of the pool that the visitor keeps, by their number there."""
    mine = find_pictures(visit.engine, visit.person, shop.run.name, ops=["random"], kept=True)
    here = [p for p in mine if p.category == category and p.model == shop.model_hash and "number_in_pool" in p.facts]
    return {int(p.facts["number_in_pool"]): p for p in here}


def designs_for(visit: Visit, shop: Workshop, shopper: Shopper, category: int, wish: Wish, k: int) -> list[Shown]:
    """The k best drawings for a wish, of the pool and of what searches found."""
    name = shop.opened.catalogue.categories[category]
    found = find_pictures(visit.engine, visit.person, shop.run.name, ops=["searched"], newest=2 * SEARCHED)
    searched = [p for p in found if p.category == name and p.model == shop.model_hash][-SEARCHED:]
    offered, pooled = _offer(shop, shopper, category, searched), _kept_of_pool(visit, shop, name)
    shown = []
    for row in offered.best(wish, k):
        number = int(row) - len(searched)
        if number < 0:
            picture, key, new = searched[row], searched[row].id, False
        else:
            key, new = f"pool-{category}-{number}", number not in pooled
            picture = pooled.get(number) or _of_pool(shop, name, number, offered.drawings.z[row])
        shown.append(
            Shown(
                key=key,
                picture=picture,
                new=new,
                category=category,
                image=offered.drawings.images[row].astype(np.float32) / np.float32(255),
                liked_less=float(offered.liked_less[row]),
                quantile=float(offered.drawings.quantile[row]),
                held_out=float(offered.held_out[row]),
                to_buy=offered.to_buy(int(row)),
            )
        )
    return shown


def liking(shop: Workshop, shopper: Shopper, pictures: list[Picture]) -> list[float]:
    """For drawings of one category the share of the items on offer that the shopper would like less."""
    category = shop.opened.catalogue.categories.index(pictures[0].category)
    taste = _taste(shop, repr(shop.run), shop.model_hash, shopper, repr(shopper), category)
    z = np.stack([picture.z for picture in pictures])
    looked = _looked(shop, shop.model_hash, category, tuple(picture.id for picture in pictures), z)
    return offer(taste, looked).liked_less.tolist()
