import hashlib
from pathlib import Path

import pytest
import torch

from medgan_fashion.gan import save_model
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.recipe.table import RECIPES
from medgan_fashion.gan.training.state import start_from

from .tiny_models import tiny_model


def _saved(tmp_path: Path, name: str = "small", provenance: dict | None = None) -> Path:
    save_model(tiny_model(name, provenance=provenance), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def _fresh(name: str = "small", n_classes: int = 3, **networks: int) -> dict[str, torch.nn.Module]:
    like = tiny_model(name, networks=networks)
    return build_networks(like.recipe, like.card.shape, n_classes if like.recipe.conditional else 0, seed=5)


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "dvbpr_lsgan_128"])
def test_from_itself_every_weight_is_the_same(name: str, tmp_path: Path) -> None:
    path, networks = _saved(tmp_path, name), _fresh(name)
    note = start_from(networks, path)
    for part, network in tiny_model(name).networks.items():
        for key, value in network.state_dict().items():
            assert torch.equal(networks[part].state_dict()[key], value), key
    assert note["left_at_random"] == note["unused"] == []


def test_only_hashes_of_the_data_come_along(tmp_path: Path) -> None:
    path = _saved(tmp_path, provenance={"training_rows": "abc12345", "patients": ["P001"]})
    note = start_from(_fresh(), path)
    assert note["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert note["fingerprint"] == "0123456789abcdef"
    assert note["provenance"]["training_rows"] == "abc12345"
    assert note["images_seen"] == 16
    assert note["classes"] == ["a", "b", "c"]
    assert "P001" not in str(note)


def test_another_width_lists_the_layers(tmp_path: Path) -> None:
    path, networks = _saved(tmp_path), _fresh(width=6)
    before = {key: value.clone() for key, value in networks["generator"].state_dict().items()}
    with pytest.raises(ValueError, match=r"discriminator\.layers\.0\.weight is \(6, 1, 4, 4\) here and \(4, 1, 4, 4\)"):
        start_from(networks, path)
    assert all(torch.equal(before[key], value) for key, value in networks["generator"].state_dict().items())


def test_what_fits_is_taken_where_that_is_wanted(tmp_path: Path) -> None:
    path, networks = _saved(tmp_path), _fresh(n_classes=5)
    fresh = _fresh(n_classes=5)
    with pytest.raises(ValueError, match=r"generator\.labelled\.embedding\.weight is \(5, 6\) here and \(3, 6\)"):
        start_from(networks, path)
    note = start_from(networks, path, strict=False)
    embeddings = ["generator.labelled.embedding.weight", "discriminator.verdict.projection.weight"]
    assert note["left_at_random"] == embeddings
    assert sorted(note["unused"]) == sorted(embeddings)
    own = tiny_model("small")
    assert torch.equal(networks["generator"].state_dict()["dense.weight"], own.generator.state_dict()["dense.weight"])
    left = networks["generator"].state_dict()["labelled.embedding.weight"]
    assert torch.equal(left, fresh["generator"].state_dict()["labelled.embedding.weight"])


def test_a_stage_of_growth_is_not_taken_over(tmp_path: Path) -> None:
    from medgan_fashion.gan.recipe.schedules import Growing, Stage

    model = tiny_model("progan_small")
    assert isinstance(model.generator, Growing)
    model.generator.stage = Stage(1, 0.5)
    save_model(model, tmp_path / "model.safetensors")
    networks = _fresh("progan_small")
    start_from(networks, tmp_path / "model.safetensors")
    assert isinstance(networks["generator"], Growing)
    assert networks["generator"].stage == Stage(2, 1.0)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no model at"):
        start_from(_fresh(), tmp_path / "nothing.safetensors")
    with pytest.raises(ValueError, match=r"encoder.* is not in the file"):
        start_from(_fresh("vae"), _saved(tmp_path, "mlp_gan"))
    with pytest.raises(ValueError, match="no layer of"):
        start_from({"other": torch.nn.Linear(2, 2)}, _saved(tmp_path), strict=False)
