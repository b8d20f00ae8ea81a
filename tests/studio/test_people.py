"""People and what they said."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from medgan_fashion.studio.store import people
from medgan_fashion.studio.store.people import Said, choose, forget_person, is_person, new_person, said_by, say, say_all
from medgan_fashion.studio.store.pictures import add_pictures, find_pictures, new_picture
from tests.studio.test_pictures import Z


def test_the_last_word_counts_and_nobody_hears_another(engine: Engine, person: str) -> None:
    other = new_person(engine)
    for item, value in (("1", 1), ("2", -1), ("3", 1), ("1", -1), ("3", 0)):
        say(engine, person, "run", item, value)
    choose(engine, person, "run", "4", "5")
    say(engine, other, "run", "9", 1)
    say(engine, person, "another run", "7", 1)
    assert said_by(engine, person, "run") == Said((), ("2", "1"), (("4", "5"),))
    assert said_by(engine, other, "run") == Said(("9",))
    assert not Said()


def test_likes_that_come_at_once_are_all_kept(engine: Engine, person: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: say(engine, person, "run", str(i), 1), range(40)))
    assert set(said_by(engine, person, "run").likes) == {str(i) for i in range(40)}


def test_a_profile_is_put_on_whole(engine: Engine, person: str) -> None:
    say(engine, person, "run", "1", 1)
    choose(engine, person, "run", "4", "5")
    say_all(engine, person, "run", ("2", "3"), ("6",))
    assert said_by(engine, person, "run") == Said(("2", "3"), ("6",))


def test_who_is_forgotten_leaves_nothing(engine: Engine, person: str) -> None:
    say(engine, person, "run", "1", 1)
    add_pictures(engine, person, [new_picture("run", "m", "tops", "random", Z)])
    forget_person(engine, person)
    assert not is_person(engine, person)
    assert not said_by(engine, person, "run")
    assert find_pictures(engine, person, "run") == []


def test_a_word_that_another_window_said_in_the_same_moment_is_no_error(
    engine: Engine, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = people._set_opinion, []

    def raced(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 1:
            raise IntegrityError("INSERT INTO opinions", {}, Exception("UNIQUE constraint failed"))
        real(*given)

    monkeypatch.setattr(people, "_set_opinion", raced)
    say(engine, person, "run", "1", 1)
    assert said_by(engine, person, "run") == Said(("1",))
