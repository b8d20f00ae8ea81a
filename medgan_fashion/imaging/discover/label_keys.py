"""Keys by which a row of a table names files: UIDs, Accession Numbers, file names, and positions within a series."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from medgan_fashion.imaging.cases.found import Found

_Z_TOLERANCE = 0.05  # mm: tables round positions, neighbouring slices lie further apart


@dataclass(frozen=True)
class KeyIndex:
    """The files of a folder by one kind of key.

    Args:
        kind: its name for the user.
        usual: what a column with it is usually called, without spaces and signs.
        exact: files by the key as it stands.
        loose: files by the key without leading zeros, which spreadsheets drop.
        column: the table's column that holds it.
    """

    kind: str
    usual: tuple[str, ...]
    exact: dict[str, list[Found]]
    loose: dict[str, list[Found]]
    column: str = ""

    def find(self, text: str) -> list[Found]:
        """The files that a cell names."""
        return self.exact.get(text) or self.loose.get(_without_zeros(text), []) if text else []

    def of_column(self, column: str) -> "KeyIndex":
        """The same index, for a column of a table."""
        return replace(self, column=column)


def _without_zeros(text: str) -> str:
    return (text.lstrip("0") or "0") if text.isdigit() else text


def _file_names(found: Found) -> tuple[str, ...]:
    """Relative path, file name, and file name without suffix."""
    return tuple(dict.fromkeys((found.name, found.path.name, found.path.stem)))


_KINDS: tuple[tuple[str, tuple[str, ...], Callable[[Found], tuple[str, ...]]], ...] = (
    ("SOP instance UID", ("sopinstanceuid", "sopuid", "instanceuid", "imageuid", "uid"), lambda f: f.uids[:1]),
    ("series UID", ("seriesinstanceuid", "seriesuid", "instanceuid", "uid"), lambda f: f.uids[1:2]),
    ("Accession Number", ("accession", "accessionnumber", "accessionno", "accno", "acc"), lambda f: (f.accession,)),
    ("study UID", ("studyinstanceuid", "studyuid", "uid"), lambda f: f.uids[2:3]),
    ("file name", ("image", "file", "filename", "imagefile", "path", "imagename", "imageid"), _file_names),
)


def key_index(files: Sequence[Found]) -> list[KeyIndex]:
    """The files by each kind of key, the most specific of those that DICOM gives first, file names last."""
    indices = []
    for kind, usual, keys in _KINDS:
        index = KeyIndex(kind, usual, {}, {})
        for found in files:
            for key in keys(found):
                if key:
                    index.exact.setdefault(key, []).append(found)
                    index.loose.setdefault(_without_zeros(key), []).append(found)
        indices.append(index)
    return indices


def at_place(files: Sequence[Found], what: str, text: str) -> list[Found]:
    """The files whose position is that of a cell.

    Args:
        files: slices.
        what: "z" (mm) or "instance" (Instance Number).
        text: the cell; anything else than a number fits nothing.
    """
    try:
        value = float(text)
    except ValueError:
        return []
    if what == "z":
        return [f for f in files if f.z is not None and abs(f.z - value) <= _Z_TOLERANCE]
    return [f for f in files if f.instance is not None and f.instance == value]
