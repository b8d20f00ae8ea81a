"""Page 2: a garment of the shop or your own photo, its closest drawing, and the way from there to your taste."""

import hashlib

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from medgan_fashion.fashion.restyle.invert import CANNOT
from medgan_fashion.studio.garments.offers import fits, nearness, restyled
from medgan_fashion.studio.garments.pages import choose_category, enter, shopper_of
from medgan_fashion.studio.garments.searching import liking
from medgan_fashion.studio.garments.tiles import export_buttons, item_tile, painted
from medgan_fashion.studio.garments.workshop import Shopper, Workshop
from medgan_fashion.studio.store.jobs import Job, drop, newest, submit
from medgan_fashion.studio.store.pictures import (
    TYPES,
    accept_photo,
    add_pictures,
    find_picture,
    find_pictures,
    keep,
    new_picture,
    photo_pixels,
    remove_photo,
)
from medgan_fashion.studio.waiting import LOOK_AGAIN, job_line
from medgan_fashion.studio.widgets import LOG, NOT_KEPT, Visit, doing, excused, guarded, page, plain, show

OFFERED, TILE, LARGE = 8, 120, 300  # garments to choose from at once; pixels of tiles


def ask_for(visit: Visit, shop: Workshop, category: str, *, item: str = "", photo: str = "") -> None:
    """Puts a garment in the queue, with the taste as it is now."""
    told = {"item": item, "photo": photo, "category": category, "seed": 0}
    told["shopper"] = shopper_of(visit, shop).plain()
    drop(visit.engine, "restyle", shop.run.name, visit.person)  # only the newest is shown
    submit(visit.engine, "restyle", shop.run.name, told, person=visit.person)


def from_the_shop(visit: Visit, shop: Workshop) -> None:
    """Choose a garment of the catalogue."""
    catalogue, chosen = shop.opened.catalogue, choose_category(shop, "What is it?", "mine-category")
    rows = np.flatnonzero(catalogue.category == catalogue.categories.index(chosen))
    first = st.session_state.setdefault("mine-first", 0) % len(rows)
    with st.container(horizontal=True):
        for row in np.roll(rows, -first)[:OFFERED]:
            item = catalogue.items[row]
            with st.container(width=TILE):
                item_tile(shop, int(row))
                use = doing(ask_for, visit, shop, chosen, item=item)
                st.button("This one", key=f"use-{item}", on_click=use, width="stretch")
    st.button(
        "Show others", key="mine-others", on_click=lambda: st.session_state.update({"mine-first": first + OFFERED})
    )


def guessed(shop: Workshop, pixels: NDArray[np.uint8]) -> str:
    """The category that a photo seems to show, the first one where it seems to show none that can be drawn."""
    categories, can = shop.opened.catalogue.categories, shop.draws()
    seen = int(shop.atelier.categories_of(pixels[None].astype(np.float32) / np.float32(255))[0])
    return categories[seen if seen in can else can[0]]


def take_upload(visit: Visit, shop: Workshop, data: bytes) -> None:
    """Keeps the pixels of a photo, once for each file."""
    digest = f"{shop.run.name} {hashlib.sha256(data).hexdigest()}"
    known, sentence = st.session_state.get("uploaded", ("", ""))
    if known != digest:
        sentence = _keep_photo(visit, shop, data)
        st.session_state["uploaded"] = (digest, sentence)  # neither kept nor decoded again at every click
    if sentence:
        st.error(f"Sorry, {plain(sentence)}", icon=":material/block:")


def _keep_photo(visit: Visit, shop: Workshop, data: bytes) -> str:
    """Keeps a photo; a sentence where it is refused."""
    try:
        kept = accept_photo(data, visit.settings)
    except ValueError as error:
        LOG.warning("an upload of %d bytes was refused: %s", len(data), error)
        return str(error)
    category = guessed(shop, photo_pixels(kept))
    photo = new_picture(shop.run.name, "", category, "photo", np.zeros(0, dtype=np.float32), pixels=kept)
    add_pictures(visit.engine, visit.person, [photo])
    st.query_params["photo"] = photo.id
    return ""


