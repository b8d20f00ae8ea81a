"""Prepared cases kept on disk: keyed by what they depend on, byte for byte; a folder present is complete."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.cases.pseudonyms import pseudonym, pseudonym_key
from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.prepare.canvases import Progress
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import Prepared, prepare_cases

_VERSION = 4  # raise it when prepared pixels change for the same inputs


def _file_hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def cases_key(
    table: Path, config: ImageConfig, *, skip_unreadable: bool = False, external_sites: Sequence[str] = ()
) -> str:
    """sha256 over the table's bytes, the bytes of every picture and mask it names, the configuration, the sites held
    out and the pseudonym key's own pseudonym: 64 hexadecimal digits. Sizes and times of files play no part."""
    cases = read_case_table(table).cases
    files = sorted({path for case in cases for path in (case.image, case.mask) if path is not None})
    with ThreadPoolExecutor(2) as pool:
        hashes = list(pool.map(_file_hash, files))
    parts = [
        _VERSION,
        _file_hash(table),
        hashes,
        asdict(config),
        skip_unreadable,
        pseudonym(pseudonym_key(), ""),
        *external_sites,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _load_rows(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((int(row), str(text)) for row, text in json.loads(path.read_text(encoding="utf-8")))


def _load(folder: Path) -> Prepared:
    return Prepared(ImageSet.load(folder), _load_rows(folder / "skipped.json"), _load_rows(folder / "notes.json"))


def _store(prepared: Prepared, folder: Path) -> None:
    """Saves beside the place and renames: what another process stored first is as good and stays."""
    draft = folder.with_name(f".{folder.name[:16]}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        prepared.images.save(draft)
        (draft / "skipped.json").write_text(json.dumps(prepared.skipped), encoding="utf-8")
        (draft / "notes.json").write_text(json.dumps(prepared.notes), encoding="utf-8")
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def find_prepared(cache: Path, content_hash: str) -> Prepared | None:
    """The newest prepared set of this content among those kept in the folder `cache`; None where there is none.

    The hash leaves row numbers out, so an edited case table may give the same content under other numbers. Nobody can
    tell here which table is meant.

    Raises:
        ValueError: sets of this content number their rows differently.
    """
    folders = sorted(cache.glob("[!.]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    kept = [(folder.name[:12], _load(folder)) for folder in folders]
    found = [(name, prepared) for name, prepared in kept if prepared.images.content_hash() == content_hash]
    for name, other in found[1:]:
        if not np.array_equal(other.images.rows, found[0][1].images.rows):
            raise ValueError(
                f"{cache} keeps the same images under the row numbers of two case tables ({found[0][0]}... and "
                f"{name}...); delete that folder and run the chain again on the table whose rows you mean"
            )
    return found[0][1] if found else None


def cached_prepare(
    table: Path,
    config: ImageConfig,
    cache: Path,
    *,
    skip_unreadable: bool = False,
    external_sites: Sequence[str] = (),
    processes: int = 2,
    progress: Progress | None = None,
) -> Prepared:
    """prepare_cases, kept under cache/<key> and opened from there (memory-mapped) the next time.

    Where rows are left out because of this machine rather than of their files, nothing is kept.

    Args:
        cache: folder for prepared sets; made if missing.
        table, config, skip_unreadable, external_sites, processes, progress: as in prepare_cases.

    Raises:
        ValueError: as in prepare_cases; then nothing is stored.
    """
    folder = cache / cases_key(table, config, skip_unreadable=skip_unreadable, external_sites=external_sites)
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        prepared = prepare_cases(
            table,
            config,
            skip_unreadable=skip_unreadable,
            external_sites=external_sites,
            processes=processes,
            progress=progress,
        )
        if prepared.here:  # installing what is missing changes none of the bytes in the key: ask again the next time
            return prepared
        _store(prepared, folder)
    return _load(folder)
