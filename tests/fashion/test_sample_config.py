"""What a sample's configuration refuses."""

from typing import Any

import pytest

from medgan_fashion.fashion.config import SampleConfig


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"n_styles": 0}, "n_styles"),
        ({"size": 4}, "sample.size 4"),
        ({"purchases": (5, 3)}, "purchases"),
        ({"temperature": 0.0}, "temperature"),
        ({"noise": 1.5}, "noise"),
    ],
)
def test_wrong_values_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        SampleConfig(**wrong)
