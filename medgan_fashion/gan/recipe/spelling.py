"""Recipes as the first version spelled them: its files are read, and keys of finished stages stay what they were."""

from typing import Any

from medgan_fashion.base.plain import from_plain, to_key
from medgan_fashion.gan.recipe.networks import NETWORK_CONFIGS, kept_by, keys_of
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
LOST = ("condition_g", "condition_d", "given", "attention", "skip_z", "noise", "minibatch_discrimination")
BY_INSTANCE = ("unet", "cyclegan")  # their normalisation by instance was called "batch"


def renamed(plain: dict[str, Any], kind: str = "dcgan") -> dict[str, Any]:
    """Plain data of a recipe, or changes of one, with today's names in the place of the first version's.

    `kind`: that of the networks where the data name none. What it never read is left out where it is a default.
    """
    out = {key: value for key, value in plain.items() if key not in FIELDS}
    for then, now in FIELDS.items():
        if then in plain:
            both = isinstance(plain[then], dict) and isinstance(out.get(now), dict)
            out[now] = plain[then] | out[now] if both else plain[then]
    nets = out.get("networks")
    if isinstance(nets, dict) and isinstance(told := nets.get("kind", kind), str):
        kind = KINDS.get(told, told)
        nets = nets | ({"kind": kind} if "kind" in nets else {})
        if kind in BY_INSTANCE:
            nets |= {key: "instance" for key in ("norm_g", "norm_d") if nets.get(key) == "batch"}
        out["networks"] = {key: value for key, value in nets.items() if not _says_nothing(kind, key, value)}
    return out


def _says_nothing(kind: str, key: str, value: Any) -> bool:
    """Whether the first version's one dataclass had the key and this kind has not, and the value is no wish."""
    if kind not in NETWORK_CONFIGS or key not in ALL_KINDS or key in keys_of(kind):
        return False
    return value in (ALL_KINDS[key], UNREAD.get(kind, {}).get(key, ALL_KINDS[key]))


def read_recipe(plain: dict[str, Any]) -> Recipe:
    """The recipe of a file or a finished stage, in either spelling; what its kind of networks never read is left out.

    ValueError as `from_plain`'s.
    """
    out = renamed(plain)
    nets = out.get("networks", {})
    if (kind := nets.get("kind", "dcgan")) in NETWORK_CONFIGS:
        out["networks"] = {k: v for k, v in nets.items() if k in keys_of(kind) or k not in ALL_KINDS}
    return from_plain(Recipe, out, stored=True)


def of_kind(recipe: Recipe, kind: str, told: dict[str, Any]) -> dict[str, Any]:
    """What networks of another kind take over from a recipe, beside what they are `told`; plain data.

    ValueError for what the recipe has and they have not: classes, given channels, attention and the like must not
    vanish without a word.
    """
    nets = renamed({"networks": first_spelling(recipe)["networks"] | {"kind": kind}})["networks"]
    kept = kept_by(kind, nets)
    for key in LOST:
        if key not in told and nets.get(key, ALL_KINDS[key]) != kept.get(key, ALL_KINDS[key]):
            raise ValueError(
                f"networks.kind {kind} has no {key} {nets[key]}, which this row has; say networks.{key} as well, "
                f"for example {ALL_KINDS[key]}"
            )
    return kept


def first_spelling(recipe: Recipe) -> dict[str, Any]:
    """The recipe as the first version wrote it: what stages' keys are made of, so that a new name computes nothing
    again. So it is for the table's rows and changes within their kind; what another kind never read is not known."""
    plain = to_key(recipe)
    then = {now: name for name, now in KINDS.items()}
    nets, kind = plain["networks"], plain["networks"]["kind"]
    if kind in BY_INSTANCE:
        nets = {k: "batch" if v == "instance" else v for k, v in nets.items()}
    plain["networks"] = ALL_KINDS | UNREAD.get(kind, {}) | nets | {"kind": then.get(kind, kind)}
    for name, now in FIELDS.items():
        plain[name] = plain.pop(now)
    return plain
