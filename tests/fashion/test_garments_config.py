import subprocess
import sys
from typing import Any

import pytest

from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.fashion.config import GarmentsConfig, read_settings
from medgan_fashion.runs.pipelines import find_pipeline, read_pipeline


def test_the_pipeline_file_is_valid_and_defaults_stay() -> None:
    config = read_settings(read_pipeline(find_pipeline("garments")))
    assert config.catalogue.size == 32
    assert config.design.starts == 8
    assert config.design.views == GarmentsConfig().design.views  # not named in the file
    assert from_plain(GarmentsConfig, to_plain(config)) == config


def test_reading_settings_imports_no_torch() -> None:
    code = (
        "import sys\nfrom medgan_fashion.fashion.config import read_settings\nread_settings({})\n"
        "assert not {'torch', 'numpy', 'pandas'} & set(sys.modules), 'heavy'"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"gann": {}}, "unknown key 'gann'"),
        ({"gan": {"changes": {"networks": {"widht": 3}}}}, r"gan\.changes\.networks\.widht"),
        ({"gan": {"recipe": "dcgan"}}, "'dcgan' knows no categories: take small, cgan or dvbpr_lsgan"),
        ({"recommenders": {"compare": ["svd"]}}, "recommenders.compare has 'svd'; choose from popularity"),
        ({"recommenders": {"seeds": 2}}, "a design needs at least 3"),
        ({"recommenders": {"held_out": {"tower": {"architecture": "small"}}}}, "must differ from dvbpr's"),
        ({"catalogue": {"size": 8}}, "catalogue.size is 8: the chain's networks need 16 or more"),
        ({"limit": -1}, "limit and calibrated_on must not be negative"),
        ({"designed_for": 0}, "designed_for is 0: it must be 1 or more"),
        ({"simulated_customers": 0}, "simulated_customers is 0"),
        ({"etas": []}, "etas needs at least one number"),
        ({"etas": [-1.0]}, "none below 0"),
        ({"customers": [12]}, "customers"),  # a number has lost its zeros
    ],
)
def test_what_cannot_be_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_settings(settings)
