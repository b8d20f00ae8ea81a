"""What jobs put into the database, and what becomes of bad ones."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from medgan_fashion.fashion.design.search import climb
from medgan_fashion.fashion.restyle.invert import CANNOT, CLOSEST, FAITHFUL
from medgan_fashion.studio.garments.breeding import direction_of
from medgan_fashion.studio.garments.offers import taste_in
from medgan_fashion.studio.garments.workshop import Shopper, Workshop
from medgan_fashion.studio.store.jobs import Job, drop, newest, submit, take
from medgan_fashion.studio.store.people import Said, new_person
from medgan_fashion.studio.store.pictures import accept_photo, add_pictures, find_pictures, new_picture
from medgan_fashion.studio.work.work import ROUNDS, Desk, Dropped
from medgan_fashion.studio.work.worker import work_once

RUN = "tiny_shop"


def _shopper(workshop: Workshop) -> Shopper:
    return Shopper(Said(workshop.opened.catalogue.items[:2]))


def _finish(desk: Desk, kind: str, person: str | None) -> Job:
    """Works until that job is over."""
    for _ in range(20):
        work_once(desk, "desk")
        job = newest(desk.engine, kind, RUN, person)
        assert job is not None
        if not job.open:
            return job
    raise AssertionError(f"{kind} did not come to its end")


def test_a_search_takes_its_rounds_and_keeps_what_each_found(desk: Desk, workshop: Workshop) -> None:
    person = new_person(desk.engine)
    category = workshop.opened.catalogue.categories[workshop.draws()[0]]
    told = {"shopper": _shopper(workshop).plain(), "category": category, "seed": 0}
    submit(desk.engine, "search", RUN, told, person=person)
    seen: list[tuple[float, str]] = []
    for _ in ROUNDS:
        assert work_once(desk, "desk")
        job = newest(desk.engine, "search", RUN, person)
        assert job is not None
        seen.append((job.done, job.state))
    assert seen == sorted(seen)
    assert seen[-1] == (1.0, "done")
    for picture in find_pictures(desk.engine, person, RUN):
        assert (picture.op, picture.category, picture.model) == ("searched", category, workshop.model_hash)
        assert len(picture.z) == workshop.atelier.model.latent.size


def test_two_searches_take_turns(desk: Desk, workshop: Workshop) -> None:
    people = [new_person(desk.engine) for _ in range(2)]
    category = workshop.opened.catalogue.categories[workshop.draws()[0]]
    told = {"shopper": _shopper(workshop).plain(), "category": category, "seed": 0}
    for person in people:
        submit(desk.engine, "search", RUN, told, person=person)
    work_once(desk, "desk")
    work_once(desk, "desk")
    rounds = [newest(desk.engine, "search", RUN, person) for person in people]
    assert [job.rounds for job in rounds if job] == [1, 1]
    for person in people:
        drop(desk.engine, "search", RUN, person)


def test_an_item_and_a_photo_are_drawn_and_walked(desk: Desk, workshop: Workshop) -> None:
    person, catalogue = new_person(desk.engine), workshop.opened.catalogue
    row = int(np.flatnonzero(catalogue.category == workshop.draws()[0])[0])
    category = catalogue.categories[catalogue.category[row]]
    buffer = io.BytesIO()
    Image.fromarray(np.array(catalogue.images[row]).transpose(1, 2, 0)).save(buffer, "PNG")
    pixels = accept_photo(buffer.getvalue(), desk.settings)
    photo = new_picture(RUN, "", category, "photo", np.zeros(0, dtype=np.float32), pixels=pixels)
    add_pictures(desk.engine, person, [photo])
    for given in ({"item": catalogue.items[row], "photo": ""}, {"item": "", "photo": photo.id}):
        told = given | {"category": category, "seed": 0, "shopper": _shopper(workshop).plain()}
        submit(desk.engine, "restyle", RUN, told, person=person)
        job = _finish(desk, "restyle", person)
        assert job.state == "done", job.said
        drawn = find_pictures(desk.engine, person, RUN, job=job.id)
        assert drawn[0].op == "drawing"
        assert drawn[0].facts["answer"] in (FAITHFUL, CLOSEST, CANNOT)
        assert drawn[0].parents == ((photo.id,) if given["photo"] else ())
        assert all(frame.op == "walk" and frame.parents == (drawn[0].id,) for frame in drawn[1:])
        assert len(drawn) == 1 or drawn[-1].facts["amount"] == 1


def test_a_direction_is_learned_once(desk: Desk, workshop: Workshop) -> None:
    category = workshop.opened.catalogue.categories[workshop.draws()[0]]
    told = {"attribute": "sleeves", "value": "x", "category": category}
    submit(desk.engine, "direction", RUN, told)
    assert "no attribute 'sleeves'" in _finish(desk, "direction", None).said
    assert direction_of(workshop, desk.settings, **told) is None


@pytest.mark.parametrize(
    ("kind", "told", "says"),
    [
        ("restyle", {"item": "no such item", "photo": "", "category": "tops", "seed": 0}, "no item 'no such item'"),
        ("restyle", {"item": "", "photo": "gone", "category": "tops", "seed": 0}, "the photo is gone: send it again"),
        ("search", {}, "Something went wrong on our side (incident "),
    ],
)
def test_a_bad_job_ends_in_a_sentence_and_the_worker_lives(desk: Desk, kind: str, told: dict, says: str) -> None:
    person = new_person(desk.engine)
    submit(desk.engine, kind, RUN, told | ({"shopper": Shopper().plain()} if told else {}), person=person)
    job = _finish(desk, kind, person)
    assert job.state == "failed"
    assert says in job.said
    assert "Traceback" not in job.said
    assert not work_once(desk, "desk")


def test_a_search_that_is_not_wanted_any_more_stops_between_two_steps(
    desk: Desk, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medgan_fashion.studio.work.work.LOOK", 0.0)
    person = new_person(desk.engine)
    category = workshop.draws()[0]
    submit(desk.engine, "search", RUN, {}, person=person)
    job = take(desk.engine, "desk", [RUN])
    assert job is not None
    pulse, steps = desk.pulse(job), 0

    def look() -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            drop(desk.engine, "search", RUN, person)
        pulse()

    bench = taste_in(workshop, _shopper(workshop), category).bench
    with pytest.raises(Dropped):
        climb(bench, torch.as_tensor(workshop.pools[category].z[:1]), 50, 0, look)
    assert steps == 3
