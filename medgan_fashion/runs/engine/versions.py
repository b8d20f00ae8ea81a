"""What a result was computed with."""

import platform
from importlib.metadata import PackageNotFoundError, version

SHARED = ("medgan-fashion", "torch", "numpy", "scipy", "scikit-learn")


def versions(*more: str) -> dict[str, str]:
    """Versions of Python, of what every chain uses, and of the packages in `more`; "not installed" where absent."""
    out = {"python": platform.python_version()}
    for package in (*SHARED, *more):
        try:
            out[package] = version(package)
        except PackageNotFoundError:
            out[package] = "not installed"
    return out
