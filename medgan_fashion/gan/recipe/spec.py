"""A recipe: what makes one GAN differ from another, as plain values, and what does not fit; imports no torch."""

from dataclasses import dataclass, field
from typing import Literal

from medgan_fashion.gan.recipe.networks import DCGANConfig, NetworkConfig

# ---------------------------------------------------------------------------------------------------------------------
# What a recipe is made of beside its networks.


@dataclass(frozen=True)
class PenaltyRow:
    """`weight` x the penalty named `name` (penalties.PENALTIES); at every k-th step, then k times as heavy."""

    name: str
    weight: float
    every: int = 1


@dataclass(frozen=True)
class Latent:
    """z has `size` numbers: N(0, 1), U(-1, 1), or uniform on the sphere of radius sqrt(size)."""

    size: int = 100
    prior: Literal["normal", "uniform", "sphere"] = "normal"


@dataclass(frozen=True)
class Growth:
    """Progressive growing (Karras et al. 2018) of networks of kind "progressive".

    The base grid trains for its `phase_images`; then each level fades in over its own and trains whole for as many,
    the last one to the end. Optimizers start afresh at each level. `phase_images` and `batches` are by level from
    the base grid on, the last number serving all levels above; no `batches`: the recipe's batch everywhere.
    """

    phase_images: tuple[int, ...] = (600_000,)
    batches: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.phase_images or min(self.phase_images + self.batches) < 1:
            raise ValueError("growth.phase_images needs at least one number, and they and growth.batches must be >= 1")

    def phase(self, level: int) -> int:
        """Images of one phase of a level."""
        return self.phase_images[min(level, len(self.phase_images) - 1)]


@dataclass(frozen=True)
class Autoencoding:
    """An autoencoder instead of two opponents: the generator decodes what an encoder made of the image.

    `kl` = 0: a plain autoencoder. Otherwise a variational one (Kingma and Welling 2014): reconstruction + kl x KL to
    N(0, I), both summed over an image's numbers; kl = 1 is the evidence lower bound, above 1 a beta-VAE.
    `reconstruction`: "bce" of pixels read as probabilities in [0, 1], or "l2" = half the squared error in [-1, 1].
    """

    reconstruction: Literal["bce", "l2"] = "bce"
    kl: float = 1.0


@dataclass(frozen=True)
class Translation:
    """From the `networks.given` last channels of an image (domain A) to the others (domain B).

    `paired`: pix2pix (Isola et al. 2017), `l1` x the distance to the true partner, D sees both. Else CycleGAN (Zhu et
    al. 2017): two translators and two discriminators, `cycle` x the way there and back, `identity` x the change of
    an image that is in the target domain already (needs as many channels in A as in B); D of each domain is
    shown fakes from a buffer of the last `buffer`.
    """

    paired: bool = True
    l1: float = 100.0
    cycle: float = 10.0
    identity: float = 5.0
    buffer: int = 50


@dataclass(frozen=True)
class Classify:
    """What D's class logits are for: cross-entropy on `real` labelled images and on `fake` ones in D's loss, and on
    fakes in G's. ACGAN: 1, 1, 1. Semi-supervised: 1, 0, 0; images of label -1 are without a label, and every batch is
    joined by as many labelled ones. `entropy`: weight of the mean entropy of the class probabilities on all reals,
    which keeps the border between classes out of where images lie (Grandvalet and Bengio 2005; Dai et al. 2017)."""

    real: float = 1.0
    fake: float = 0.0
    generator: float = 0.0
    entropy: float = 0.0


