"""How the application was started: frozen settings that travel to pages and workers in one environment variable."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_VARIABLE = "MEDGAN_FASHION_STUDIO"


@dataclass(frozen=True)
class Settings:
    """Of one studio.

    Args:
        home: folder for what the studio itself makes: its database, the sample models, what is precomputed.
        runs: finished run folders to show; empty: the sample shop and phantoms, trained once into `home`.
        database: SQLAlchemy URL; empty: an SQLite file in `home`.
        show_customers: list the customers of a run by their pseudonyms.
        upload_mb, upload_megapixels: largest picture that is taken from a visitor.
    """

    home: str = "runs/studio"
    runs: tuple[str, ...] = ()
    database: str = ""
    show_customers: bool = False
    upload_mb: int = 8
    upload_megapixels: int = 30

    @property
    def folder(self) -> Path:
        """`home` as a path."""
        return Path(self.home)

    @property
    def url(self) -> str:
        """Of the database."""
        return self.database or f"sqlite:///{self.folder.resolve() / 'studio.db'}"

    def environment(self) -> dict[str, str]:
        """What a process started with these settings finds in its environment."""
        return {_VARIABLE: json.dumps(asdict(self))}


def read_settings() -> Settings:
    """The settings that this process was started with, the defaults where it was started by hand."""
    plain = json.loads(os.environ.get(_VARIABLE, "{}"))
    return Settings(**plain | {"runs": tuple(plain.get("runs", ()))})
