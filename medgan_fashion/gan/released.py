"""What may leave the house of what a training recorded on its data: hashes, and this package's own words."""

import hashlib
import json
from typing import Any

from medgan_fashion.gan.plain import to_plain

KEPT = ("training_rows", "masks", "synthetic")  # the hash of the training rows, and two words of this package


def released(provenance: dict[str, Any]) -> dict[str, Any]:
    """A card's provenance as it may leave the house: what KEPT names, and the sha256 of all of it together, by which
    the house finds its own record again. Paths, names and pseudonyms that a caller recorded stay behind."""
    if not provenance:
        return {}
    if "provenance_sha256" in provenance:  # it came from outside already, as a published model's does
        return {key: provenance[key] for key in (*KEPT, "provenance_sha256") if key in provenance}
    whole = json.dumps(to_plain(provenance), sort_keys=True).encode()
    kept = {key: provenance[key] for key in KEPT if key in provenance}
    return {**kept, "provenance_sha256": hashlib.sha256(whole).hexdigest()}