@dataclass(frozen=True)
class Regularization:
    """Each is 0 or off by default.

    `feature_matching`: weight of ||E f(real) - E f(fake)||^2 in G's loss, f D's features (Salimans et al. 2016, 3.1);
    `adversarial`: weight of G's own objective beside it.
    `historical`: weight of ||theta - mean of the past thetas||^2 in both losses (the same paper, 3.3).
    `replay_fakes`: so many past fakes are kept, and half of the fakes that D sees are drawn from them. Beside batch
        normalisation in D it has cost in our trials (docs/steadying.md): the halves have other statistics.
    `replay_critics`: so many snapshots of D are kept, one every `snapshot_images`; G plays one of them as well as D.
    `instance_noise`: sd of Gaussian noise on all that D sees, falling to 0 at `noise_images`.
    `ada_target`: augmentation's probability p moves so that E sign(D(real)) meets this (Karras et al. 2020: 0.6), by
    at most 1 in `ada_images`; 0: augmentation always happens.
    `lecam`: weight of Tseng et al. 2021, eq. 5, its two anchors averaged with `lecam_decay`.
    `orthogonal`: weight of ||W'W (1 - I)||^2 of G's layers (Brock et al. 2019, eq. 3).
    """

    feature_matching: float = 0.0
    adversarial: float = 1.0
    historical: float = 0.0
    replay_fakes: int = 0
    replay_critics: int = 0
    snapshot_images: int = 5_000
    instance_noise: float = 0.0
    noise_images: int = 50_000
    ada_target: float = 0.0
    ada_images: int = 500_000
    lecam: float = 0.0
    lecam_decay: float = 0.99
    orthogonal: float = 0.0

    def __post_init__(self) -> None:
        if min(self.snapshot_images, self.noise_images, self.ada_images) < 1:
            raise ValueError(
                "regularization.snapshot_images, noise_images and ada_images count images: at least 1 each"
            )


# ---------------------------------------------------------------------------------------------------------------------
# Which pieces of a recipe do not fit one another, each in one sentence that names both.


Rule = tuple[bool, str]  # does it not fit, and the sentence that names both pieces


def _too_small(recipe: "Recipe") -> list[Rule]:
    nets = recipe.networks
    counts = {"batch": recipe.batch, "n_critic": recipe.n_critic, "latent.size": recipe.latent.size}
    counts |= {"networks.width": nets.width, "networks.max_width": getattr(nets, "max_width", 1)}
    return [(value < 1, f"{name} is {value}; it must be 1 or more") for name, value in counts.items()]


def _networks(recipe: "Recipe") -> list[Rule]:
    """What kinds of networks ask of the rest; what they take is said by their dataclasses."""
    nets = recipe.networks
    classes = nets.condition_d in ("classes", "shared")
    return [
        (
            (recipe.growth is None) == (nets.kind == "progressive"),
            "networks.kind progressive needs growth (phase_images), and growth needs that kind",
        ),
        (
            recipe.given == 0 and hasattr(nets, "given"),
            f"networks.kind {nets.kind} needs networks.given, the number of channels that it paints over",
        ),
        (
            classes != (recipe.classify is not None),
            f"networks.condition_d {nets.condition_d} and classify = {recipe.classify} do not fit: class logits "
            "(condition_d classes or shared) need classify, which says what they are for, and the other way round",
        ),
    ]


def _schemes(recipe: "Recipe") -> list[Rule]:
    """What has no place in a scheme."""
    nets, steady = recipe.networks, recipe.regularization
    noise_alone = Regularization(instance_noise=steady.instance_noise, noise_images=steady.noise_images)
    fewer = recipe.relativistic != "none" or bool(recipe.penalties) or recipe.classify is not None
    fewer = fewer or bool(recipe.augment) or steady != Regularization()
    unpaired = recipe.translation is not None and not recipe.translation.paired
    compares = any(getattr(nets, name, False) for name in ("minibatch_deviation", "minibatch_discrimination"))
    return [
        (
            recipe.autoencoding is not None and fewer,
            "autoencoding has no opponents, so relativistic, penalties, classify, augment and regularization have no "
            "place beside it",
        ),
        (
            recipe.autoencoding is not None and compares,
            "autoencoding codes each image alone, but networks.minibatch_deviation and minibatch_discrimination look "
            "at a whole batch: leave them out",
        ),
        (
            recipe.autoencoding is not None and recipe.translation is not None,
            "autoencoding and translation are two schemes; a recipe plays one",
        ),
        (
            recipe.translation is not None and recipe.given == 0,
            "translation needs networks.given, the number of channels of the domain it starts from",
        ),
        (
            unpaired and steady != noise_alone,
            "translation without pairs (CycleGAN) has translation.buffer and, of regularization, takes instance_noise "
            "alone: leave the others out",
        ),
        (
            recipe.translation is not None and recipe.conditional,
            "translation (pix2pix, CycleGAN) takes no classes: set networks.condition_g and condition_d to none",
        ),
    ]


