"""Page 3: breed pictures: children of one, crosses of two, film strips, more or less of something; nothing is lost."""

import streamlit as st

from medgan_fashion.studio.garments.breeding import (
    VARIETY,
    begun,
    children,
    cross,
    direction_of,
    film_strip,
    learnable,
    new_seed,
    turned,
    words_of,
)
from medgan_fashion.studio.garments.offers import spoken
from medgan_fashion.studio.garments.pages import choose_category, enter
from medgan_fashion.studio.garments.tiles import export_buttons, painted
from medgan_fashion.studio.garments.workshop import Workshop
from medgan_fashion.studio.store.jobs import newest, submit
from medgan_fashion.studio.store.pictures import Picture, add_pictures, find_picture, find_pictures, keep, lineage
from medgan_fashion.studio.waiting import LOOK_AGAIN, job_line
from medgan_fashion.studio.widgets import Visit, doing, folded, guarded, page, plain, show

TILE = 124  # pixels


def put(visit: Visit, made: list[Picture]) -> None:
    """Keeps a new set, and shows it."""
    add_pictures(visit.engine, visit.person, made)
    st.query_params["set"] = str(made[0].job)


def point(name: str, key: str) -> None:
    """Puts a picture's id into the address, under that name."""
    st.query_params[name] = key


def at(visit: Visit, shop: Workshop, name: str) -> Picture | None:
    """The picture whose id stands in the address, where it can be drawn."""
    key = st.query_params.get(name)
    found = find_picture(visit.engine, visit.person, shop.run.name, key) if key else None
    return found if found is not None and found.model == shop.model_hash else None


def tiles(shop: Workshop, pictures: list[Picture], where: str) -> None:
    """A row of pictures, each to be picked or paired."""
    with st.container(horizontal=True):
        for picture, image in zip(pictures, painted(shop, pictures), strict=True):
            if image is None:
                continue
            with st.container(width=TILE):
                show(image, f"drawn {picture.category}, {words_of(picture)}", picture.name or words_of(picture))
                with st.container(horizontal=True, horizontal_alignment="center"):
                    for word, name in (("Pick", "at"), ("Pair", "with")):
                        key = f"{word}-{where}-{picture.id}"
                        st.button(word, key=key, type="tertiary", on_click=point, args=(name, picture.id))


def start(visit: Visit, shop: Workshop) -> str:
    """Begin with something new; returns how lively everything is to be."""
    chosen = choose_category(shop, "What shall it be?", "explored")
    variety = str(st.select_slider("How different may it get?", list(VARIETY), value="lively", key="variety"))

    def surprise() -> None:
        put(visit, begun(shop, chosen, variety, new_seed()))

    st.button("Surprise me", key="surprise", type="primary", icon=":material/casino:", on_click=doing(surprise))
    return variety


def two(visit: Visit, shop: Workshop, picture: Picture, partner: Picture | None) -> None:
    """What can be done with a second picture."""
    if partner is None or partner.id == picture.id:
        st.caption("Press Pair under another picture to cross it with this one.")
        return
    image = painted(shop, [partner])[0]
    with st.container(horizontal=True):
        with st.container(width=TILE):
            if image is not None:
                show(image, f"the other picture, {partner.category}", "with this one")

        def crossing() -> None:
            put(visit, cross(shop, picture, partner, new_seed()))

        def strip() -> None:
            put(visit, film_strip(shop, picture, partner))

        st.button("Cross the two", key="cross", icon=":material/join:", on_click=doing(crossing))
        st.button("Film strip between them", key="strip", icon=":material/movie:", on_click=doing(strip))


