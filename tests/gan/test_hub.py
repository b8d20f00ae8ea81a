"""To a folder, to a hub and back, without a network."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from medgan_fashion.gan import load_model
from medgan_fashion.gan.models.export import example_inputs
from medgan_fashion.gan.models.hub import from_pretrained, model_card, push_to_hub, save_pretrained
from medgan_fashion.gan.networks.card import released

from .tiny_models import tiny_model

PROVENANCE = {"training_rows": "abc12345", "patients": ["P001"], "table": "/home/someone/cases.csv"}


def _same(one, other) -> bool:
    x = example_inputs(one, 4)
    return torch.equal(one.synthesize(x["z"], x["label"]), other.synthesize(x["z"], x["label"]))


def test_a_folder_and_back(tmp_path: Path) -> None:
    model = tiny_model("small", provenance=PROVENANCE)
    folder = save_pretrained(model, tmp_path / "made", notes=["Privacy screening: passed."])
    assert sorted(file.name for file in folder.iterdir()) == ["README.md", "model.safetensors"]
    back = from_pretrained(folder)
    assert _same(model, back)
    assert back.card.classes == ("a", "b", "c")
    assert back.card.provenance == released(PROVENANCE)
    assert model.card.provenance == PROVENANCE
    for file in folder.iterdir():
        assert b"P001" not in file.read_bytes()
        assert b"someone" not in file.read_bytes()


def test_what_was_released_once_is_released_again_as_it_is() -> None:
    once = released(PROVENANCE)
    assert once["training_rows"] == "abc12345"
    assert len(once["provenance_sha256"]) == 64
    assert released(once) == once
    assert released({}) == {}


def test_the_card_says_what_matters() -> None:
    model = tiny_model("small", provenance=PROVENANCE)
    model.facts["started_from"] = {"sha256": "f" * 64}
    text = model_card(model, notes=["Privacy screening: passed."])
    assert text.startswith("---\nlicense: other\n")
    for part in (
        "**Everything it draws is synthetic.**",
        "| training rows (hash) | abc12345 |",
        "| classes | a, b, c |",
        "| fingerprint of the training images | 0123456789abcdef |",
        f"| started from (sha256) | {'f' * 64} |",
        "Privacy screening: passed.\n",
        "Licence: TO BE FILLED IN",
    ):
        assert part in text
    assert "Licence: CC-BY-4.0" in model_card(model, licence="CC-BY-4.0")


def test_up_and_down_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")
    asked: list[dict] = []
    store = tmp_path / "store"

    class Api:
        def __init__(self, **given) -> None:
            asked.append(given)

        def create_repo(self, repo_id: str, **given) -> None:
            asked.append({"repo_id": repo_id, **given})

        def upload_folder(self, *, repo_id: str, folder_path: str, **given) -> SimpleNamespace:
            shutil.copytree(folder_path, store / repo_id)
            return SimpleNamespace(commit_url=f"there/{repo_id}")

    def download(repo_id: str, name: str, *, revision=None, token=None, cache_dir=None) -> str:
        asked.append({"revision": revision})
        return str(store / repo_id / name)

    monkeypatch.setattr(hub, "HfApi", Api)
    monkeypatch.setattr(hub, "hf_hub_download", download)
    model = tiny_model("small", provenance=PROVENANCE)
    assert push_to_hub(model, "us/tiny") == "there/us/tiny"
    assert asked[1] == {"repo_id": "us/tiny", "private": True, "exist_ok": True}
    assert sorted(file.name for file in (store / "us/tiny").iterdir()) == ["README.md", "model.safetensors"]
    back = from_pretrained("us/tiny", revision="v1")
    assert asked[-1] == {"revision": "v1"}
    assert _same(model, back)
    assert load_model(store / "us/tiny/model.safetensors").card.provenance == released(PROVENANCE)


def test_refusals_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no model at"):
        from_pretrained(tmp_path)
    hub = pytest.importorskip("huggingface_hub")

    def offline(*given, **more):
        raise ConnectionError("no way\nout")

    monkeypatch.setattr(hub, "hf_hub_download", offline)
    with pytest.raises(ValueError, match=r"us/nothing is no folder.*ConnectionError: no way out\); check the name"):
        from_pretrained("us/nothing")
