"""What is told to each kind of network pair, one frozen dataclass a kind; imports no torch.

A kind has what its networks read and nothing else, so that a key which has no effect is refused instead of passed over.
"""

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

ConditionG = Literal["none", "multiply", "concat"]
ConditionD = Literal["none", "plane", "projection", "classes", "shared"]


@dataclass(frozen=True)
class NetworkConfig:
    """What every pair is told; the dataclass of a kind of your own may be this one.

    `kind` is a key of NETWORKS and of NETWORK_CONFIGS. `width` is the channel count at full resolution; where there
    is a `max_width`, it doubles with each halving up to that. `condition_g`: the class embedding multiplies z
    ("multiply", as CGANs on DCGAN do) or is appended to it ("concat"). `condition_d`: a learned label plane is an
    extra input
    channel ("plane"); a class vector is projected on the features ("projection", Miyato and Koyama 2018); D has a head
    of class logits beside its output ("classes", Odena et al. 2017), or its output is the log-sum-exp of the class
    logits ("shared", the (K + 1)-class discriminator of Salimans et al. 2016, section 5).
    """

    kind: str
    width: int = 64
    condition_g: str = "none"
    condition_d: str = "none"

    @classmethod
    def plain_type(cls, data: dict[str, Any], where: str) -> "type[NetworkConfig]":
        """The dataclass that plain data are of (see base.plain): their kind's. ValueError for an unknown kind, and for
        what only other kinds take, naming those."""
        kind = data.get("kind", getattr(cls, "kind", DCGANConfig.kind))
        if not isinstance(kind, str):
            raise ValueError(f"'{where}kind' is {kind!r} ({type(kind).__name__}); it must be str")
        if kind not in NETWORK_CONFIGS:
            known = ", ".join(NETWORK_CONFIGS)
            raise ValueError(
                f"unknown {where}kind '{kind}'; choose from {known}, or import the code that adds it to NETWORKS and "
                "NETWORK_CONFIGS"
            )
        for key, value in data.items():
            if key not in keys_of(kind):
                if kinds := kinds_with(key):
                    raise ValueError(f"{where}{key} has no place in {where}kind {kind}, only in {', '.join(kinds)}")
            elif not _takes(kind, key, value) and (kinds := [k for k in kinds_with(key) if _takes(k, key, value)]):
                raise ValueError(f"{where}{key} {value} needs {where}kind {', '.join(kinds)}, not {kind}")
        return NETWORK_CONFIGS[kind]


@dataclass(frozen=True)
class MLPConfig(NetworkConfig):
    """Fully connected: `depth` hidden layers of `width`, any shape of image.

    `noise`: sd of Gaussian noise on the inputs of D's layers while training (here and in the other kinds).
    """

    kind: str = "mlp"
    depth: int = 2
    init: Literal["dcgan", "he"] = "dcgan"
    spectral_norm: bool = False
    minibatch_discrimination: bool = False
    noise: float = 0.0
    condition_g: ConditionG = "none"
    condition_d: ConditionD = "none"


@dataclass(frozen=True)
class DCGANConfig(NetworkConfig):
    """Strided convolutions (Radford et al. 2015). `attention`: the side of the grid where self-attention stands, or 0;
    `spectral_norm` is D's."""

    kind: str = "dcgan"
    max_width: int = 512
    kernel: Literal[4, 5] = 4
    norm_g: Literal["batch", "none"] = "batch"
    norm_d: Literal["batch", "none"] = "batch"
    init: Literal["dcgan", "he"] = "dcgan"
    spectral_norm: bool = False
    minibatch_deviation: bool = False
    minibatch_discrimination: bool = False
    noise: float = 0.0
    attention: int = 0
    condition_g: ConditionG = "none"
    condition_d: ConditionD = "none"


@dataclass(frozen=True)
class DVBPRConfig(NetworkConfig):
    """The pair of Kang et al. 2017: one-hot classes in both; D's widths end at 2 x `max_width`."""

    kind: str = "dvbpr"
    max_width: int = 512
    condition_g: Literal["none", "onehot"] = "none"
    condition_d: Literal["none", "onehot"] = "none"