def more_of(visit: Visit, shop: Workshop, picture: Picture) -> None:
    """More or less of an attribute; what it looks like is learned in the background, once."""
    choices = learnable(shop)
    if not choices:
        return
    left, right = st.columns(2)
    attribute = str(left.selectbox("More or less of", list(choices), key="attribute", format_func=spoken))
    value = str(right.selectbox("namely", choices[attribute], key=f"value-{attribute}"))
    told = {"attribute": attribute, "value": value, "category": picture.category}
    known = direction_of(shop, visit.settings, **told)
    if known is not None:
        vector, (low, _, high) = known

        def turn() -> None:
            put(visit, turned(shop, picture, vector, attribute, value))

        st.button(plain(f"Turn it: less and more {value}"), key="turn", icon=":material/tune:", on_click=doing(turn))
        if high - low < 0.1:
            st.caption(f"We did not find a way to draw more {plain(value)}: expect little.")
        return

    def learn() -> None:
        submit(visit.engine, "direction", shop.run.name, told, person=visit.person)

    @st.fragment(run_every=LOOK_AGAIN)
    @guarded
    def learning() -> None:
        if direction_of(shop, visit.settings, **told) is not None:
            st.rerun(scope="app")
        job_line(newest(visit.engine, "direction", shop.run.name, visit.person))

    job = newest(visit.engine, "direction", shop.run.name, visit.person)
    mine = job if job is not None and job.payload == told else None
    if mine is not None and mine.open:
        learning()
    else:
        job_line(mine)
        st.button(plain(f"Learn what {value} looks like"), key="learn", icon=":material/school:", on_click=doing(learn))


def opened(visit: Visit, shop: Workshop, picture: Picture, variety: str) -> None:
    """The picture that everything goes on from."""
    image = painted(shop, [picture])[0]
    left, right = st.columns([1, 2])
    with left:
        if image is not None:
            show(image, f"drawn {picture.category}, {words_of(picture)}", picture.name or words_of(picture))

        def toggle() -> None:
            keep(visit.engine, visit.person, picture.id, kept=not picture.kept)

        words = "Let go" if picture.kept else "Keep"
        st.button(words, key="keep", icon=":material/bookmark:", on_click=doing(toggle), width="stretch")
        if image is not None:
            export_buttons(picture, image)
    with right:

        def brood() -> None:
            put(visit, children(shop, picture, variety, new_seed()))

        icon = ":material/family_history:"
        st.button("Children of this one", key="children", type="primary", icon=icon, on_click=doing(brood))
        two(visit, shop, picture, at(visit, shop, "with"))
        more_of(visit, shop, picture)


def ancestors(visit: Visit, shop: Workshop, picture: Picture) -> None:
    """Where the picture comes from, each generation to be picked again."""
    with folded("Where this one comes from", "ancestors", ":material/account_tree:") as open_now:
        if not open_now:
            return
        for number, generation in enumerate(lineage(visit.engine, visit.person, shop.run.name, picture.id)):
            if number == 0:
                st.write(plain(words_of(picture).capitalize()) + ("" if picture.parents else "; it has no parents."))
                continue
            st.caption("Parents" if number == 1 else f"{number} generations back")
            tiles(shop, generation, f"line{number}")


def seen_before(visit: Visit, shop: Workshop) -> None:
    """What was kept, and what was made last."""
    with folded("Seen before", "before", ":material/history:") as open_now:
        if open_now:
            for title, where, kept in (("Kept", "kept", True), ("Newest", "newest", None)):
                found = find_pictures(visit.engine, visit.person, shop.run.name, kept=kept, newest=24)
                st.caption(title)
                tiles(shop, [picture for picture in found[::-1] if picture.op != "photo"], where)


with page("Explore") as visit:
    shop = enter(visit)
    if shop is not None:
        variety = start(visit, shop)
        picture = at(visit, shop, "at")
        if picture is not None:
            opened(visit, shop, picture, variety)
        batch = st.query_params.get("set")
        here = find_pictures(visit.engine, visit.person, shop.run.name, job=batch) if batch else []
        if here:
            st.subheader(plain(f"{here[0].category}: {'choose one to go on from' if picture is None else 'go on'}"))
            tiles(shop, here, "set")
        else:
            st.write("Press “Surprise me”, pick a picture that you like, and breed from it.")
        if picture is not None:
            ancestors(visit, shop, picture)
        seen_before(visit, shop)
