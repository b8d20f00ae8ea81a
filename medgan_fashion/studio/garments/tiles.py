"""Garments on a page, real and drawn, and what can be downloaded of a drawing."""

import io
import json
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medgan_fashion import __version__
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.imaging.synthetic_dicom import burn_mark
from medgan_fashion.studio.garments.workshop import Workshop
from medgan_fashion.studio.store.pictures import Picture
from medgan_fashion.studio.widgets import show

EXPORTED = 512  # pixels of an exported picture's side
TILE = 164  # pixels of a tile: two beside each other on a phone
CARD, NEAR = 266, 72  # of a card around a drawing, four on a wide screen, and of three items beside each other in it


def _attribute(catalogue: Catalogue, row: int, part: str) -> str:
    """The value of the first attribute in whose name that part stands; empty where there is none."""
    return next((values[row] for name, values in catalogue.attributes.items() if part in name.lower()), "")


def item_words(shop: Workshop, row: int) -> str:
    """An item in the catalogue's own words: colour and type where it has them, else the category; number, price."""
    catalogue = shop.opened.catalogue
    kind = _attribute(catalogue, row, "type") or catalogue.categories[catalogue.category[row]]
    words = f"{_attribute(catalogue, row, 'colo')} {kind} {catalogue.items[row]}".strip()
    price = catalogue.price[row]
    return words[0].upper() + words[1:] + ("" if np.isnan(price) else f", {price:.2f}")


def item_tile(shop: Workshop, row: int) -> None:
    """A real item."""
    words = item_words(shop, row)
    show(shop.opened.catalogue.floats([row])[0], f"photo of {words}", words)


def painted(shop: Workshop, pictures: list[Picture]) -> list[NDArray[np.float32] | None]:
    """Pictures (3, S, S) in [0, 1], None for those that another model drew and this one cannot."""
    if not pictures:
        return []
    numbers = {name: k for k, name in enumerate(shop.opened.catalogue.categories)}
    here = [i for i, one in enumerate(pictures) if one.model == shop.model_hash and one.category in numbers]
    found: list[NDArray[np.float32] | None] = [None] * len(pictures)
    if here:
        z = torch.as_tensor(np.stack([pictures[i].z for i in here]))
        drawn = shop.atelier.paint(z, [numbers[pictures[i].category] for i in here])
        for i, image in zip(here, drawn, strict=True):
            found[i] = image
    return found


def marked_png(image: NDArray[np.float32], model: str) -> bytes:
    """A PNG of a drawing (3, S, S) in [0, 1], enlarged: SYNTHETIC in a corner, and in its text chunks."""
    pixels = (image.clip(0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
    return _marked(pixels.tobytes(), pixels.shape, model)


@lru_cache(maxsize=128)
def _marked(pixels: bytes, shape: tuple[int, ...], model: str) -> bytes:
    small = Image.fromarray(np.frombuffer(pixels, dtype=np.uint8).reshape(shape))
    large = small.resize((EXPORTED, EXPORTED), Image.Resampling.BICUBIC)
    picture, flag, buffer = Image.fromarray(burn_mark(np.asarray(large), 255)[0]), PngInfo(), io.BytesIO()
    flag.add_text("SyntheticData", "YES")
    flag.add_text("model_sha256", model)
    picture.save(buffer, "PNG", pnginfo=flag)
    return buffer.getvalue()


def picture_facts(picture: Picture) -> dict[str, Any]:
    """Everything that is needed to draw a picture again, as plain data."""
    return {
        "SyntheticData": "YES",
        "name": picture.name,
        "category": picture.category,
        "made_by": picture.op,
        "seed": picture.facts.get("seed"),
        "parents": list(picture.parents),
        "facts": picture.facts,
        "latent": [float(value) for value in picture.z],
        "model_sha256": picture.model,
        "software": f"medgan_fashion {__version__}",
    }


def export_buttons(picture: Picture, image: NDArray[np.float32]) -> None:
    """Downloads of a drawing: a marked PNG, and a JSON that says how to draw it again.

    Their bytes are given at once: a file that is made on the click has another address at every run of the page, and
    a click in the moment of one finds nothing.
    """
    about = picture_facts(picture)
    left, right = st.columns(2)
    left.download_button(
        "Picture", marked_png(image, picture.model), f"design_{picture.id}.png", "image/png",
        key=f"png-{picture.id}", icon=":material/image:", on_click="ignore", width="stretch",
    )  # fmt: skip
    right.download_button(
        "Recipe", json.dumps(about, indent=1), f"design_{picture.id}.json", "application/json",
        key=f"json-{picture.id}", icon=":material/data_object:", on_click="ignore", width="stretch",
        help="Seed, numbers and model: what it takes to draw this picture again",
    )  # fmt: skip
