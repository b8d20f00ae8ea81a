"""Whole journeys in a real browser, once on SQLite and once on a real PostgreSQL."""

import io
import os
import signal
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from medgan_fashion.fashion.run.open import open_run
from tests.apps.server import ELSEWHERE, Served, chromium, postgres, served, visit, visit_in, window
from tests.apps.tiny_study import shared_study


@pytest.fixture(scope="module")
def study_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_study(tmp_path_factory)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for both databases: what is prepared for the first is there for the second."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def alone(browser: Browser) -> BrowserContext:
    """For all who come alone: the browser need not load and compile the pages' programs again for each of them."""
    return window(browser)


@pytest.fixture(autouse=True)
def _pages_are_closed(browser: Browser, alone: BrowserContext) -> Iterator[None]:
    """An open page goes on asking and painting."""
    yield
    for page in alone.pages:
        page.close()
    for context in browser.contexts:
        if context is not alone:
            context.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(
    request: pytest.FixtureRequest,
    shop_run: Path,
    study_run: Path,
    home: Path,
) -> Iterator[Served]:
    """The application on a shop and a study, with workers, on either database."""
    words = ("--run", shop_run, "--run", study_run, "--home", home)
    if request.param == "sqlite":
        with served(*words) as started:
            yield started
        return
    with postgres() as url, served(*words, "--database", url) as started:
        yield started


def _button(page: Page, name: str, number: int = 0) -> Locator:
    return page.get_by_role("button", name=name, exact=True).nth(number)


def _settled(page: Page) -> None:
    """What was clicked has been answered."""
    page.wait_for_timeout(300)
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")


def _press(page: Page, name: str, number: int = 0) -> None:
    """Presses a button once the page has come to rest: while it is being drawn, what is below may still move."""
    button = _button(page, name, number)
    expect(button).to_be_visible()
    _settled(page)
    button.click()
    _settled(page)


def _errors(page: Page) -> None:
    assert page.get_by_text("Something went wrong").count() == 0
    assert page.get_by_text("Traceback").count() == 0
    assert page.locator("img:not([alt])").count() == 0
    assert not ELSEWHERE


def _photo(shop_run: Path, tmp_path: Path) -> Path:
    items = open_run(shop_run).catalogue
    path = tmp_path / "my shirt.jpg"
    Image.fromarray(np.array(items.images[0]).transpose(1, 2, 0)).resize((200, 200)).save(path)
    return path


def _go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_for_you_from_the_first_like_to_a_kept_design(app: Served, alone: BrowserContext) -> None:
    page = visit_in(alone, app.url)
    expect(page.get_by_text("Pictures drawn here are synthetic")).to_be_visible()
    _press(page, "Like")
    expect(page.get_by_text("1 answer so far")).to_be_visible()
    page.reload()  # in the middle, while the search is going on
    expect(page.get_by_text("1 answer so far")).to_be_visible()
    expect(page.get_by_text("searched on from the best of them")).to_be_visible()
    page.get_by_role("tab", name="A or B").click()
    _press(page, "This one")
    expect(page.get_by_text("2 answers so far")).to_be_visible()
    _press(page, "Keep")
    page.get_by_role("textbox", name="Name", exact=True).fill("<img src=x onerror=alert(1)>")
    page.get_by_role("textbox", name="Name", exact=True).press("Enter")
    _settled(page)
    with page.expect_download() as waiting:
        _button(page, "Picture").click()
    with Image.open(waiting.value.path()) as picture:
        assert picture.info["SyntheticData"] == "YES"
    page.reload()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("<img src=x onerror=alert(1)>")
    _errors(page)


def _tab_to(page: Page, name: str) -> None:
    """Presses Tab until that button has the focus."""
    button = _button(page, name)
    expect(button).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{name} is not reached by Tab")


