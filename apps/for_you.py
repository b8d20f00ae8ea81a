"""Page 1: tell what you like, see what the shop has for you and what we would draw for you."""

import streamlit as st

from medgan_fashion.fashion.design.pool import Wish
from medgan_fashion.studio.garments.offers import POPULAR, fits, looks, recommended, second_opinion, uncertainty
from medgan_fashion.studio.garments.pages import (
    begin_as,
    choose_category,
    compare,
    enter,
    rate,
    said_so_far,
    shopper_of,
    your_data,
)
from medgan_fashion.studio.garments.searching import Shown, designs_for, search_again, search_for
from medgan_fashion.studio.garments.tiles import CARD, NEAR, TILE, export_buttons, item_tile, painted
from medgan_fashion.studio.garments.workshop import Shopper, Workshop
from medgan_fashion.studio.store.people import say
from medgan_fashion.studio.store.pictures import add_pictures, find_pictures, keep
from medgan_fashion.studio.waiting import DRAW_AGAIN, job_line
from medgan_fashion.studio.widgets import Visit, doing, guarded, page, plain, show

RECOMMENDED, DESIGNS = 6, 4  # shown at once
BOLD = ("realistic", "rather realistic", "in between", "rather bold", "bold")
VARIED = ("similar", "rather similar", "mixed", "rather varied", "varied")


def design_tile(visit: Visit, shop: Workshop, shown: Shown, known: bool) -> None:
    """One design, with how well it fits, how real it looks, and what is nearest to it in the shop."""
    category = shop.opened.catalogue.categories[shown.category]
    fit = fits(shown.liked_less) if known else POPULAR
    show(shown.image, f"drawn {category}: {fit}, {looks(shown.quantile)}")
    st.markdown(f"**{plain(fit)}**  \n{plain(looks(shown.quantile).capitalize())}")
    if known and (doubt := second_opinion(shown.liked_less, shown.held_out)):
        st.caption(plain(doubt))

    own = doing(keep_design, visit, shown)
    st.button("Keep", key=f"keep-{shown.key}", icon=":material/bookmark:", on_click=own, disabled=shown.picture.kept)
    st.caption("Nearest in the shop")
    with st.container(horizontal=True, gap="xsmall"):
        for near in shown.to_buy:
            with st.container(width=NEAR):
                item_tile(shop, int(near))


def keep_design(visit: Visit, shown: Shown) -> None:
    """Before the page is drawn, in which the design may stand no longer: a search may just have found better ones."""
    add_pictures(visit.engine, visit.person, [shown.picture] if shown.new else [])
    keep(visit.engine, visit.person, shown.picture.id)
    st.session_state["kept-one"] = True


def made_for_you(visit: Visit, shop: Workshop, shopper: Shopper) -> None:
    """Designs of one category, a part of the page that is drawn on its own: now and then while a search goes on behind
    it, otherwise when a slider moves."""
    job = search_for(visit, shop, shopper, _category(shop))
    searching = job is not None and job.open
    part = st.fragment(guarded(designs), run_every=DRAW_AGAIN if searching else None)
    part(visit, shop, shopper, searching)


def _category(shop: Workshop) -> int:
    """What is to be drawn: the visitor's choice, or the largest category."""
    chosen = str(st.session_state.get("category"))
    numbers = {shop.opened.catalogue.categories[category]: category for category in shop.draws()}
    return numbers.get(chosen, shop.draws()[0])


