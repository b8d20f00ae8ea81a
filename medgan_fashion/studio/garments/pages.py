"""What the garment pages begin with and hear: the open workshop, whose taste it is, what a visitor tells."""

import gc

import numpy as np
import streamlit as st
import torch

from medgan_fashion.fashion.design.people import ask
from medgan_fashion.fashion.recommend.fold_in import fold_in
from medgan_fashion.studio.garments.offers import to_rate
from medgan_fashion.studio.garments.tiles import TILE, item_tile
from medgan_fashion.studio.garments.workshop import Shopper, Workshop, is_prepared, open_workshop
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.jobs import newest, submit
from medgan_fashion.studio.store.people import Said, choose, forget_person, said_by, say, say_all
from medgan_fashion.studio.waiting import ready, wait_for
from medgan_fashion.studio.widgets import Visit, choose_run, doing, folded, lasting, lasting_choice, plain

# ---------------------------------------------------------------------------------------------------------------------
# What the three garment pages begin with: the open workshop, and whose taste it is.


@st.cache_resource(max_entries=2, show_spinner="Opening the shop ...")
def _workshop(run: Run, settings: Settings) -> Workshop:
    torch.set_num_threads(1)  # clicks of several visitors share the cores
    shop = open_workshop(run, settings)
    # Streamlit collects garbage after every run of a page, with the interpreter locked: leave out what stays for good
    gc.collect()
    gc.freeze()
    return shop


def _ask_once(visit: Visit, kind: str, run: str) -> None:
    job = newest(visit.engine, kind, run)
    if job is None or job.state == "done":
        submit(visit.engine, kind, run, {})


def enter(visit: Visit) -> Workshop | None:
    """The workshop of the garments run that is shown; None where it is still being made ready, and says so."""
    if not ready(visit, "garments", "shop"):
        return None
    run = choose_run(visit.of("garments"), "shop")
    if run is None:
        return None
    if not is_prepared(run, visit.settings):
        _ask_once(visit, "prepare", run.name)
        st.info("We are getting the shop ready. This takes a minute, once.", icon=":material/hourglass_top:")
        wait_for("prepare", run.name, "desk", lambda: is_prepared(run, visit.settings))
        return None
    return _workshop(run, visit.settings)


def shopper_of(visit: Visit, shop: Workshop) -> Shopper:
    """Whose taste the pages follow: the visitor's own, or the customer's that was picked."""
    customer = lasting(f"customer-{shop.run.name}") if visit.settings.show_customers else ""
    return Shopper(shop.known(said_by(visit.engine, visit.person, shop.run.name)), customer)


def choose_category(shop: Workshop, question: str, key: str, default: str = "") -> str:
    """A category that can be drawn, the largest to begin with where there is no other default."""
    names = [shop.opened.catalogue.categories[category] for category in shop.draws()]
    first = default if default in names else names[0]
    return str(st.pills(question, names, default=first, required=True, format_func=plain, key=key))


# ---------------------------------------------------------------------------------------------------------------------
# What a visitor tells of a taste, widget by widget; every word is kept before the page answers.


RATED, REMEMBERED = 6, 6  # shown at once


def begin_as(visit: Visit, shop: Workshop) -> None:
    """An invented person to begin with, or a customer of the run where those may be shown."""
    with folded("Begin as an invented person", "begin", ":material/group:") as open_now:
        if open_now:
            _profiles(visit, shop)
    if visit.settings.show_customers:
        names = ["", *shop.opened.history.customers]
        own = "nobody: your own taste"
        lasting_choice("Or look as a customer", names, f"customer-{shop.run.name}", lambda name: name or own)


def _profiles(visit: Visit, shop: Workshop) -> None:
    put_on = doing(say_all, visit.engine, visit.person, shop.run.name)
    with st.container(horizontal=True):
        for profile in shop.profiles:
            likes = tuple(shop.opened.catalogue.items[row] for row in profile.likes)
            words = f"{profile.name}: {profile.words}" if profile.words else profile.name
            st.button(plain(words), key=f"profile-{profile.name}", on_click=put_on, args=(likes, ()))
        st.button("Start over", key="over", icon=":material/restart_alt:", on_click=put_on, args=((), ()))