@dataclass(frozen=True)
class ProGANConfig(NetworkConfig):
    """Progressive growing (Karras et al. 2018). No activations of the levels from `recompute_from` on are kept: they
    are computed again in the backward pass, for less memory and a third more time."""

    kind: str = "progressive"
    max_width: int = 512
    minibatch_deviation: bool = False
    recompute_from: int = 99
    condition_g: ConditionG = "none"
    condition_d: ConditionD = "none"


@dataclass(frozen=True)
class BigGANConfig(NetworkConfig):
    """The residual pair (Miyato et al. 2018, Brock et al. 2019). `condition_g` "norm" lets the class (and z) steer
    every normalisation; `skip_z` hands a piece of z to every block."""

    kind: str = "biggan"
    max_width: int = 512
    norm_g: Literal["batch", "none"] = "batch"
    spectral_norm: bool = False
    minibatch_deviation: bool = False
    minibatch_discrimination: bool = False
    attention: int = 0
    skip_z: bool = False
    condition_g: Literal["none", "multiply", "concat", "norm"] = "none"
    condition_d: ConditionD = "none"


@dataclass(frozen=True)
class _GivenConfig(NetworkConfig):
    """A generator that is handed the `given` last channels of the images, and paints the others."""

    given: int = 0


@dataclass(frozen=True)
class UNetConfig(_GivenConfig):
    """The U-Net and the discriminator of patches of pix2pix (Isola et al. 2017); normalised by instance."""

    kind: str = "unet"
    max_width: int = 512
    norm_g: Literal["instance", "none"] = "instance"
    norm_d: Literal["instance", "none"] = "instance"
    init: Literal["dcgan", "he"] = "dcgan"
    spectral_norm: bool = False
    condition_g: ConditionG = "none"
    condition_d: Literal["none", "plane"] = "none"


@dataclass(frozen=True)
class CycleGANConfig(UNetConfig):
    """The residual translator of CycleGAN (Zhu et al. 2017) with `depth` blocks, before the same discriminator."""

    kind: str = "cyclegan"
    depth: int = 2


@dataclass(frozen=True)
class SPADEConfig(_GivenConfig):
    """Spatially adaptive normalisation (Park et al. 2019) before DCGAN's discriminator, which sees all channels."""

    kind: str = "spade"
    max_width: int = 512
    kernel: Literal[4, 5] = 4
    norm_d: Literal["batch", "none"] = "batch"
    init: Literal["dcgan", "he"] = "dcgan"
    spectral_norm: bool = False
    minibatch_deviation: bool = False
    minibatch_discrimination: bool = False
    noise: float = 0.0
    condition_g: ConditionG = "none"
    condition_d: ConditionD = "none"


# a kind of your own: its dataclass here, its networks in NETWORKS
NETWORK_CONFIGS: dict[str, type[NetworkConfig]] = {
    "mlp": MLPConfig,
    "dcgan": DCGANConfig,
    "dvbpr": DVBPRConfig,
    "progressive": ProGANConfig,
    "biggan": BigGANConfig,
    "unet": UNetConfig,
    "cyclegan": CycleGANConfig,
    "spade": SPADEConfig,
}


def keys_of(kind: str) -> tuple[str, ...]:
    """The keys that a kind of networks takes."""
    return tuple(field.name for field in fields(NETWORK_CONFIGS[kind]))


def _takes(kind: str, key: str, value: Any) -> bool:
    """Whether a kind's key, where it is a choice, has that value among its own."""
    hint = get_type_hints(NETWORK_CONFIGS[kind])[key]
    return get_origin(hint) is not Literal or value in get_args(hint)


def kept_by(kind: str, nets: dict[str, Any]) -> dict[str, Any]:
    """What of another kind's keys and values this kind takes as well."""
    return {key: value for key, value in nets.items() if key in keys_of(kind) and _takes(kind, key, value)}


def kinds_with(key: str) -> list[str]:
    """The kinds that take a key."""
    return [kind for kind in NETWORK_CONFIGS if key in keys_of(kind)]
