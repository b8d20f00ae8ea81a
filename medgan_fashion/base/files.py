"""Files that are whole or absent: written beside, flushed, then renamed."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Calls `write(temporary)` and renames the result to `path`; a crash, kill or full disk leaves the old file.

    Raises OSError naming the path when the disk refuses.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        write(temporary)
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OSError(
            error.errno, f"could not write {path} ({error.strerror}); free some space and run again"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
