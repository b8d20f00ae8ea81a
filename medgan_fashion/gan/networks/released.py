"""What may leave the house of what a training recorded on its data: hashes, and this package's own words."""

import hashlib
import json
import re
from typing import Any

from medgan_fashion.base.plain import to_plain

KEPT = ("training_rows", "masks", "synthetic")  # the hash of the training rows, and two words of this package


def _harmless(key: str, value: Any) -> bool:
    """Whether a value is what this package itself would have written: a hash, a flag, one word."""
    if key == "synthetic":
        return isinstance(value, bool)
    pattern = "last channel" if key == "masks" else "[0-9a-f]{8,64}"
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def released(provenance: dict[str, Any]) -> dict[str, Any]:
    """A card's provenance as it may leave the house: what KEPT names, and the sha256 of all of it together, by which
    the house finds its own record again. Paths, names and pseudonyms that a caller recorded stay behind."""
    if not provenance:
        return {}
    if "provenance_sha256" in provenance:  # it came from outside already, as a published model's does
        return {k: v for k, v in provenance.items() if k in (*KEPT, "provenance_sha256") and _harmless(k, v)}
    whole = json.dumps(to_plain(provenance), sort_keys=True).encode()
    kept = {k: v for k, v in provenance.items() if k in KEPT and _harmless(k, v)}
    return {**kept, "provenance_sha256": hashlib.sha256(whole).hexdigest()}
