"""Work for the background, kept in the database: nothing that was asked for is lost with a process."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, and_, insert, select, update

from medgan_fashion.studio.store.schema import jobs

LANES = ("desk", "training")  # what people wait for at a page, and what takes minutes


SILENT = 15.0  # seconds without a heartbeat after which a worker is taken for dead
TRIES = 3
OPEN = ("waiting", "running")


@dataclass(frozen=True)
class Job:
    """One piece of work. `state`: waiting, running, done, failed or dropped; `done` 0 to 1; `said` to who waits."""

    id: str
    person: str | None
    run: str
    kind: str
    payload: dict[str, Any]
    state: str
    rounds: int
    done: float
    said: str
    result: dict[str, Any] | None

    @property
    def open(self) -> bool:
        """Whether more is to come."""
        return self.state in OPEN


def _job(row: Row[Any]) -> Job:
    return Job(**{name: getattr(row, name) for name in Job.__dataclass_fields__})


def submit(
    engine: Engine,
    kind: str,
    run: str,
    payload: dict[str, Any],
    *,
    person: str | None = None,
    lane: str = "desk",
    later: float = 0.0,
) -> str:
    """Puts work in the queue of a lane, to be taken up after `later` seconds; returns its id."""
    now, key = time.time() + later, secrets.token_hex(8)
    row = {"id": key, "person": person, "run": run, "kind": kind, "lane": lane, "payload": payload}
    row |= {"state": "waiting", "rounds": 0, "done": 0.0, "said": "", "tries": 0, "created": now, "changed": now}
    with engine.begin() as connection:
        connection.execute(insert(jobs).values(**row))
    return key


def newest(engine: Engine, kind: str, run: str, person: str | None = None) -> Job | None:
    """The newest job of that kind, run and person that was not dropped."""
    mine = (jobs.c.kind == kind) & (jobs.c.run == run) & (jobs.c.state != "dropped")
    mine &= jobs.c.person.is_(None) if person is None else jobs.c.person == person
    with engine.connect() as connection:
        row = connection.execute(select(jobs).where(mine).order_by(jobs.c.created.desc()).limit(1)).first()
    return None if row is None else _job(row)


def drop(engine: Engine, kind: str, run: str, person: str) -> None:
    """Nobody waits for these any more: a worker leaves them at its next look."""
    mine = and_(jobs.c.kind == kind, jobs.c.run == run, jobs.c.person == person, jobs.c.state.in_(OPEN))
    with engine.begin() as connection:
        connection.execute(update(jobs).where(mine).values(state="dropped", changed=time.time()))


def rescue(engine: Engine, lane: str) -> None:
    """Puts the work of dead workers back in the queue; what has killed three of them is given up."""
    dead = and_(jobs.c.lane == lane, jobs.c.state == "running", jobs.c.changed < time.time() - SILENT)
    gone = {"state": "failed", "said": "This could not be finished. Please try again."}
    with engine.begin() as connection:
        connection.execute(update(jobs).where(dead, jobs.c.tries >= TRIES).values(**gone))
        connection.execute(update(jobs).where(dead).values(state="waiting"))


def take(engine: Engine, lane: str, runs: list[str]) -> Job | None:
    """Claims a waiting job of those runs for the caller alone: who has had the fewest rounds, then who came first."""
    due = jobs.c.created <= time.time()
    waiting = (jobs.c.lane == lane) & (jobs.c.state == "waiting") & jobs.c.run.in_(runs) & due
    with engine.begin() as connection:
        row = connection.execute(select(jobs).where(waiting).order_by(jobs.c.rounds, jobs.c.created).limit(1)).first()
        if row is None:
            return None
        claimed = {"state": "running", "tries": row.tries + 1, "changed": time.time()}
        mine = (jobs.c.id == row.id) & (jobs.c.state == "waiting")
        if not connection.execute(update(jobs).where(mine).values(**claimed)).rowcount:
            return None  # another worker was faster
    return _job(row)


def _change(engine: Engine, key: str, where: ColumnElement[bool], **values: Any) -> bool:
    with engine.begin() as connection:
        changed = connection.execute(update(jobs).where(jobs.c.id == key, where).values(changed=time.time(), **values))
    return bool(changed.rowcount)


def report(engine: Engine, key: str, done: float | None = None, said: str | None = None) -> bool:
    """A heartbeat, with progress where there is some; False where nobody waits for the job any more."""
    told = {name: value for name, value in (("done", done), ("said", said)) if value is not None}
    return _change(engine, key, jobs.c.state == "running", **told)


def finish(engine: Engine, key: str, result: dict[str, Any]) -> None:
    """The job is done."""
    _change(engine, key, jobs.c.state == "running", state="done", done=1.0, result=result)


def next_round(engine: Engine, job: Job, done: float, result: dict[str, Any]) -> None:
    """Back in the queue, behind those who have had fewer rounds."""
    rounds = {"state": "waiting", "rounds": job.rounds + 1, "tries": 0, "done": done, "result": result}
    _change(engine, job.id, jobs.c.state == "running", **rounds)


def fail(engine: Engine, key: str, said: str) -> None:
    """The job cannot be done; `said` is a sentence for the person who waits."""
    _change(engine, key, jobs.c.state == "running", state="failed", said=said)
