"""A studio for the page tests: the tiny shop, prepared once, and a database of its own for each test."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from medgan_fashion.studio.garments.workshop import prepare
from medgan_fashion.studio.runs import find_runs
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.database import open_database
from medgan_fashion.studio.store.people import Said, said_by
from medgan_fashion.studio.work.work import Desk
from medgan_fashion.studio.work.worker import work_once
from tests.chains.tiny_shop import tiny_chain
from tests.made_once import made_once

APPS = Path(__file__).parents[2] / "apps"
RUN = "tiny_shop"


@dataclass(frozen=True)
class Studio:
    """Settings and a worker's desk; `work` does everything that waits."""

    settings: Settings
    desk: Desk

    def open(self, page: str, me: str = "", **query: str) -> AppTest:
        """A page as a browser opens it; `me`: the key of a person who was here before."""
        test = AppTest.from_file(str(APPS / f"{page}.py"), default_timeout=60)
        for name, value in ({"me": me} if me else {}).items() | query.items():
            test.query_params[name] = value
        return test.run()

    def work(self) -> None:
        while work_once(self.desk, "desk"):
            pass

    def said(self, test: AppTest) -> Said:
        return said_by(self.desk.engine, person_of(test), RUN)


def person_of(test: AppTest) -> str:
    """The person of a page."""
    return str(test.session_state["me"])


def click(test: AppTest, label: str, number: int = 0) -> AppTest:
    """Presses the number-th button of that label."""
    return [button for button in test.button if button.label == label][number].click().run()


def unfold(test: AppTest, key: str, tab: str | None = None) -> AppTest:
    """Opens a part that is folded away, or goes to a tab."""
    test.session_state[key] = True if tab is None else tab
    return test.run()


def texts(test: AppTest) -> str:
    """Everything that the page says."""
    parts = [*test.markdown, *test.caption, *test.info, *test.error, *test.warning, *test.subheader, *test.title]
    return "\n".join(str(part.value).replace("\\", "") for part in parts)


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages start no background processes: tests do the work themselves, at once."""
    monkeypatch.setattr("medgan_fashion.studio.garments.searching.SETTLE", 0.0)
    monkeypatch.setattr("medgan_fashion.studio.waiting.start_workers", lambda settings: None)


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """AppTest puts the page in the place of __main__, which processes that are spawned later would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def shop_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run of garments; read it only."""
    return made_once(tmp_path_factory, RUN, lambda folder: tiny_chain({}, folder, {}))


@pytest.fixture(scope="session")
def shop_home(shop_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio's folder in which that run is prepared."""

    def make(folder: Path) -> None:
        settings = Settings(home=str(folder), runs=(str(shop_run),))
        prepare(find_runs(settings)[0], settings)

    return made_once(tmp_path_factory, "tiny_home", make)


@pytest.fixture
def studio(shop_run: Path, shop_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A studio on the tiny shop."""
    url = f"sqlite:///{tmp_path / 'studio.db'}"
    settings = Settings(home=str(shop_home), runs=(str(shop_run),), database=url, show_customers=True)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    engine = open_database(url)
    yield Studio(settings, Desk(settings, engine))
    engine.dispose()
