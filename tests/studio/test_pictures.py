"""Pictures and their lineage."""

import numpy as np
from sqlalchemy import Engine

from medgan_fashion.studio.store.people import new_person
from medgan_fashion.studio.store.pictures import (
    add_pictures,
    find_picture,
    find_pictures,
    keep,
    lineage,
    new_picture,
    remove_photo,
)

Z = np.arange(4, dtype=np.float32) / np.float32(3)


def test_a_picture_comes_back_as_it_was(engine: Engine, person: str) -> None:
    made = new_picture("run", "hash", "tops", "child", Z, parents=["a", "b"], facts={"seed": 3}, job="j")
    add_pictures(engine, person, [made])
    found = find_picture(engine, person, "run", made.id)
    assert found is not None
    assert np.array_equal(found.z, Z)
    assert (found.parents, found.facts, found.job, found.kept) == (("a", "b"), {"seed": 3}, "j", False)
    assert find_picture(engine, new_person(engine), "run", made.id) is None


def test_keeping_naming_and_the_newest(engine: Engine, person: str) -> None:
    made = [new_picture("run", "hash", "tops", op, Z) for op in ("random", "searched", "random")]
    for one in made:
        add_pictures(engine, person, [one])
    keep(engine, person, made[0].id, name="  Evening  ")
    assert [p.name for p in find_pictures(engine, person, "run", kept=True)] == ["Evening"]
    assert [p.id for p in find_pictures(engine, person, "run", newest=2)] == [made[1].id, made[2].id]
    assert [p.id for p in find_pictures(engine, person, "run", ops=["random"])] == [made[0].id, made[2].id]
    keep(engine, person, made[0].id, kept=False)
    assert find_pictures(engine, person, "run", kept=True) == []


def test_lineage_goes_back_to_the_first_and_ends(engine: Engine, person: str) -> None:
    a, b = (new_picture("run", "hash", "tops", "random", Z) for _ in range(2))
    c = new_picture("run", "hash", "tops", "cross", Z, parents=[a.id, b.id])
    d = new_picture("run", "hash", "tops", "child", Z, parents=[c.id])
    add_pictures(engine, person, [a, b, c, d])
    found = [{picture.id for picture in row} for row in lineage(engine, person, "run", d.id)]
    assert found == [{d.id}, {c.id}, {a.id, b.id}]


def test_a_photo_can_be_deleted_and_its_drawing_stays(engine: Engine, person: str) -> None:
    photo = new_picture("run", "", "tops", "photo", np.zeros(0, dtype=np.float32), pixels=b"png")
    drawing = new_picture("run", "hash", "tops", "drawing", Z, parents=[photo.id])
    add_pictures(engine, person, [photo, drawing])
    remove_photo(engine, person, drawing.id)  # is no photo: stays
    remove_photo(engine, person, photo.id)
    assert [p.id for p in find_pictures(engine, person, "run")] == [drawing.id]