def designs(visit: Visit, shop: Workshop, shopper: Shopper, looked_at: bool) -> None:
    """Sliders rank the pool anew at once; what searches found stands among it. `looked_at`: drawn again by itself."""
    category = shop.opened.catalogue.categories.index(choose_category(shop, "What shall it be?", "category"))
    left, right = st.columns(2)
    bold = left.select_slider("Realistic or bold", BOLD, value=BOLD[2], key="bold", help="How far from the shop's own")
    varied = right.select_slider("Similar or varied", VARIED, value=VARIED[2], key="varied", help="From one another")
    wish = Wish(BOLD.index(bold) / (len(BOLD) - 1), VARIED.index(varied) / (len(VARIED) - 1))
    job, known = search_for(visit, shop, shopper, category), bool(shopper.said or shopper.customer)
    searching = job is not None and job.open
    kept_one = st.session_state.pop("kept-one", False)
    if kept_one or searching != looked_at:
        st.rerun()  # the whole page: it shows what is kept, and says how often this part is drawn

    with st.container(horizontal=True):
        for one in designs_for(visit, shop, shopper, category, wish, DESIGNS):
            with st.container(width=CARD, border=True):
                design_tile(visit, shop, one, known)
    job_line(job)
    if job is not None and job.state == "done":
        st.caption(f"We drew {len(shop.pools[category])} ideas and searched on from the best of them.")
    # a search climbs a taste: where none is known there is nothing to climb
    if st.button("Search for more", key="again", icon=":material/search:", disabled=searching or not known):
        search_again(visit, shop, shopper, category)
        st.rerun()


def in_the_shop(visit: Visit, shop: Workshop, shopper: Shopper) -> None:
    """Real items for this taste."""
    categories = shop.opened.catalogue.categories
    names = ["Everything", *categories]
    chosen = names.index(str(st.selectbox("Show", names, key="shelf"))) - 1
    word = doing(say, visit.engine, visit.person, shop.run.name)
    with st.container(horizontal=True):
        for item_row in recommended(shop, shopper, None if chosen < 0 else chosen, RECOMMENDED):
            item = shop.opened.catalogue.items[item_row]
            with st.container(width=TILE):
                item_tile(shop, int(item_row))
                if not shopper.customer:
                    with st.container(horizontal=True):
                        like = {"key": f"shop-like-{item}", "icon": ":material/favorite:", "args": (item, 1)}
                        st.button("Like", on_click=word, **like)
                        st.button("No", key=f"shop-no-{item}", on_click=word, args=(item, -1), icon=":material/close:")


def kept_designs(visit: Visit, shop: Workshop) -> None:
    """What was kept: names, exports."""
    mine = find_pictures(visit.engine, visit.person, shop.run.name, kept=True)
    st.subheader("Kept")
    if not mine:
        st.write("Keep a design to name it, download it or go on from it in Explore.")
    with st.container(horizontal=True):
        for picture, image in zip(mine[::-1], painted(shop, mine[::-1]), strict=True):
            with st.container(width=CARD, border=True):
                if image is None:
                    st.caption("Drawn by an earlier model of this shop; it cannot be shown any more.")
                else:
                    show(image, f"drawn {picture.category} {picture.name or 'without a name'}")
                name = f"name-{picture.id}"
                renamed = doing(_rename, visit, picture.id, name)
                st.text_input("Name", picture.name, key=name, max_chars=60, on_change=renamed)
                if image is not None:
                    export_buttons(picture, image)
                let_go = doing(keep, visit.engine, visit.person, picture.id, kept=False)
                st.button("Let go", key=f"go-{picture.id}", on_click=let_go)


def _rename(visit: Visit, picture: str, key: str) -> None:
    keep(visit.engine, visit.person, picture, name=str(st.session_state[key]))


with page("For you") as visit:
    shop = enter(visit)
    if shop is not None:
        begin_as(visit, shop)
        shopper = shopper_of(visit, shop)
        if not shopper.customer:
            st.write(uncertainty(len(shopper.said.likes + shopper.said.dislikes) + len(shopper.said.choices)))
            st.subheader("What do you like?")
            pictures, two = st.tabs(["Pictures", "A or B"], key="asked", on_change="rerun")
            with pictures:
                if pictures.open:
                    rate(visit, shop, shopper.said)
            with two:
                if two.open:
                    compare(visit, shop, shopper.said)
            said_so_far(visit, shop, shopper.said)
        st.subheader("Drawn for you")
        made_for_you(visit, shop, shopper)
        st.subheader("In the shop for you")
        in_the_shop(visit, shop, shopper)
        kept_designs(visit, shop)
        your_data(visit)