def test_for_you_by_the_keyboard_alone(app: Served, alone: BrowserContext) -> None:
    page = visit_in(alone, app.url)
    _tab_to(page, "Like")
    _settled(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 answer so far")).to_be_visible()
    slider = page.get_by_role("slider", name="Realistic or bold")
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "bold")
    _tab_to(page, "Keep")
    _settled(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_visible()
    _errors(page)


def test_a_photo_is_refused_or_drawn(app: Served, alone: BrowserContext, shop_run: Path, tmp_path: Path) -> None:
    page = visit_in(alone, f"{app.url}/make_it_mine")
    page.get_by_role("tab", name="Your own photo").click()
    bad = tmp_path / "shirt.png"
    bad.write_bytes(b"GIF89a<script>alert(1)</script>")
    page.set_input_files("input[type=file]", bad)
    expect(page.get_by_text("Sorry, this file cannot be used")).to_be_visible()
    page.set_input_files("input[type=file]", _photo(shop_run, tmp_path))
    _press(page, "Use this photo")
    expect(page.get_by_text("The garment itself").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("The garment itself").first).to_be_visible()
    _errors(page)


def test_explore_keeps_its_place_over_a_refresh(app: Served, browser: Browser) -> None:
    page = visit(browser, f"{app.url}/explore", phone=True)
    _press(page, "Surprise me")
    _press(page, "Pick")
    _press(page, "Children of this one")
    expect(page.get_by_text("child", exact=True).first).to_be_visible()
    _press(page, "Pair", 2)
    _press(page, "Film strip between them")
    expect(page.get_by_text("50 % of the way").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("50 % of the way").first).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, f"the page is {width} pixels wide on a phone of 390"
    _errors(page)


def _answer(page: Page, number: int) -> None:
    """One image, answered by what its number is: readers are not asked to be right here."""
    expect(page.get_by_alt_text(f"image {number}", exact=True)).to_be_visible()
    _settled(page)  # the questions come after the image
    for name in ("real" if number % 2 else "synthetic", "3"):
        page.get_by_role("radio", name=name, exact=True).click()
    classes = page.get_by_label("It shows").get_by_role("radio")
    if classes.count():
        classes.first.click()
    _press(page, "Next")


def test_two_readers_at_once_read_all_and_then_see_results(app: Served, browser: Browser) -> None:
    first, second = (visit(browser, f"{app.url}/reader_study") for _ in range(2))
    first.get_by_label("Number of images").fill("6")
    _press(first, "Start the study")
    expect(first.get_by_role("textbox", name="Your name in this study")).to_be_visible()
    second.reload()
    _press(second, "Open the study")
    for name, page in (("Ada", first), ("Ben", second)):
        page.get_by_role("textbox", name="Your name in this study").fill(name)
        _press(page, "Start reading")
    for number in range(1, 7):
        _answer(first, number)
        if number == 2:
            second.reload()
        _answer(second, number)
    for page in (first, second):
        expect(page.get_by_text("You read every image")).to_be_visible()
    first.reload()
    _press(first, "Open the study")
    expect(first.get_by_text("Agreement between readers")).to_be_visible()
    with first.expect_download() as waiting:
        _button(first, "Readings as CSV").click()
    assert len(Path(waiting.value.path()).read_text().splitlines()) == 13
    assert first.get_by_text("Pictures drawn here are synthetic").count() == 0
    _errors(first)


def test_the_ablation_says_its_verdict_first(app: Served, alone: BrowserContext) -> None:
    page = visit_in(alone, f"{app.url}/ablation")
    expect(page.get_by_role("heading", name="Arms compared")).to_be_visible()
    expect(
        page.get_by_text("All 7 checks").or_(page.get_by_text("checks that test patients stayed unseen"))
    ).to_be_visible()
    _errors(page)


def test_a_labelled_zip_is_taken_away(app: Served, alone: BrowserContext) -> None:
    page = visit_in(alone, f"{app.url}/generate")
    _press(page, "Prepare download")
    download = page.get_by_role("button", name="synthetic pictures (")
    expect(download).to_be_visible()
    with page.expect_download() as waiting:
        download.click()
    with zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        names = archive.namelist()
    assert {"labels.csv", "synthetic.json", "DATA_CARD.md"} <= set(names)
    _errors(page)


def test_two_browsers_and_a_worker_that_is_killed(app: Served, browser: Browser) -> None:
    pages = [visit(browser, app.url) for _ in range(2)]
    for number, page in enumerate(pages, start=1):
        for _ in range(number):
            before = page.get_by_text("below is what").or_(page.get_by_text("so far: a first guess")).inner_text()
            _press(page, "Like")
            expect(page.get_by_text("so far: a first guess")).not_to_have_text(before)
    _kill_workers(app)
    for number, page in enumerate(pages, start=1):
        expect(page.get_by_text(f"{number} answer{'s' if number > 1 else ''} so far")).to_be_visible()
        expect(page.get_by_text("searched on from the best of them")).to_be_visible()
        _errors(page)


def _kill_workers(app: Served) -> None:
    """kill -9 on the worker, in the middle of a search."""
    time.sleep(0.3)
    killed = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            mine = os.getpgid(int(folder.name)) == app.process.pid
        except (OSError, ProcessLookupError):
            continue
        if mine and b"medgan_fashion.studio.work.worker" in words:
            os.kill(int(folder.name), signal.SIGKILL)
            killed += 1
    assert killed
