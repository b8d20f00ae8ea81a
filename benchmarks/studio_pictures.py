"""Pictures of every page of the studio, wide and on a phone, for the documentation.

python benchmarks/studio_pictures.py GARMENTS_RUN STUDY_RUN [STUDY_RUN ...] --out docs/pictures
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' server and browser serve here too

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.apps.server import chromium, served, visit

LONGEST = 2600  # pixels of a picture: what is below is more of the same
SETTLED = "document.querySelector('[data-testid=stApp]').getAttribute('data-test-script-state') === 'notRunning'"


def press(page: Page, name: str, number: int = 0) -> None:
    """A button, pressed when the page rests, and waited for."""
    button = page.get_by_role("button", name=name, exact=True).nth(number)
    expect(button).to_be_visible()
    page.wait_for_function(SETTLED)
    button.click()
    page.wait_for_timeout(500)
    page.wait_for_function(SETTLED)


def for_you(page: Page) -> None:
    page.get_by_text("Begin as an invented person").click()
    page.get_by_role("button", name="Ada").click()
    expect(page.get_by_text("searched on from the best of them")).to_be_visible()
    press(page, "Keep")
    page.get_by_text("Begin as an invented person").click()


def make_it_mine(page: Page) -> None:
    page.goto(page.url.replace("make_it_mine", ""))
    page.get_by_text("Begin as an invented person").click()
    page.get_by_role("button", name="Ada").click()
    expect(page.get_by_text("6 answers so far")).to_be_visible()
    page.goto(page.url.replace("/?", "/make_it_mine?"))
    page.get_by_role("radio", name="Shoes").click()
    page.wait_for_timeout(1000)
    press(page, "This one", 3)
    expect(page.get_by_text("The garment itself").first).to_be_visible()
    page.get_by_role("slider").last.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(300)


def explore(page: Page) -> None:
    page.get_by_role("radio", name="Shoes").click()
    press(page, "Surprise me")
    press(page, "Pick", 1)
    press(page, "Children of this one")
    press(page, "Pair", 3)
    press(page, "Film strip between them")
    page.get_by_text("Where this one comes from").click()


def read(page: Page) -> None:
    press(page, "Start the study")
    page.get_by_role("textbox", name="Your name in this study").fill("Ada")
    press(page, "Start reading")
    page.get_by_role("radio", name="synthetic", exact=True).click()


def results(page: Page) -> None:
    page.get_by_label("Number of images").fill("12")
    read(page)
    for number in range(1, 13):
        expect(page.get_by_alt_text(f"image {number}", exact=True)).to_be_visible()
        page.wait_for_function(SETTLED)
        page.get_by_role("radio", name="real" if number % 2 else "synthetic", exact=True).click()
        page.get_by_role("radio", name="3", exact=True).click()
        classes = page.get_by_label("It shows").get_by_role("radio")
        classes.nth(number % classes.count()).click()
        press(page, "Next")
    expect(page.get_by_text("You read every image")).to_be_visible()


def ablation(page: Page) -> None:
    expect(page.get_by_role("heading", name="Leakage audit")).to_be_visible()
    page.wait_for_timeout(2000)


def generate(page: Page) -> None:
    page.get_by_label("Model").last.click()
    page.get_by_role("option").nth(1).click()
    page.wait_for_timeout(2000)


PAGES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "for_you": ("", for_you),
    "make_it_mine": ("make_it_mine", make_it_mine),
    "explore": ("explore", explore),
    "reader_study": ("reader_study", read),
    "reader_results": ("reader_study", results),
    "ablation": ("ablation", ablation),
    "generate": ("generate", generate),
}


def take(browser: Browser, url: str, name: str, phone: bool, out: Path) -> None:
    """One picture, the page at its full length."""
    address, journey = PAGES[name]
    page = visit(browser, f"{url}/{address}", phone=phone)
    page.wait_for_timeout(1500)
    journey(page)
    page.wait_for_timeout(800)
    page.wait_for_function(SETTLED)
    width, height = page.evaluate("[innerWidth, document.querySelector('[data-testid=stMain]').scrollHeight]")
    page.set_viewport_size({"width": width, "height": min(height + 40, LONGEST)})
    page.mouse.move(0, 0)
    page.wait_for_timeout(1200)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.save(out / f"studio_{name}_{'phone' if phone else 'wide'}.jpg", quality=80)
    page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--home", default=tempfile.mkdtemp())
    parser.add_argument("--pages", nargs="+", default=list(PAGES))
    given = parser.parse_args()
    words = [word for run in given.runs for word in ("--run", run)]
    with chromium() as browser, served(*words, "--home", given.home) as app:
        page = visit(browser, app.url)
        expect(page.get_by_role("button", name="Show me others")).to_be_visible(timeout=600_000)
        for name in given.pages:
            for phone in (False, True):
                take(browser, app.url, name, phone, given.out)
                print(f"{name}, {'phone' if phone else 'wide'}", flush=True)


if __name__ == "__main__":
    main()