def own_photo(visit: Visit, shop: Workshop) -> None:
    """Send a photo, say what it shows."""
    most = f"at most {visit.settings.upload_mb} MB"
    st.caption(
        f"One garment, laid flat on a plain light ground, works best; {most}. We keep the picture itself, without its "
        "name, place or date; only you see it, and you can delete it."
    )
    turn = st.session_state.setdefault("upload-turn", 0)
    size = visit.settings.upload_mb
    data = st.file_uploader("Your photo", type=list(TYPES), key=f"upload-{turn}", max_upload_size=size)
    if data is not None:
        with excused("an upload", NOT_KEPT):
            take_upload(visit, shop, data.getvalue())
    key = st.query_params.get("photo")
    photo = find_picture(visit.engine, visit.person, shop.run.name, key) if key else None
    if photo is None or photo.pixels is None:
        return
    left, right = st.columns([1, 2])
    with left:
        show(photo_pixels(photo.pixels), "your photo", "Your photo")
    with right:
        chosen = choose_category(shop, "What does it show?", f"shows-{photo.id}", photo.category)
        use = doing(ask_for, visit, shop, chosen, photo=photo.id)
        st.button("Use this photo", key="use-photo", type="primary", on_click=use)

        def delete() -> None:
            remove_photo(visit.engine, visit.person, photo.id)
            st.query_params.pop("photo", None)
            st.session_state.pop("uploaded", None)
            st.session_state["upload-turn"] = turn + 1  # an empty chooser: the file that lies in the old one is gone

        st.button("Delete this photo", key="delete-photo", icon=":material/delete:", on_click=doing(delete))


def original(visit: Visit, shop: Workshop, job: Job) -> NDArray[np.float32] | None:
    """The garment (3, h, w) in [0, 1] that was asked about; None for a photo that was deleted."""
    if item := job.payload["item"]:
        return shop.opened.catalogue.floats(shop.opened.catalogue.rows((item,)))[0]
    photo = find_picture(visit.engine, visit.person, shop.run.name, job.payload["photo"])
    if photo is None or photo.pixels is None:
        return None
    return photo_pixels(photo.pixels).astype(np.float32) / np.float32(255)


@st.fragment
@guarded
def result(visit: Visit, shop: Workshop, shopper: Shopper, job: Job) -> None:
    """The original, its drawing, and the way to the visitor's taste."""
    drawn = find_pictures(visit.engine, visit.person, shop.run.name, job=job.id)
    if not drawn or any(image is None for image in painted(shop, drawn)):
        st.info("This was drawn by an earlier model of the shop. Ask again, please.")
        return
    facts = drawn[0].facts
    st.markdown(f"**{plain(restyled(facts['answer'], facts['item']))}**")
    steps = ["the closest drawing", *[f"{k} of {len(drawn) - 1} towards you" for k in range(1, len(drawn))]]
    with st.expander("How near is the drawing?"):
        st.write(nearness(facts["quality"]))
    at = 0
    if len(drawn) > 1:
        at = steps.index(str(st.select_slider("From the original to your taste", steps, key=f"walk-{job.id}")))
    elif facts["stopped"]:
        st.caption("From here every step would leave what looks like a real garment, so we stay.")
    images, likes = painted(shop, drawn), liking(shop, shopper, drawn)
    before = original(visit, shop, job)
    with st.container(horizontal=True):
        with st.container(width=LARGE):
            if before is None:
                st.caption("The photo was deleted.")
            else:
                show(before, "the garment itself", "The garment itself")
        with st.container(width=LARGE):
            image = images[at]
            assert image is not None  # looked at above
            show(image, f"drawing, {steps[at]}", f"Drawn: {steps[at]}")
            if facts["answer"] != CANNOT:
                if shopper.said or shopper.customer:
                    st.caption(plain(fits(likes[at])))
                own = doing(keep, visit.engine, visit.person, drawn[at].id)
                st.button("Keep", key="keep-walk", icon=":material/bookmark:", on_click=own, disabled=drawn[at].kept)
                export_buttons(drawn[at], image)


@st.fragment(run_every=LOOK_AGAIN)
@guarded
def wait_for(visit: Visit, run: str) -> None:
    """How far the drawing is; the page is drawn anew when it is there."""
    now = newest(visit.engine, "restyle", run, visit.person)
    job_line(now)
    if now is None or not now.open:
        st.rerun(scope="app")


with page("Make it mine") as visit:
    shop = enter(visit)
    if shop is not None:
        shopper = shopper_of(visit, shop)
        if not shopper.said and not shopper.customer:
            st.info("Tell us what you like on the page For you first: then a garment can move towards your taste.")
        names = ["A garment of the shop", "Your own photo"]
        # a refresh comes back to the photo that was sent; fixed, because another default would be another row of tabs
        first = st.session_state.setdefault("whose-first", names["photo" in st.query_params])
        shelf, photo = st.tabs(names, default=first, key="whose", on_change="rerun")
        with shelf:
            if shelf.open:
                from_the_shop(visit, shop)
        with photo:
            if photo.open:
                own_photo(visit, shop)
        job = newest(visit.engine, "restyle", shop.run.name, visit.person)
        if job is not None:
            st.subheader("Yours")
            if job.open:
                wait_for(visit, shop.run.name)
            elif job.state == "failed":
                job_line(job)
            else:
                result(visit, shop, shopper, job)
