import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.evaluation.encoder import save_encoder
from medgan_fashion.fashion.data.catalogue import Catalogue, save_catalogue
from medgan_fashion.fashion.run import stages_gan
from medgan_fashion.fashion.run.stages_gan import (
    check_garment_model,
    designable,
    drawn_evenly,
    judge_gan,
    picture_figures,
)
from medgan_fashion.gan import Recipe, save_model
from medgan_fashion.gan.models.model import Model, model_from_weights
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.networks.card import DataCard
from medgan_fashion.gan.recipe.table import find_recipe
from tests.fashion.tiny_atelier import CATEGORIES, catalogue, encoder, gan


@pytest.fixture(autouse=True)
def _few_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages_gan, "JUDGED", 60)


def untrained(shape: tuple[int, int, int], classes: tuple[str, ...], low: float = -1.0, high: float = 1.0) -> Model:
    """A conditional GAN as it is built."""
    recipe: Recipe = find_recipe("small")
    card = DataCard(shape, (low, high), "float32", classes)
    networks = build_networks(recipe, shape, len(classes), seed=0)
    return model_from_weights(recipe, card, {name: net.state_dict() for name, net in networks.items()}, {})


def figures(folder: Path, items: Catalogue, model: Model) -> dict:
    """What the stage says of a model on a catalogue."""
    for name in ("items", "encoder", "gan", "work"):
        (folder / name).mkdir()
    save_catalogue(items, folder / "items")
    save_encoder(encoder(), folder / "encoder" / "encoder.safetensors")
    save_model(model, folder / "gan" / "model.safetensors")
    judge_gan.function(folder / "work", folder / "items", folder / "encoder", folder / "gan", 0)
    with np.load(folder / "work" / "grids.npz") as grids:
        assert {grid.shape[2:] for grid in grids.values()} == {(items.size, items.size)}
    return json.loads((folder / "work" / "figures.json").read_text())


def test_categories_with_enough_pictures_to_train_on() -> None:
    items = replace(catalogue(), held_out=(np.arange(120) < 55))
    assert designable(items, 5).tolist() == [0, 1]
    assert designable(items, 6).tolist() == [1]
    with pytest.raises(ValueError, match=r"no category has 61 pictures \(the largest has 60\)"):
        designable(items, 61)


def test_the_planted_gan_draws_what_it_is_told() -> None:
    images, labels = drawn_evenly(gan(), 50, seed=0)
    assert images.dtype == np.float32
    assert images.min() >= 0 <= images.max() <= 1
    assert np.bincount(labels).tolist() == [25, 25]
    assert (encoder().predict(images).argmax(1) == labels).mean() > 0.9


def test_a_gan_of_another_size_and_range_is_named(tmp_path: Path) -> None:
    found = figures(tmp_path, catalogue(), untrained((3, 8, 8), CATEGORIES))
    assert found["notes"][0].startswith(
        "the GAN draws 8 x 8 pictures in [-1, 1], the catalogue has 16 x 16 in [0, 255]"
    )
    assert set(found["agreement_by_category"]) == set(CATEGORIES)
    assert all(value is not None for value in found["kid"].values())


@pytest.mark.parametrize(("held_out", "known"), [(0, ()), (1, ("agreement_held_out", "neighbour_ratio"))])
def test_too_few_held_out_photos_leave_figures_out(tmp_path: Path, held_out: int, known: tuple[str, ...]) -> None:
    items = replace(catalogue(), held_out=np.arange(120) < held_out)
    found = figures(tmp_path, items, untrained((3, 16, 16), CATEGORIES, 0.0, 255.0))
    assert set(found["kid"].values()) == {None}
    assert [name for name in ("agreement_held_out", "neighbour_ratio") if found[name] is not None] == list(known)
    assert found["near_copies"] is not None  # training photos are all that this needs
    assert len(found["notes"]) == 1
    assert f"{held_out} held-out photos of what the GAN draws are too few" in found["notes"][0]


def test_a_category_with_one_photo_is_no_error(tmp_path: Path) -> None:
    items = catalogue().take(np.r_[1:60, 61])
    model = untrained((3, 16, 16), CATEGORIES, 0.0, 255.0)
    assert figures(tmp_path, items, model)["diversity_real"] is not None


@pytest.mark.parametrize(
    ("shape", "classes", "sentence"),
    [
        ((3, 16, 16), ("hat", "bar"), "x.safetensors draws hat, bar, and the catalogue has the categories bar, square"),
        ((1, 16, 16), CATEGORIES, r"draws 1 channel\(s\): garments need 3"),
        ((3, 16, 32), CATEGORIES, "draws pictures of 32 x 16: garments need squares"),
    ],
)
def test_a_gan_of_something_else_is_refused(
    shape: tuple[int, int, int], classes: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        check_garment_model(untrained(shape, classes), catalogue(), "x.safetensors")


def test_drawings_that_are_training_photos_are_near_copies() -> None:
    items = catalogue()
    train = items.floats(np.flatnonzero(~items.held_out))
    made, told = train[:20, :, :, ::-1].copy(), items.category[~items.held_out][:20]
    assert picture_figures(encoder(), items, made, told, 0)["near_copies"] == 20
