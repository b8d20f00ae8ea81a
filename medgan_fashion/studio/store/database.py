"""The studio's database: opened, and brought to the schema that this version of the package knows."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

_LOCK = 7_340_021  # of PostgreSQL's advisory locks, ours
_BUSY_MS = 30_000  # a writer waits so long for another


def _on_connect(connection: Any, record: object) -> None:
    """SQLite: foreign keys are kept, readers do not wait for a writer, a write is on disk when it returns."""
    cursor = connection.cursor()
    for setting in ("foreign_keys=ON", "journal_mode=WAL", f"busy_timeout={_BUSY_MS}", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url)
        event.listen(engine, "connect", _on_connect)
        return engine
    return create_engine(url, pool_pre_ping=True)  # a server may have been restarted in between


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction in which no other process upgrades: the lock is let go after the commit, not before."""
    if engine.url.get_backend_name() == "sqlite":
        with Path(f"{engine.url.database}.upgrade").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                # begun by hand: Python's driver begins nothing before a CREATE TABLE, which would stay alone in a crash
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.invalidate()  # closed, and with it undone
                    raise
                connection.exec_driver_sql("COMMIT")
        return
    with engine.begin() as connection:
        if engine.url.get_backend_name() == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        yield connection


def upgrade(engine: Engine, to: str = "head") -> None:
    """Runs the versions that are missing, all or none; ValueError where the database is newer than this package."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "medgan_fashion.studio.store:migrations")
    with _alone(engine) as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, to)
        except CommandError as error:
            shown = engine.url.render_as_string(hide_password=True)
            raise ValueError(
                f"the database {shown} was made by another version of the studio ({error}): start that version, or "
                "name another database with --database"
            ) from None


def open_database(url: str) -> Engine:
    """The engine of a database at the newest schema; ValueError in one sentence where it cannot be."""
    try:
        address = make_url(url)
        if address.get_backend_name() == "postgresql" and address.get_driver_name() == "psycopg2":
            address = address.set(drivername="postgresql+psycopg")  # plain postgresql:// means the driver of our extra
        engine = _engine(address)
        upgrade(engine)
    except ArgumentError:
        raise ValueError(
            "the database's URL cannot be read: write it as postgresql://user:password@host/name, or leave it out"
        ) from None
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ValueError(
            f"no driver for this database ({error}): for PostgreSQL pip install 'medgan-fashion[postgres]'"
        ) from None
    except (OperationalError, DBAPIError) as error:
        shown = make_url(url).render_as_string(hide_password=True)
        reason = " ".join(str(error.orig).split())
        raise ValueError(f"the database {shown} cannot be opened: {reason}; check its address and rights") from None
    return engine
