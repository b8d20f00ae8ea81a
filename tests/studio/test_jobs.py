"""The queue: claimed once, fair, given back by the dead, dropped when nobody waits."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, update

from medgan_fashion.studio.store.jobs import drop, fail, finish, newest, next_round, report, rescue, submit, take
from medgan_fashion.studio.store.people import new_person
from medgan_fashion.studio.store.schema import jobs


def test_a_job_is_claimed_by_one_alone(engine: Engine) -> None:
    keys = {submit(engine, "search", "run", {}) for _ in range(5)}
    with ThreadPoolExecutor(8) as pool:
        taken = [job.id for job in pool.map(lambda _: take(engine, "desk", ["run"]), range(16)) if job]
    assert len(taken) == len(set(taken))
    assert set(taken) <= keys


def test_only_this_lane_s_jobs_of_runs_that_are_here(engine: Engine) -> None:
    submit(engine, "samples", "run", {}, lane="training")
    submit(engine, "search", "elsewhere", {})
    assert take(engine, "desk", ["run"]) is None


def test_who_has_had_fewer_rounds_goes_first(engine: Engine) -> None:
    first, second = (submit(engine, "search", "run", {"n": n}) for n in range(2))
    job = take(engine, "desk", ["run"])
    assert job is not None
    assert job.id == first
    next_round(engine, job, 0.3, {"so": "far"})
    other, again = take(engine, "desk", ["run"]), take(engine, "desk", ["run"])
    assert other is not None
    assert again is not None
    assert (other.id, again.id, again.rounds, again.result) == (second, first, 1, {"so": "far"})


def test_a_dropped_job_is_not_finished(engine: Engine) -> None:
    person = new_person(engine)
    key = submit(engine, "search", "run", {}, person=person)
    assert take(engine, "desk", ["run"]) is not None
    assert report(engine, key, 0.5, "half")
    drop(engine, "search", "run", person)
    assert not report(engine, key, 0.6)
    finish(engine, key, {})
    assert newest(engine, "search", "run", person) is None


@pytest.mark.parametrize(("deaths", "state"), [(1, "waiting"), (3, "failed")])
def test_the_work_of_the_dead_is_taken_up_until_it_has_killed_three(engine: Engine, deaths: int, state: str) -> None:
    key = submit(engine, "search", "run", {})
    for _ in range(deaths):
        assert take(engine, "desk", ["run"]) is not None
        rescue(engine, "desk")  # alive: its heartbeat is fresh
        assert (job := newest(engine, "search", "run")) is not None
        assert job.state == "running"
        with engine.begin() as connection:
            connection.execute(update(jobs).where(jobs.c.id == key).values(changed=0.0))
        rescue(engine, "desk")
    job = newest(engine, "search", "run")
    assert job is not None
    assert (job.state, job.open) == (state, state == "waiting")


def test_a_failure_is_told_in_a_sentence(engine: Engine) -> None:
    key = submit(engine, "search", "run", {})
    take(engine, "desk", ["run"])
    fail(engine, key, "That did not work: no such garment")
    job = newest(engine, "search", "run")
    assert job is not None
    assert (job.state, job.said) == ("failed", "That did not work: no such garment")


def test_what_is_for_later_waits(engine: Engine) -> None:
    key = submit(engine, "search", "run", {}, later=60.0)
    assert take(engine, "desk", ["run"]) is None
    with engine.begin() as connection:
        connection.execute(update(jobs).values(created=jobs.c.created - 61))
    job = take(engine, "desk", ["run"])
    assert job is not None
    assert job.id == key