def _regularization(recipe: "Recipe") -> list[Rule]:
    """What stabilisers ask of the rest."""
    nets, steady = recipe.networks, recipe.regularization
    return [
        (
            steady.ada_target > 0 and not recipe.augment,
            "regularization.ada_target steers how often augment happens, but augment is empty: name transforms there",
        ),
        (
            steady.replay_critics > 0 and recipe.relativistic != "none",
            "regularization.replay_critics has no reals of the past for relativistic "
            f"{recipe.relativistic} to compare with",
        ),
        (
            (steady.replay_fakes > 0 or steady.replay_critics > 0) and recipe.growth is not None,
            "regularization.replay_fakes and replay_critics keep what is of one size, but growth changes it",
        ),
        (
            steady.ada_target > 0 and (recipe.relativistic != "none" or recipe.objective == "wasserstein"),
            "regularization.ada_target reads the sign of D's logits on reals, which says nothing where only "
            f"differences count (relativistic {recipe.relativistic}, objective {recipe.objective}): set it to 0",
        ),
        (
            steady.replay_fakes > 0
            and nets.condition_d in ("plane", "projection", "onehot")
            and any(row.name in ("r2", "gradient_penalty") for row in recipe.penalties),
            "regularization.replay_fakes mixes in fakes of other classes, unknown to penalties r2 and gradient_penalty",
        ),
        (
            steady.adversarial == 0 and steady.feature_matching == 0 and recipe.scheme == "adversarial",
            "regularization.adversarial is 0 and so is feature_matching: the generator has nothing to learn from",
        ),
    ]


def rules(recipe: "Recipe") -> list[Rule]:
    """(does it not fit, the sentence that names both pieces) for all that can be known before the data are."""
    return [*_too_small(recipe), *_networks(recipe), *_schemes(recipe), *_regularization(recipe)]


def validate(recipe: "Recipe") -> None:
    """ValueError with the first sentence that applies."""
    for wrong, sentence in rules(recipe):
        if wrong:
            raise ValueError(sentence)


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one GAN differ from another. All fields are plain data.

    `images` counts in `ema_half_life` are real images seen: after that many, half of the average is new.
    0 publishes the live generator. `n_critic` critic updates stand before each generator update.
    """

    networks: NetworkConfig = field(default_factory=DCGANConfig)
    objective: str = "non_saturating"
    relativistic: Literal["none", "average", "paired"] = "none"
    label_smoothing: float = 0.0
    penalties: tuple[PenaltyRow, ...] = ()
    augment: tuple[str, ...] = ()
    latent: Latent = field(default_factory=Latent)
    batch: int = 64
    n_critic: int = 1
    lr_g: float = 2e-4
    lr_d: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    ema_half_life: int = 0
    growth: Growth | None = None
    classify: Classify | None = None
    autoencoding: Autoencoding | None = None
    translation: Translation | None = None
    regularization: Regularization = field(default_factory=Regularization)

    def __post_init__(self) -> None:
        validate(self)

    @property
    def scheme(self) -> str:
        """The scheme that this row plays: a key of schemes.table.SCHEMES."""
        return "autoencoding" if self.autoencoding else "translation" if self.translation else "adversarial"

    @property
    def given(self) -> int:
        """How many of the last channels G is handed and paints the others over: `networks.given`, 0 without it."""
        return getattr(self.networks, "given", 0)

    @property
    def conditional(self) -> bool:
        """Whether labels are needed."""
        return self.networks.condition_g != "none" or self.networks.condition_d != "none"

    @property
    def draws_classes(self) -> bool:
        """Whether G draws the class that it is asked for."""
        return self.networks.condition_g != "none"
