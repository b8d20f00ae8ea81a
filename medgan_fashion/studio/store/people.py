"""People of the studio: who they are, what they like, what they chose."""

import secrets
import time
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from medgan_fashion.studio.store.schema import choices, opinions, people

LONGEST = 80  # of a name


@dataclass(frozen=True)
class Said:
    """What one person said of one run's items, the newest last; nothing else is known of a taste."""

    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()  # (better, worse)

    def __bool__(self) -> bool:
        return bool(self.likes or self.dislikes or self.choices)


def new_person(engine: Engine, name: str = "") -> str:
    """A new person's key: 128 random bits, which nobody can guess."""
    key = secrets.token_hex(16)
    with engine.begin() as connection:
        connection.execute(insert(people).values(id=key, name=name[:LONGEST], created=time.time()))
    return key


def is_person(engine: Engine, key: str) -> bool:
    """Whether that key is somebody's."""
    with engine.connect() as connection:
        return connection.execute(select(people.c.id).where(people.c.id == key)).first() is not None


def forget_person(engine: Engine, key: str) -> None:
    """Removes a person with everything they said, drew and read."""
    with engine.begin() as connection:
        connection.execute(delete(people).where(people.c.id == key))


def _set_opinion(connection: Connection, person: str, run: str, item: str, value: int) -> None:
    row = (opinions.c.person == person) & (opinions.c.run == run) & (opinions.c.item == item)
    changed = connection.execute(update(opinions).where(row).values(value=value, created=time.time()))
    if not changed.rowcount:
        words = {"person": person, "run": run, "item": item, "value": value, "created": time.time()}
        connection.execute(insert(opinions).values(**words))


def say(engine: Engine, person: str, run: str, item: str, value: int) -> None:
    """Keeps a person's word on an item: 1 likes it, -1 does not, 0 takes it back. On disk when this returns."""
    try:
        with engine.begin() as connection:
            _set_opinion(connection, person, run, item, value)
    except IntegrityError:  # another window of theirs named it in the same moment, and there is a row to change now
        with engine.begin() as connection:
            _set_opinion(connection, person, run, item, value)


def say_all(engine: Engine, person: str, run: str, likes: tuple[str, ...], dislikes: tuple[str, ...]) -> None:
    """Begins again with these likes and dislikes and no choices: what an invented profile is put on with."""
    with engine.begin() as connection:
        connection.execute(delete(opinions).where(opinions.c.person == person, opinions.c.run == run))
        connection.execute(delete(choices).where(choices.c.person == person, choices.c.run == run))
        for value, items in ((1, likes), (-1, dislikes)):
            for item in items:
                _set_opinion(connection, person, run, item, value)


def choose(engine: Engine, person: str, run: str, better: str, worse: str) -> None:
    """Keeps the answer to A or B."""
    row = {"person": person, "run": run, "better": better, "worse": worse, "created": time.time()}
    with engine.begin() as connection:
        connection.execute(insert(choices).values(**row))


def said_by(engine: Engine, person: str, run: str) -> Said:
    """Everything that a person said of a run's items."""
    mine = (opinions.c.person == person) & (opinions.c.run == run) & (opinions.c.value != 0)
    words = select(opinions.c.item, opinions.c.value).where(mine).order_by(opinions.c.created, opinions.c.id)
    pairs = select(choices.c.better, choices.c.worse).where(choices.c.person == person, choices.c.run == run)
    with engine.connect() as connection:
        rows = connection.execute(words).all()
        chosen = connection.execute(pairs.order_by(choices.c.id)).all()
    likes, dislikes = (tuple(item for item, value in rows if value == sign) for sign in (1, -1))
    return Said(likes, dislikes, tuple((better, worse) for better, worse in chosen))
