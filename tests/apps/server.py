"""The real thing for tests: the application as a process, Debian's Chromium, and a PostgreSQL server of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *(
        "--disable-software-rasterizer",
        "--disable-smooth-scrolling",
        "--force-prefers-reduced-motion",
    ),  # cheaper frames
)
WAIT = 180_000  # milliseconds: patience with a nice worker on a busy machine, not a measurement

ELSEWHERE: list[str] = []  # what pages asked for from other machines: nothing, if all is well


@dataclass(frozen=True)
class Served:
    """An application that answers at `url`; `process` is the command itself."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError(f"the application did not start:\n{log.read_text()}")


@contextmanager
def served(*words: object) -> Iterator[Served]:
    """`medgan-fashion app ...` on a free port, until the block ends."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("medgan-fashion")), "app", "--port", str(port), *map(str, words)]
    home = Path(str(words[words.index("--home") + 1]))
    home.mkdir(parents=True, exist_ok=True)
    log = home / "app.log"
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        _wait_until_healthy(f"http://localhost:{port}", process, log)
        yield Served(f"http://localhost:{port}", process, log)
    finally:
        os.killpg(process.pid, 15)
        process.wait(20)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's browser; the test is skipped where it is absent."""
    if not CHROMIUM.is_file():
        pytest.skip("Debian's chromium is not installed (make setup installs it as root)")
    with sync_playwright() as playwright:
        expect.set_options(timeout=WAIT)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()


def _note(url: str) -> None:
    if not url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:")):
        ELSEWHERE.append(url)


def window(browser: Browser, *, phone: bool = False) -> BrowserContext:
    """A browser window of its own, as another person's."""
    size = ViewportSize(width=390, height=844) if phone else ViewportSize(width=1280, height=900)
    return browser.new_context(viewport=size, accept_downloads=True)


def visit_in(context: BrowserContext, url: str) -> Page:
    """A page in that window."""
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.on("request", lambda request: _note(request.url))
    page.goto(url)
    return page


def visit(browser: Browser, url: str, *, phone: bool = False) -> Page:
    """A page in a browser window of its own."""
    return visit_in(window(browser, phone=phone), url)


def _postgres() -> Path | None:
    found = shutil.which("initdb")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return Path(found).parent if found else (places[-1] if places else None)


def _run_as_owner(*words: object) -> None:
    """Runs a program of PostgreSQL, which refuses to run as root."""
    owner = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    command = [str(word) for word in words]
    subprocess.run(command, check=True, capture_output=True, cwd="/", user=owner.pw_uid, group=owner.pw_gid)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of its own; skipped where Debian's package is absent."""
    tools = _postgres()
    if tools is None or not (tools / "initdb").is_file():
        pytest.skip("Debian's postgresql is not installed (make setup installs it as root)")
    folder = Path(tempfile.mkdtemp(prefix="studio-postgres-"))  # pytest's own folders are closed to others
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", free_port()
    _run_as_owner(tools / "initdb", "-D", data, "-U", "studio", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    _run_as_owner(tools / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
    try:
        yield f"postgresql://studio@127.0.0.1:{port}/postgres"
    finally:
        _run_as_owner(tools / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)
