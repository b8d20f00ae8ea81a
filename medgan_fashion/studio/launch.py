"""Starts Streamlit with one theme and nothing open that need not be."""

import importlib.util
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from medgan_fashion.studio.settings import Settings

THEME = {
    "base": "light",
    "primaryColor": "#8a2f4f",
    "backgroundColor": "#fffdfa",
    "secondaryBackgroundColor": "#f6f0ea",
    "textColor": "#262023",
    "borderColor": "#e4d9d0",
    "baseRadius": "medium",
    "font": "sans-serif",
}


def app_folder() -> Path:
    """apps/ of the checkout, or its copy inside an installed wheel."""
    package = Path(str(files("medgan_fashion")))
    inside = package / "data" / "apps"
    return inside if inside.is_dir() else package.parent / "apps"


def flags(settings: Settings, address: str, port: int) -> list[str]:
    """Streamlit's flags: uploads are limited before they reach us, no file is watched, nothing is sent home, and a
    visitor never sees a stack trace."""
    chosen = {
        "server.address": address,
        "server.port": port,
        "server.headless": "true",
        "server.maxUploadSize": settings.upload_mb,
        "server.fileWatcherType": "none",
        "server.enableStaticServing": "false",
        "browser.gatherUsageStats": "false",
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "logger.enableRich": "false",
        **{f"theme.{name}": value for name, value in THEME.items()},
    }
    return [f"--{name}={value}" for name, value in chosen.items()]


def launch(settings: Settings, address: str, port: int) -> int:
    """Checks runs and database at the door, then serves until it is stopped; returns the exit status."""
    for name in ("streamlit", "sqlalchemy", "alembic"):
        if importlib.util.find_spec(name) is None:
            raise ValueError(f"the studio needs {name}: pip install 'medgan-fashion[app]'")
    from medgan_fashion.studio.runs import named_runs
    from medgan_fashion.studio.store.database import open_database

    named_runs(settings)
    settings.folder.mkdir(parents=True, exist_ok=True)
    open_database(settings.url).dispose()
    print(f"studio: http://{address}:{port}  (stop it with Ctrl+C; everything it keeps is in {settings.folder})")
    command = [sys.executable, "-m", "streamlit", "run", str(app_folder() / "studio.py")]
    # two arenas: every run of a page is a thread of its own, and each would keep what it once needed
    environment = os.environ | settings.environment() | {"OMP_WAIT_POLICY": "PASSIVE", "MALLOC_ARENA_MAX": "2"}
    try:
        return subprocess.call([*command, *flags(settings, address, port)], env=environment)
    except KeyboardInterrupt:
        return 0
