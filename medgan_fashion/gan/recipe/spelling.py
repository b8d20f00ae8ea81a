"""Recipes as the first version spelled them: its files are read, and keys of finished stages stay what they were."""

from typing import Any

from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.gan.recipe.networks import NETWORK_CONFIGS, keys_of
from medgan_fashion.gan.recipe.spec import Recipe

KINDS = {"kang": "dvbpr", "residual": "biggan", "resnet": "cyclegan"}  # then: now
FIELDS = {"stabilise": "regularization"}
# the one dataclass for all kinds that there was, with its defaults
ALL_KINDS = {
    "kind": "dcgan",
    "width": 64,
    "max_width": 512,
    "kernel": 4,
    "norm_g": "batch",
    "norm_d": "batch",
    "init": "dcgan",
    "spectral_norm": False,
    "minibatch_deviation": False,
    "minibatch_discrimination": False,
    "condition_g": "none",
    "condition_d": "none",
    "given": 0,
    "depth": 2,
    "noise": 0.0,
    "attention": 0,
    "skip_z": False,
    "recompute_from": 99,
}
# what the table's rows held in fields that their kind never read
UNREAD: dict[str, dict[str, Any]] = {
    "mlp": {"norm_g": "none", "norm_d": "none"},
    "dvbpr": {"kernel": 5},
    "progressive": {"norm_g": "none", "norm_d": "none"},
    "biggan": {"norm_d": "none", "init": "he"},
}
BY_INSTANCE = ("unet", "cyclegan")  # their normalisation by instance was called "batch"


def renamed(plain: dict[str, Any]) -> dict[str, Any]:
    """Plain data of a recipe, or changes of one, with today's names in the place of the first version's."""
    out = {FIELDS.get(key, key): value for key, value in plain.items()}
    if isinstance(nets := out.get("networks"), dict):
        kind = nets.get("kind")
        nets = nets | ({"kind": KINDS[kind]} if kind in KINDS else {})
        if nets.get("kind") in BY_INSTANCE:
            nets |= {key: "instance" for key in ("norm_g", "norm_d") if nets.get(key) == "batch"}
        out["networks"] = nets
    return out


def read_recipe(plain: dict[str, Any]) -> Recipe:
    """The recipe of a file or a finished stage, in either spelling; what its kind of networks never read is left out.

    ValueError as `from_plain`'s.
    """
    out = renamed(plain)
    kind = out.get("networks", {}).get("kind", "dcgan")
    if kind in NETWORK_CONFIGS:
        known = keys_of(kind)
        out["networks"] = {k: v for k, v in out.get("networks", {}).items() if k in known or k not in ALL_KINDS}
    return from_plain(Recipe, out)


def first_spelling(recipe: Recipe) -> dict[str, Any]:
    """The recipe as the first version wrote it: what stages' keys are made of, so that a new name computes nothing
    again."""
    plain = to_plain(recipe)
    then = {now: name for name, now in KINDS.items()}
    nets, kind = plain["networks"], plain["networks"]["kind"]
    if kind in BY_INSTANCE:
        nets = {k: "batch" if v == "instance" else v for k, v in nets.items()}
    plain["networks"] = ALL_KINDS | UNREAD.get(kind, {}) | nets | {"kind": then.get(kind, kind)}
    for name, now in FIELDS.items():
        plain[name] = plain.pop(now)
    return plain
