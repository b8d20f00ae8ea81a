"""A database of its own for each test, and a workshop for the whole session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from medgan_fashion.studio.garments.workshop import Workshop
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.database import open_database
from medgan_fashion.studio.store.people import new_person
from medgan_fashion.studio.work.work import Desk
from tests.chains.tiny_shop import tiny_chain
from tests.made_once import made_once


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty SQLite database."""
    opened = open_database(f"sqlite:///{tmp_path / 'studio.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def person(engine: Engine) -> str:
    """Somebody."""
    return new_person(engine)


@pytest.fixture(scope="session")
def shop_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run of garments; read it only."""
    return made_once(tmp_path_factory, "tiny_shop", lambda folder: tiny_chain({}, folder, {}))


@pytest.fixture(scope="session")
def desk(shop_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A worker's desk on that run."""
    settings = Settings(home=str(tmp_path_factory.mktemp("home")), runs=(str(shop_run),))
    opened = open_database(settings.url)
    yield Desk(settings, opened)
    opened.dispose()


@pytest.fixture(scope="session")
def workshop(desk: Desk) -> Workshop:
    """Its workshop."""
    return desk.workshop("tiny_shop")
