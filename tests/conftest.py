"""One thread per test process: on a shared machine two are slower, and results are exact either way."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
