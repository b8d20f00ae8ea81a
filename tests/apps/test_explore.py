"""Page 3: breeding, crossing, strips and turns, each kept with its lineage."""

from medgan_fashion.studio.store.pictures import find_pictures
from tests.apps.conftest import RUN, Studio, click, person_of, texts, unfold


def test_from_nothing_to_a_cross_and_back_along_the_lineage(studio: Studio) -> None:
    page = click(studio.open("explore"), "Surprise me")
    assert not page.exception
    page = click(page, "Pick")
    page = click(page, "Children of this one")
    page = click(page, "Pick", 2)
    page = click(page, "Pair", 1)
    page = click(page, "Cross the two")
    page = click(page, "Film strip between them")
    ops = [picture.op for picture in find_pictures(studio.desk.engine, person_of(page), RUN)]
    assert {op: ops.count(op) for op in dict.fromkeys(ops)} == {"random": 8, "child": 8, "cross": 8, "film": 7}
    assert "Parents" not in texts(page)
    page = unfold(page, "ancestors")
    assert "Parents" in texts(page)
    assert "Newest" in texts(unfold(page, "before"))
    page = click(page, "Keep")
    again = studio.open("explore", me=person_of(page))
    assert not again.exception
    assert [picture.kept for picture in find_pictures(studio.desk.engine, person_of(page), RUN, kept=True)] == [True]


def test_an_address_of_somebody_else_s_picture_opens_nothing(studio: Studio) -> None:
    page = click(studio.open("explore"), "Surprise me")
    theirs = find_pictures(studio.desk.engine, person_of(page), RUN)[0]
    stranger = studio.open("explore", at=theirs.id, set=str(theirs.job))
    assert not stranger.exception
    assert "Children of this one" not in [button.label for button in stranger.button]
    assert not find_pictures(studio.desk.engine, person_of(stranger), RUN)


def test_more_of_an_attribute_is_learned_in_the_background(studio: Studio) -> None:
    page = click(click(studio.open("explore"), "Surprise me"), "Pick")
    learn = [button.label for button in page.button if button.label.startswith("Learn what")]
    if not learn:  # the tiny shop may have no attribute that enough items share
        assert not page.selectbox
        return
    page = click(page, learn[0])
    studio.work()
    page = page.run()
    assert not page.exception
    turn = next(button.label for button in page.button if button.label.startswith("Turn it"))
    page = click(page, turn)
    ops = [picture.op for picture in find_pictures(studio.desk.engine, person_of(page), RUN)]
    assert ops.count("turn") == 5
