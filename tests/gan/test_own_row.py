"""The document's own example: an objective and a network from outside the package, in under thirty lines."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from medgan_fashion.gan import NETWORKS, OBJECTIVES, load_model

DOCUMENT = Path(__file__).parents[2] / "docs" / "core.md"


@pytest.fixture
def tables() -> Iterator[None]:
    """Both tables as they were, whatever a test adds to them."""
    kept = dict(NETWORKS), dict(OBJECTIVES)
    yield
    for table, before in zip((NETWORKS, OBJECTIVES), kept, strict=True):
        table.clear()
        table.update(before)  # pyright: ignore[reportArgumentType, reportCallIssue]


def test_the_document_s_own_row_trains_and_comes_back(
    tables: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = DOCUMENT.read_text().split("## Your own row")[1]
    code = section.split("```python\n")[1].split("```")[0]
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
    from dataclasses import replace

    from medgan_fashion.gan import RECIPES, train

    NETWORKS["mine"] = NETWORKS["mlp"]
    row = replace(RECIPES["mlp_gan"], networks=replace(RECIPES["mlp_gan"].networks, kind="mine", width=8))
    train(row, np.random.default_rng(0).random((64, 1, 8, 8)), images_seen=64, out=tmp_path, progress=False)
    del NETWORKS["mine"]
    with pytest.raises(ValueError, match=r"unknown networks\.kind 'mine'.*import the code that adds it"):
        load_model(tmp_path / "model.safetensors")
