import hashlib
import hmac
from pathlib import Path

import pytest

from medgan_fashion.imaging.cases.pseudonyms import default_key_file, pseudonym, pseudonym_key


def test_it_is_hmac_sha256() -> None:
    expected = hmac.new(b"key of sixteen..", b"007", hashlib.sha256).hexdigest()[:10]
    assert pseudonym(b"key of sixteen..", "007") == f"P-{expected}"
    assert pseudonym(b"another key .....", "007") != f"P-{expected}"


def test_key_file_is_made_once_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDGAN_FASHION_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    first = pseudonym_key()
    path = default_key_file()
    assert path.is_relative_to(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert pseudonym_key() == first
    assert len(first) == 64
    assert list(path.parent.iterdir()) == [path]


def test_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDGAN_FASHION_KEY", "x" * 20)
    assert pseudonym_key() == b"x" * 20
    assert pseudonym_key(tmp_path / "own.key") != b"x" * 20
    monkeypatch.setenv("MEDGAN_FASHION_KEY", "short")
    with pytest.raises(ValueError, match="16 characters"):
        pseudonym_key()
