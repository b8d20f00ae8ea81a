import subprocess
import sys

import pytest

from medgan_fashion.fashion.config import DesignConfig, RestyleConfig, ViewConfig


def test_imports_no_torch() -> None:
    code = "import sys, medgan_fashion.fashion.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_impossible_settings_are_refused() -> None:
    for make, message in (
        (lambda: DesignConfig(n_diverse=0), "n_diverse"),
        (lambda: DesignConfig(eta=-1), "eta"),
        (lambda: DesignConfig(realism_quantile=0), "realism_quantile"),
        (lambda: ViewConfig(crop=1.0), "crop"),
        (lambda: RestyleConfig(leashes=(1.0, 2.0)), "leashes"),
        (lambda: RestyleConfig(faithful_quantile=0.99), "quantiles"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
