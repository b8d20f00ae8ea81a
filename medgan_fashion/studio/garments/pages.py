"""What the three garment pages begin with: the open workshop, and whose taste it is."""

import gc

import streamlit as st
import torch

from medgan_fashion.studio.garments.workshop import Shopper, Workshop, is_prepared, open_workshop
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.jobs import newest, submit
from medgan_fashion.studio.store.people import said_by
from medgan_fashion.studio.waiting import ready, wait_for
from medgan_fashion.studio.widgets import Visit, choose_run, lasting, plain


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
