"""Pseudonyms: keyed hashes of patient IDs; the key stays in the user's own configuration folder."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

KEY_VARIABLE = "MEDGAN_FASHION_KEY"
_KEY_BYTES = 32


def default_key_file() -> Path:
    """Where the key lies unless the environment variable MEDGAN_FASHION_KEY holds it."""
    return Path.home() / ".config" / "medgan_fashion" / "pseudonym.key"


def _make_key(path: Path) -> None:
    """Writes a new key beside its place and links it there: of two processes one wins and both read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_KEY_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key counts
    finally:
        draft.unlink()


def pseudonym_key(path: Path | None = None) -> bytes:
    """The secret key: from MEDGAN_FASHION_KEY, else from the key file, which is made (mode 0600) on first
    use.

    Raises:
        ValueError: the key is shorter than 16 characters, or its file cannot be read or made.
    """
    text = os.environ.get(KEY_VARIABLE, "").strip() if path is None else ""
    where = KEY_VARIABLE
    if not text:
        file = path or default_key_file()
        where = f"the key file {file.name}"
        try:
            if not file.exists():
                _make_key(file)
            text = file.read_text(encoding="ascii").strip()
        except OSError:
            raise ValueError(f"{where} cannot be read or made: set {KEY_VARIABLE} to a secret text") from None
    if len(text) < 16:
        raise ValueError(f"{where} holds fewer than 16 characters: use a long secret text")
    return text.encode()


def pseudonym(key: bytes, identity: str, prefix: str = "P-") -> str:
    """The prefix and 10 hexadecimal digits: HMAC-SHA256 (RFC 2104) of the ID, the same for the same key and ID."""
    return prefix + hmac.new(key, identity.encode(), hashlib.sha256).hexdigest()[:10]
