"""Which pieces of a recipe do not fit one another, each in one sentence that names both; imports no torch."""

from typing import TYPE_CHECKING

from medgan_fashion.gan.recipe.recipe_parts import NetworkPair, Stabilisers

if TYPE_CHECKING:
    from medgan_fashion.gan.recipe.spec import Recipe

PAINTERS = ("spade", "unet", "resnet")  # kinds whose generator is given a picture
ALONE = ("mlp", "dcgan", "kang", "progressive", "residual")  # kinds whose generator is not
# what only some kinds of networks know how to do
READ_BY = {
    "attention": ("dcgan", "residual"),
    "skip_z": ("residual",),
    "noise": ("mlp", "dcgan", "spade"),
    "minibatch_discrimination": ("mlp", "dcgan", "residual", "spade"),
}
SUPPLIED = (*ALONE, *PAINTERS)
Rule = tuple[bool, str]  # does it not fit, and the sentence that names both pieces


def _unread(nets: NetworkPair) -> list[Rule]:
    return [
        (
            bool(getattr(nets, name)) and nets.kind in SUPPLIED and nets.kind not in kinds,
            f"networks.{name} has no place in networks.kind {nets.kind}, only in {', '.join(kinds)}",
        )
        for name, kinds in READ_BY.items()
    ]


def _too_small(recipe: "Recipe") -> list[Rule]:
    nets = recipe.networks
    counts = {"batch": recipe.batch, "n_critic": recipe.n_critic, "latent.size": recipe.latent.size}
    counts |= {"networks.width": nets.width, "networks.max_width": nets.max_width}
    return [(value < 1, f"{name} is {value}; it must be 1 or more") for name, value in counts.items()]


def _networks(recipe: "Recipe") -> list[Rule]:
    """What kinds of networks take."""
    nets = recipe.networks
    how = {nets.condition_g, nets.condition_d}
    classes = nets.condition_d in ("classes", "shared")
    return [
        (
            (recipe.growth is None) == (nets.kind == "progressive"),
            "networks.kind progressive needs growth (phase_images), and growth needs that kind",
        ),
        (
            nets.given == 0 and nets.kind in PAINTERS,
            f"networks.kind {nets.kind} needs networks.given, the number of channels that it paints over",
        ),
        (
            nets.given > 0 and nets.kind in ALONE,
            f"networks.given is {nets.given} but networks.kind {nets.kind} paints over nothing; take spade or unet",
        ),
        (
            not how <= {"onehot", "none"} if nets.kind == "kang" else "onehot" in how,
            "networks.kind kang takes condition_g and condition_d onehot or none; no other kind onehot",
        ),
        (
            nets.condition_g == "norm" and nets.kind in ("mlp", "dcgan", "progressive", *PAINTERS),
            f"networks.condition_g norm needs networks.kind residual, not {nets.kind}",
        ),
        (
            classes != (recipe.classify is not None),
            f"networks.condition_d {nets.condition_d} and classify = {recipe.classify} do not fit: class logits "
            "(condition_d classes or shared) need classify, which says what they are for, and the other way round",
        ),
    ]


def _games(recipe: "Recipe") -> list[Rule]:
    """What has no place in a game."""
    nets, steady = recipe.networks, recipe.stabilise
    noise_alone = Stabilisers(instance_noise=steady.instance_noise, noise_images=steady.noise_images)
    fewer = recipe.relativistic != "none" or bool(recipe.penalties) or recipe.classify is not None
    fewer = fewer or bool(recipe.augment) or steady != Stabilisers()
    unpaired = recipe.translation is not None and not recipe.translation.paired
    return [
        (
            recipe.autoencoding is not None and fewer,
            "autoencoding has no opponents, so relativistic, penalties, classify, augment and stabilise have no place "
            "beside it",
        ),
        (
            recipe.autoencoding is not None and (nets.minibatch_deviation or nets.minibatch_discrimination),
            "autoencoding codes each image alone, but networks.minibatch_deviation and minibatch_discrimination look "
            "at a whole batch: leave them out",
        ),
        (
            recipe.autoencoding is not None and recipe.translation is not None,
            "autoencoding and translation are two games; a recipe plays one",
        ),
        (
            recipe.translation is not None and nets.given == 0,
            "translation needs networks.given, the number of channels of the domain it starts from",
        ),
        (
            unpaired and steady != noise_alone,
            "translation without pairs (CycleGAN) has translation.buffer and, of stabilise, takes instance_noise "
            "alone: leave the others out",
        ),
        (
            recipe.translation is not None and recipe.conditional,
            "translation (pix2pix, CycleGAN) takes no classes: set networks.condition_g and condition_d to none",
        ),
    ]


def _stabilisers(recipe: "Recipe") -> list[Rule]:
    """What stabilisers ask of the rest."""
    nets, steady = recipe.networks, recipe.stabilise
    return [
        (
            steady.ada_target > 0 and not recipe.augment,
            "stabilise.ada_target steers how often augment happens, but augment is empty: name transforms there",
        ),
        (
            steady.replay_critics > 0 and recipe.relativistic != "none",
            f"stabilise.replay_critics has no reals of the past for relativistic {recipe.relativistic} to compare with",
        ),
        (
            (steady.replay_fakes > 0 or steady.replay_critics > 0) and recipe.growth is not None,
            "stabilise.replay_fakes and replay_critics keep what is of one size, but growth changes it",
        ),
        (
            steady.ada_target > 0 and (recipe.relativistic != "none" or recipe.objective == "wasserstein"),
            "stabilise.ada_target reads the sign of D's logits on reals, which says nothing where only differences "
            f"count (relativistic {recipe.relativistic}, objective {recipe.objective}): set it to 0",
        ),
        (
            steady.replay_fakes > 0
            and nets.condition_d in ("plane", "projection", "onehot")
            and any(row.name in ("r2", "gradient_penalty") for row in recipe.penalties),
            "stabilise.replay_fakes mixes in fakes of other classes, unknown to penalties r2 and gradient_penalty",
        ),
        (
            steady.adversarial == 0 and steady.feature_matching == 0 and recipe.game == "synthesis",
            "stabilise.adversarial is 0 and so is feature_matching: the generator would have nothing to learn from",
        ),
    ]


def misfits(recipe: "Recipe") -> list[Rule]:
    """(does it not fit, the sentence that names both pieces) for all that can be known before the data are."""
    rules = [*_too_small(recipe), *_unread(recipe.networks), *_networks(recipe)]
    return [*rules, *_games(recipe), *_stabilisers(recipe)]