def rate(visit: Visit, shop: Workshop, said: Said) -> None:
    """Pictures to like or not."""
    seed = st.session_state.setdefault("deck", 0)
    seen = shop.opened.catalogue.rows(said.likes + said.dislikes)
    word = doing(say, visit.engine, visit.person, shop.run.name)
    with st.container(horizontal=True):
        for item_row in to_rate(shop.atelier, seen, RATED, seed):
            item = shop.opened.catalogue.items[item_row]
            with st.container(width=TILE):
                item_tile(shop, int(item_row))
                with st.container(horizontal=True):
                    st.button("Like", key=f"like-{item}", icon=":material/favorite:", on_click=word, args=(item, 1))
                    st.button("No", key=f"no-{item}", icon=":material/close:", on_click=word, args=(item, -1))
    st.button("Show me others", key="others", on_click=lambda: st.session_state.update(deck=seed + 1))


def compare(visit: Visit, shop: Workshop, said: Said) -> None:
    """A or B: the pair whose answer says most."""
    model, catalogue = shop.atelier.ensemble[0], shop.opened.catalogue
    seed = st.session_state.setdefault("question", 0) + len(said.choices)
    chosen = np.array([catalogue.rows(pair) for pair in said.choices], dtype=np.int64).reshape(-1, 2)
    likes, dislikes = catalogue.rows(said.likes), catalogue.rows(said.dislikes)
    taste = fold_in(model, likes, dislikes, seed=0, choices=chosen)
    named = np.concatenate([likes, dislikes, chosen.ravel()])
    free = np.setdiff1d(np.flatnonzero(~catalogue.held_out & np.isin(catalogue.category, shop.draws())), named)
    pair = ask(model, taste, free, seed)
    if pair is None:
        return
    st.write("Which of these two would you rather wear?")
    with st.container(horizontal=True):
        for name, mine, other in (("This one", *pair), ("That one", *pair[::-1])):
            answer = doing(choose, visit.engine, visit.person, shop.run.name)
            with st.container(width=TILE):
                item_tile(shop, mine)
                pick = (catalogue.items[mine], catalogue.items[other])
                st.button(name, key=f"choose-{name}-{pick[0]}-{pick[1]}", on_click=answer, args=pick, width="stretch")
    st.button("Neither", key="neither", on_click=lambda: st.session_state.update(question=seed + 1))


def _newest(said: Said) -> tuple[str, ...]:
    return said.likes[: -REMEMBERED - 1 : -1] + said.dislikes[: -REMEMBERED - 1 : -1]


def said_so_far(visit: Visit, shop: Workshop, said: Said) -> None:
    """What was liked and not, each to be taken back."""
    word = doing(say, visit.engine, visit.person, shop.run.name)
    with folded("What you told us", "told", ":material/history:") as open_now:
        if not open_now:
            return
        st.write(f"{len(said.likes)} liked, {len(said.dislikes)} not" if said.likes + said.dislikes else "Nothing yet.")
        shown = (said.likes[::-1] + said.dislikes[::-1]) if st.toggle("All of it", key="all-said") else _newest(said)
        with st.container(horizontal=True):
            for item in shown:
                with st.container(width=100):
                    item_tile(shop, int(shop.opened.catalogue.rows((item,))[0]))
                    mark = "liked" if item in said.likes else "not liked"
                    st.button("Take back", key=f"back-{item}", help=mark, on_click=word, args=(item, 0))


def your_data(visit: Visit) -> None:
    """What is kept, and how to be forgotten."""
    with st.expander("Your data", icon=":material/lock:"):
        st.write(
            "Everything you told us, drew and read is kept under the key in this page's address: whoever has the "
            "address can see it. You can have all of it deleted."
        )
        sure = st.checkbox("I am sure: it cannot be brought back", key="sure")

        def forget() -> None:
            forget_person(visit.engine, visit.person)
            st.session_state.clear()
            st.query_params.clear()

        st.button(
            "Forget me", key="forget", icon=":material/delete_forever:", on_click=doing(forget), disabled=not sure
        )
