"""Around every access to a DICOM data set: damage becomes UnreadableError, and no value reaches the terminal."""

import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from medgan_fashion.imaging.read.picture import UnreadableError

_DAMAGES = (
    *(OSError, EOFError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError),
    *(struct.error, zlib.error),
)


class _Silence:
    """Switches pydicom's warnings about invalid values off, which quote the value, often a patient's ID or a UID.

    The setting belongs to the process and warnings.catch_warnings is not for threads: the first of several
    readers keeps what it found, and the last one puts it back.
    """

    def __init__(self) -> None:
        self._lock, self._readers, self._found = threading.Lock(), 0, 0

    def __enter__(self) -> None:
        from pydicom.config import IGNORE, settings

        with self._lock:
            if self._readers == 0:
                self._found, settings.reading_validation_mode = settings.reading_validation_mode, IGNORE
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        from pydicom.config import settings

        with self._lock:
            self._readers -= 1
            if self._readers == 0:
                settings.reading_validation_mode = self._found


_SILENCE = _Silence()


@contextmanager
def guarded(
    reason: str = "a tag of the image holds what it must not", cure: str = "export it again from the archive"
) -> Iterator[None]:
    """Turns whatever pydicom raises for a damaged file into an UnreadableError; one raised inside stays as it is.

    Tags are converted when they are first asked for, so that all access to a data set belongs inside.

    Raises:
        UnreadableError: with this reason and cure, or because pydicom is not installed.
    """
    try:
        from pydicom.errors import BytesLengthException, InvalidDicomError
    except ImportError:
        raise UnreadableError("pydicom is missing", "pip install 'medgan-fashion[medical]'", here=True) from None
    try:
        with _SILENCE:
            yield
    except UnreadableError:
        raise
    except (*_DAMAGES, BytesLengthException, InvalidDicomError):
        raise UnreadableError(reason, cure) from None
