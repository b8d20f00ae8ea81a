"""The document's own examples: a row from outside the package, and a loop of one's own, each in about thirty lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from medgan_fashion.gan import NETWORK_CONFIGS, NETWORKS, OBJECTIVES, MLPConfig, Recipe, load_model, train

DOCUMENT = Path(__file__).parents[2] / "docs" / "core.md"


@pytest.fixture
def tables() -> Iterator[None]:
    """The tables as they were, whatever a test adds to them."""
    changed = (NETWORKS, NETWORK_CONFIGS, OBJECTIVES)
    kept = [dict(table) for table in changed]
    yield
    for table, before in zip(changed, kept, strict=True):
        table.clear()
        table.update(before)  # pyright: ignore[reportArgumentType, reportCallIssue]


def example(section: str) -> str:
    """The first code of a section of the document."""
    return DOCUMENT.read_text().split(f"## {section}\n")[1].split("```python\n")[1].split("```")[0]


def test_the_document_s_own_loop_gives_what_train_gives() -> None:
    code = example("In your own loop")
    assert len([line for line in code.splitlines() if line.strip()]) <= 30
    rng = np.random.default_rng(0)
    images, labels = rng.random((64, 1, 16, 16)).astype(np.float32), np.arange(64) % 2
    space: dict[str, Any] = {"images": images, "labels": labels}
    exec(compile(code, str(DOCUMENT), "exec"), space)
    for name, row in space["rows"].items():
        whole = train(row, images, labels=labels, images_seen=320, progress=False)
        assert torch.equal(space["models"][name].generate(4, seed=1), whole.model.generate(4, seed=1)), name
        assert space["losses"][name][-1]["critic"] == whole.history[-1]["critic"]


def test_the_document_s_own_row_trains_and_comes_back(
    tables: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = example("Your own row")
    assert len([line for line in code.splitlines() if line.strip()]) < 30
    monkeypatch.chdir(tmp_path)
    images = np.random.default_rng(0).random((64, 1, 16, 16)).astype(np.float32)
    space = {"images": images}
    exec(compile(code, str(DOCUMENT), "exec"), space)
    model = load_model(tmp_path / "my_row" / "model.safetensors")
    assert type(model.generator).__name__ == "Blobs"
    assert model.generate(3).shape == (3, 1, 16, 16)
    assert torch.equal(model.generate(3), space["trained"].model.generate(3))  # pyright: ignore[reportAttributeAccessIssue]


def test_a_file_of_a_row_that_is_not_there_says_so(tables: None, tmp_path: Path) -> None:
    NETWORKS["mine"], NETWORK_CONFIGS["mine"] = NETWORKS["mlp"], MLPConfig
    row = Recipe(networks=MLPConfig(kind="mine", width=8))
    train(row, np.random.default_rng(0).random((64, 1, 8, 8)), images_seen=64, out=tmp_path, progress=False)
    del NETWORKS["mine"], NETWORK_CONFIGS["mine"]
    with pytest.raises(ValueError, match=r"unknown networks\.kind 'mine'.*import the code that adds it"):
        load_model(tmp_path / "model.safetensors")
