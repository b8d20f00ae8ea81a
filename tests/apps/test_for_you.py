"""Page 1: every word counts at once and is kept, designs follow, nothing breaks."""

from dataclasses import replace

import pytest

from medgan_fashion.studio.store.jobs import newest
from medgan_fashion.studio.store.people import is_person, said_by
from medgan_fashion.studio.store.pictures import find_pictures
from medgan_fashion.studio.widgets import NOTE
from tests.apps.conftest import RUN, Studio, click, person_of, texts, unfold


def test_a_newcomer_sees_what_is_popular_and_that_drawings_are_synthetic(studio: Studio) -> None:
    page = studio.open("for_you")
    assert not page.exception
    assert NOTE in texts(page)
    assert "You have not told us anything yet" in texts(page)
    assert "Likely to please many" in texts(page)
    assert page.button(key="again").disabled  # there is no taste yet to search for
    assert newest(studio.desk.engine, "search", RUN, person_of(page)) is None


def test_likes_dislikes_and_choices_are_kept_at_once_and_survive_a_refresh(studio: Studio) -> None:
    page = studio.open("for_you")
    page = click(page, "Like")
    page = click(page, "No")
    page = click(unfold(page, "asked", "A or B"), "This one")
    said = studio.said(page)
    assert (len(said.likes), len(said.dislikes), len(said.choices)) == (1, 1, 1)
    assert "3 answers so far" in texts(page)
    again = studio.open("for_you", me=person_of(page))
    assert person_of(again) == person_of(page)
    assert "3 answers so far" in texts(again)
    again = click(unfold(again, "told"), "Take back")
    assert len(studio.said(again).likes + studio.said(again).dislikes) == 1


def test_a_like_starts_a_search_whose_designs_join_the_pool(studio: Studio) -> None:
    page = click(studio.open("for_you"), "Like")
    job = newest(studio.desk.engine, "search", RUN, person_of(page))
    assert job is not None
    assert job.open
    page = click(page, "Like")  # the taste has changed: the old search is given up
    newer = newest(studio.desk.engine, "search", RUN, person_of(page))
    assert newer is not None
    assert newer.id != job.id
    studio.work()
    page = studio.open("for_you", me=person_of(page))
    assert not page.exception
    assert "searched on from the best of them" in texts(page)
    assert "We think it fits you" in texts(page)


def test_two_windows_of_one_person_do_not_take_each_other_s_search(studio: Studio) -> None:
    one = click(studio.open("for_you"), "Like")
    two = studio.open("for_you", me=person_of(one))
    other = two.pills(key="category").options[1]
    two = two.pills(key="category").set_value(other).run()
    job = newest(studio.desk.engine, "search", RUN, person_of(one))
    assert job is not None
    assert job.payload["category"] == other
    for _ in range(3):
        one, two = one.run(), two.run()
    after = newest(studio.desk.engine, "search", RUN, person_of(one))
    assert after is not None
    assert (after.id, after.open) == (job.id, True)
    assert studio.said(click(one, "Like")).likes  # and whoever says something new is searched for again
    mine = newest(studio.desk.engine, "search", RUN, person_of(one))
    assert mine is not None
    assert mine.id != job.id


