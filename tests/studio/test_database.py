"""The schema: one truth in two places, upgrades that lose nothing, and addresses that cannot be opened."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event, insert, inspect, select, text

from medgan_fashion.studio.store.database import open_database, upgrade
from medgan_fashion.studio.store.schema import metadata, people


def test_versions_end_where_the_schema_is(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_older_database_is_brought_up_and_keeps_its_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    old = create_engine(url)
    upgrade(old, "0001")
    assert "readings" not in inspect(old).get_table_names()
    with old.begin() as connection:
        connection.execute(insert(people).values(id="a" * 32, name="Ada", created=1.0))
    old.dispose()
    new = open_database(url)
    assert "readings" in inspect(new).get_table_names()
    with new.connect() as connection:
        assert connection.execute(select(people.c.name)).scalars().all() == ["Ada"]
    new.dispose()


def test_a_newer_database_is_refused_with_the_cure(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ValueError, match=r"made by another version of the studio.*--database"):
        open_database(url)


def test_two_that_open_it_at_once_both_find_it_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'both.db'}"
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(lambda _: open_database(url), range(4)))
    for engine in engines:
        assert "readings" in inspect(engine).get_table_names()
        engine.dispose()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "URL cannot be read"),
        ("mysql://host/name", "no driver for this database"),
        ("postgresql://user:secret@localhost:1/name", r"postgresql\S*://user:\*\*\*@localhost:1/name cannot be opened"),
    ],
)
def test_what_cannot_be_opened_says_why_and_no_password(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)


def test_an_upgrade_that_is_cut_off_leaves_nothing_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cut.db'}"

    def cut(connection: object, cursor: object, statement: str, *more: object) -> None:
        if "CREATE TABLE readings" in statement:
            raise KeyboardInterrupt

    old = create_engine(url)
    event.listen(old, "before_cursor_execute", cut)
    with pytest.raises(KeyboardInterrupt):
        upgrade(old)
    event.remove(old, "before_cursor_execute", cut)
    assert inspect(old).get_table_names() == []
    old.dispose()
    whole = open_database(url)
    assert "readings" in inspect(whole).get_table_names()
    whole.dispose()
