"""What every test runs under: one thread (two are slower on a shared machine), and a key of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _key_of_the_tests() -> Iterator[None]:
    """Pseudonyms under a key of the tests' own: the user's key file is neither read nor made."""
    before = os.environ.get("MEDGAN_FASHION_KEY")
    os.environ["MEDGAN_FASHION_KEY"] = "a key that only tests use"
    yield
    if before is None:
        del os.environ["MEDGAN_FASHION_KEY"]
    else:
        os.environ["MEDGAN_FASHION_KEY"] = before


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data sets; the test is skipped where it is absent."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data sets are not beside the checkout")
    return folder