def test_a_design_that_was_clicked_is_kept_though_it_stands_there_no_longer(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = studio.open("for_you")
    monkeypatch.setattr("medgan_fashion.studio.garments.searching.Offer.best", lambda self, wish, k: [])
    page = click(page, "Keep")
    assert not page.exception
    assert len(find_pictures(studio.desk.engine, person_of(page), RUN, kept=True)) == 1


def test_what_was_told_stays_open_while_it_is_taken_back(studio: Studio) -> None:
    page = click(click(studio.open("for_you"), "Like"), "Like")
    page = click(unfold(page, "told"), "Take back")
    page = click(page, "Take back")
    assert not studio.said(page)


def test_a_design_is_kept_once_named_and_let_go(studio: Studio) -> None:
    page = click(studio.open("for_you"), "Keep")
    mine = find_pictures(studio.desk.engine, person_of(page), RUN, kept=True)
    assert len(mine) == 1
    kept = [button for button in page.button if button.label == "Keep" and button.disabled]
    assert len(kept) == 1
    page.text_input[0].set_value("<b>Evening</b>").run()
    assert find_pictures(studio.desk.engine, person_of(page), RUN, kept=True)[0].name == "<b>Evening</b>"
    assert len(page.get("download_button")) == 2
    page = click(page, "Let go")
    assert find_pictures(studio.desk.engine, person_of(page), RUN, kept=True) == []


def test_sliders_rank_the_pool_anew_without_a_search(studio: Studio) -> None:
    page = studio.open("for_you")
    before = [button.key for button in page.button if button.label == "Keep"]
    page = page.select_slider(key="bold").set_value("bold").run()
    page = page.select_slider(key="varied").set_value("varied").run()
    after = [button.key for button in page.button if button.label == "Keep"]
    assert len(after) == len(before) > 0
    assert newest(studio.desk.engine, "search", RUN, person_of(page)) is None


def test_an_invented_person_can_be_put_on_and_left(studio: Studio) -> None:
    page = unfold(studio.open("for_you"), "begin")
    name = next(button.label for button in page.button if str(button.key).startswith("profile-"))
    page = click(page, name)
    assert len(studio.said(page).likes) > 1
    page = click(page, "Start over")
    assert not studio.said(page)


def test_two_people_do_not_disturb_each_other(studio: Studio) -> None:
    one, two = studio.open("for_you"), studio.open("for_you")
    one, two = click(one, "Like"), click(two, "No")
    assert person_of(one) != person_of(two)
    assert (len(studio.said(one).likes), len(studio.said(two).likes)) == (1, 0)


def test_a_customer_is_shown_only_where_that_was_asked_for(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    page = studio.open("for_you")
    customers = page.selectbox(key=f"customer-{RUN}")
    page = customers.set_value(customers.options[1]).run()
    assert not page.exception
    assert "What do you like?" not in texts(page)
    kept = f"lasting-customer-{RUN}"  # of no widget: other pages, which draw no such box, follow it
    other = studio.open("make_it_mine")
    assert "Tell us what you like" in texts(other)
    other.session_state[kept] = page.session_state[kept]
    assert "Tell us what you like" not in texts(other.run())
    hidden = replace(studio.settings, show_customers=False)
    for name, value in hidden.environment().items():
        monkeypatch.setenv(name, value)
    page = studio.open("for_you")
    assert [box.key for box in page.selectbox] == ["shelf"]


def test_what_goes_wrong_is_a_sentence_and_no_like_is_lost(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    page = click(studio.open("for_you"), "Like")

    def broken(*given: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("medgan_fashion.studio.garments.pages.open_workshop", broken)
    monkeypatch.setattr("medgan_fashion.studio.garments.pages.is_prepared", broken)
    page = studio.open("for_you", me=person_of(page))
    assert not page.exception
    assert "Something went wrong on our side. Nothing you said is lost" in texts(page)
    assert "secret detail" not in texts(page)
    assert len(said_by(studio.desk.engine, person_of(page), RUN).likes) == 1


def test_who_asks_to_be_forgotten_is(studio: Studio) -> None:
    page = click(studio.open("for_you"), "Like")
    before = person_of(page)
    page = page.checkbox(key="sure").check().run()
    page = click(page, "Forget me")
    assert not page.exception
    assert not is_person(studio.desk.engine, before)
    assert person_of(page) != before
    assert "You have not told us anything yet" in texts(page)


def test_a_like_that_cannot_be_kept_says_so(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    page = studio.open("for_you")

    def full(*given: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("medgan_fashion.studio.store.people._set_opinion", full)
    page = click(page, "Like")
    assert not page.exception
    assert "That was not kept: please try again" in texts(page)
    assert "no space left" not in texts(page)
    assert not studio.said(page)


def test_a_key_that_is_nobody_s_begins_anew(studio: Studio) -> None:
    for key in ("0" * 32, "' OR 1=1 --", "<script>"):
        page = studio.open("for_you", me=key)
        assert not page.exception
        assert person_of(page) != key


def test_items_are_named_by_colour_and_type_where_the_catalogue_has_them(studio: Studio) -> None:
    page = studio.open("for_you")
    alts = [one.proto.imgs[0].alt for one in page.get("image")]  # type: ignore[attr-defined]
    catalogue = studio.desk.workshop(RUN).opened.catalogue
    colours = {colour.capitalize() for colour in catalogue.attributes["colour"]}
    photos = [alt.removeprefix("photo of ") for alt in alts if alt.startswith("photo of ")]
    assert photos
    assert all(words.split()[0] in colours for words in photos)
    assert all(words.split()[2].rstrip(",") in catalogue.items for words in photos)
