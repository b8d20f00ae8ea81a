"""Pictures drawn for people, each with its latent and origin; and photos taken in, kept as pixels alone."""

import io
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import Engine, Row, delete, insert, select, update

from medgan_fashion.fashion.data.photos import decode_photo
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.schema import pictures

# ---------------------------------------------------------------------------------------------------------------------
# Pictures drawn for people: a latent and where it came from, so that each can be drawn, continued and explained.


LONGEST = 120  # of a name


@dataclass(frozen=True)
class Picture:
    """One picture. `op`: photo, or how it was drawn: random, searched, child, cross, film, turn, drawing, walk.

    `model`: sha256 of the file that draws it. `facts`: what the op was told (seed, amount ...) and what it found.
    `z`: float32 (d,), empty for a photo, whose PNG is in `pixels`.
    """

    id: str
    run: str
    model: str
    category: str
    op: str
    parents: tuple[str, ...]
    facts: dict[str, Any]
    z: NDArray[np.float32]
    pixels: bytes | None = None
    name: str = ""
    kept: bool = False
    job: str | None = None
    created: float = 0.0


def new_picture(
    run: str, model: str, category: str, op: str, z: NDArray[np.float32], *, parents: Sequence[str] = (),
    facts: dict[str, Any] | None = None, pixels: bytes | None = None, job: str | None = None,
) -> Picture:  # fmt: skip
    """A picture with an id of its own, not kept in the database yet."""
    key = secrets.token_hex(8)
    return Picture(key, run, model, category, op, tuple(parents), facts or {}, z, pixels, job=job, created=time.time())


def _picture(row: Row[Any]) -> Picture:
    values = {name: getattr(row, name) for name in Picture.__dataclass_fields__}
    values["parents"] = tuple(row.parents)
    values["z"] = np.frombuffer(row.z, dtype="<f4").astype(np.float32)
    return Picture(**values)


def add_pictures(engine: Engine, person: str, made: Sequence[Picture]) -> None:
    """Keeps pictures of a person, all or none."""
    if not made:
        return
    rows = [vars(p) | {"person": person, "parents": list(p.parents), "z": p.z.astype("<f4").tobytes()} for p in made]
    with engine.begin() as connection:
        connection.execute(insert(pictures), rows)


def find_pictures(
    engine: Engine,
    person: str,
    run: str,
    *,
    ids: Sequence[str] | None = None,
    job: str | None = None,
    ops: Sequence[str] | None = None,
    kept: bool | None = None,
    newest: int | None = None,
) -> list[Picture]:
    """A person's pictures of a run, in the order in which they were made: all, or those asked for."""
    query = select(pictures).where(pictures.c.person == person, pictures.c.run == run)
    if ids is not None:
        query = query.where(pictures.c.id.in_(ids))
    if job is not None:
        query = query.where(pictures.c.job == job)
    if ops is not None:
        query = query.where(pictures.c.op.in_(ops))
    if kept is not None:
        query = query.where(pictures.c.kept == kept)
    query = query.order_by(pictures.c.created.desc(), pictures.c.id).limit(newest)
    with engine.connect() as connection:
        found = [_picture(row) for row in connection.execute(query)]
    return found[::-1]


def find_picture(engine: Engine, person: str, run: str, key: str) -> Picture | None:
    """One picture by its id, None where the person has no such."""
    found = find_pictures(engine, person, run, ids=[key])
    return found[0] if found else None


def keep(engine: Engine, person: str, key: str, *, kept: bool = True, name: str | None = None) -> None:
    """Keeps a picture (or lets it go), under a name where one is given."""
    values: dict[str, Any] = {"kept": kept} | ({} if name is None else {"name": name.strip()[:LONGEST]})
    with engine.begin() as connection:
        mine = (pictures.c.person == person) & (pictures.c.id == key)
        connection.execute(update(pictures).where(mine).values(**values))


def lineage(engine: Engine, person: str, run: str, key: str, generations: int = 12) -> list[list[Picture]]:
    """A picture's ancestors, a list for each generation, the picture itself first."""
    found, ids, known = [], [key], set()
    for _ in range(generations):
        row = find_pictures(engine, person, run, ids=ids)
        if not row:
            break
        found.append(row)
        known |= {picture.id for picture in row}
        ids = [parent for picture in row for parent in picture.parents if parent not in known]
        if not ids:
            break
    return found


def remove_photo(engine: Engine, person: str, key: str) -> None:
    """Deletes an uploaded photo; what was drawn from it stays, it holds no pixel of it."""
    with engine.begin() as connection:
        photo = (pictures.c.person == person) & (pictures.c.id == key) & (pictures.c.op == "photo")
        connection.execute(delete(pictures).where(photo))


# ---------------------------------------------------------------------------------------------------------------------
# A visitor's photo: taken within limits, decoded, and kept as pixels alone.


SIDE = 256  # pixels of what is kept
TYPES = ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif", "avif")  # what the chooser offers; content decides

# what a catalogue's owner is told to do is no advice for a visitor
_FOR_VISITORS = {
    "floating-point pixels": "of a kind that we cannot read: save it as JPEG or PNG",
    "all of one colour": "all of one colour: send a photo that shows a garment",
    "marked as synthetic": "marked as made by a computer: send a photo of a real garment",
}


def accept_photo(data: bytes, settings: Settings) -> bytes:
    """A PNG (256 x 256, RGB) of the decoded pixels: nothing else of the upload is kept, neither its name, EXIF and
    place nor whatever may be hidden behind the picture.

    ValueError, for the visitor: too large in bytes or pixels, no picture, damaged, animated, or itself synthetic.
    """
    if len(data) > settings.upload_mb * 2**20:
        raise ValueError(f"this file is larger than {settings.upload_mb} MB: please send a smaller picture")
    try:
        pixels = decode_photo(io.BytesIO(data), SIDE, settings.upload_megapixels * 1_000_000)
    except UnreadableError as error:
        told = next((words for reason, words in _FOR_VISITORS.items() if error.reason.startswith(reason)), str(error))
        raise ValueError(f"this file cannot be used, it is {told}") from None
    buffer = io.BytesIO()
    Image.fromarray(pixels.transpose(1, 2, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def photo_pixels(png: bytes) -> NDArray[np.uint8]:
    """uint8 (3, 256, 256) of what `accept_photo` gave."""
    return np.ascontiguousarray(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).transpose(2, 0, 1))
