"""The studio under 200 bounded interactions on localhost: latency of clicks, memory of the server, errors.

    python benchmarks/app.py RUN [RUN ...] [--interactions 200] [--home FOLDER]

Two browsers take turns on pages 1 and 3. A click's time runs from the click until the page has been drawn anew and is
at rest, browser included; the worker searches in the background meanwhile.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' server and browser serve here too

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.database import open_database
from medgan_fashion.studio.store.schema import pictures
from tests.apps.server import CHROMIUM, FLAGS, Served, chromium, served, visit

AT_REST = "document.querySelector('[data-testid=stApp]').getAttribute('data-test-script-state') === 'notRunning'"


def memory_mb(served: Served) -> dict[str, float]:
    """Resident memory of the server and of the worker, in MB."""
    found = {"server": 0.0, "worker": 0.0}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if os.getpgid(int(folder.name)) != served.process.pid:
                continue
            pages = int((folder / "statm").read_text().split()[1])
        except (OSError, ProcessLookupError):
            continue
        kind = (
            "worker" if b"medgan_fashion.studio.work.worker" in words else "server" if b"streamlit" in words else None
        )
        if kind:
            found[kind] += pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return found


SHOWN = "document.querySelector('[data-testid=stMain]').innerText + location.search"
PICTURES = "[...document.querySelectorAll('[data-testid=stMain] img')].map(one => one.alt + one.src).join()"


def answered(page: Page, act: Callable[[], object], seen: str = f"{SHOWN} + {PICTURES}") -> float:
    """Seconds from an act until what it changes on the page (`seen`) has changed and the page is at rest again.

    To ask for rest alone would be wrong: a page that has not begun to answer is at rest as well.
    """
    before = page.evaluate(seen)
    started = time.perf_counter()
    act()
    page.wait_for_function(f"before => ({seen}) !== before", arg=before, polling=10)
    page.wait_for_function(AT_REST, polling=10)
    return time.perf_counter() - started


def click(page: Page, name: str) -> float:
    """A button, answered."""
    button = page.get_by_role("button", name=name, exact=True).first
    button.wait_for()
    page.wait_for_function(AT_REST, polling=10)
    return answered(page, button.click)


def slide(page: Page, number: int) -> float:
    """The slider "Realistic or bold" from one end to the other: designs are waited for, not its word."""
    slider = page.get_by_role("slider", name="Realistic or bold")
    slider.focus()
    page.wait_for_function(AT_REST, polling=10)
    return answered(page, lambda: page.keyboard.press("End" if number % 2 else "Home"), PICTURES)


def turn(page: Page, number: int) -> tuple[str, float]:
    """One interaction of page 1: likes, dislikes, other pictures and a slider."""
    kind = ("Like", "No", "Show me others", "Like", "Realistic or bold")[number % 5]
    return kind, slide(page, number // 5) if kind == "Realistic or bold" else click(page, kind)


def breed(page: Page, number: int) -> tuple[str, float]:
    """One interaction of page 3."""
    kind = ("Surprise me", "Pick", "Children of this one")[number % 3]
    return kind, click(page, kind)


def errors(page: Page) -> int:
    return page.get_by_text("Something went wrong").count() + page.get_by_text("That did not work").count()


def first_page(browser: Browser, url: str) -> list[float]:
    """Seconds until page 1 shows its pictures, for browsers that were never here, the server being warm."""
    found = []
    for _ in range(5):
        started = time.perf_counter()
        page = visit(browser, url)
        expect(page.get_by_role("button", name="Show me others")).to_be_visible()
        found.append(time.perf_counter() - started)
        page.context.close()
    return found


def search(page: Page, home: str) -> tuple[float, float]:
    """Seconds from a like until the first design that was searched for it is kept, and until the search is over."""
    started = time.time()
    page.get_by_role("button", name="Like", exact=True).first.click()
    expect(page.get_by_text("searched on from the best of them")).to_be_visible()
    over = time.time() - started
    engine = open_database(Settings(home=home).url)
    with engine.connect() as connection:
        first = connection.execute(
            select(func.min(pictures.c.created)).where(pictures.c.op == "searched", pictures.c.created > started)
        ).scalar()
    engine.dispose()
    return float("nan") if first is None else first - started, over


def table(times: list[tuple[str, float]]) -> None:
    kinds = dict.fromkeys(kind for kind, _ in times)
    print("| interaction | n | median s | 95 % s | worst s |\n|---|---|---|---|---|")
    for kind in [*kinds, "all"]:
        own = np.array([seconds for name, seconds in times if kind in (name, "all")])
        print(f"| {kind} | {len(own)} | {np.median(own):.2f} | {np.quantile(own, 0.95):.2f} | {own.max():.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--interactions", type=int, default=200)
    parser.add_argument("--home", default=tempfile.mkdtemp())
    given = parser.parse_args()
    words = [word for run in given.runs for word in ("--run", run)]
    with chromium() as browser, served(*words, "--home", given.home) as app:
        other = browser.browser_type.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        pages = [visit(browser, app.url), visit(other, f"{app.url}/explore")]
        expect(pages[0].get_by_role("button", name="Show me others")).to_be_visible(timeout=600_000)
        print(f"warm first page: {np.median(first_page(browser, app.url)):.2f} s (median of 5 new browsers)")
        first, over = search(pages[0], given.home)
        print(f"after a like: first new design kept after {first:.1f} s, search over after {over:.1f} s")
        times, memory, failed = [], [memory_mb(app)], 0
        for number in range(given.interactions):
            at = number % 2
            times.append((turn if at == 0 else breed)(pages[at], number // 2))
            failed += errors(pages[at])
            if (number + 1) % (given.interactions // 4) == 0:
                memory.append(memory_mb(app))
        table(times)
        for kind in ("server", "worker"):
            print(f"{kind} memory, MB, at the quarters: {', '.join(f'{m[kind]:.0f}' for m in memory)}")
        print(f"errors: {failed}")


if __name__ == "__main__":
    main()
