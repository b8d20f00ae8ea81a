"""Photos drawn by the GAN: their inversion, and what "faithful", "closest we can draw" and "cannot" mean."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.fashion.config import RestyleConfig
from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.restyle.mask import garment_mask
from medgan_fashion.fashion.restyle.quality import Quality, at_gan_size, measure_quality
from medgan_fashion.gan.latent.inversion import Encode, InversionConfig, invert

# ---------------------------------------------------------------------------------------------------------------------
# What the answers "faithful", "closest we can draw" and "cannot" mean: limits from held-out catalogue photos.
#
# A quantile alone would call most drawings of a useless GAN faithful. So "faithful" also asks for four things that mean
# the same for every GAN: the drawing has the photo's silhouette and category, it leaves customers' preference where it
# was, and the photo is nearer to it than nearly all other real garments are, so that one would find it again.


Answer = Literal["faithful", "closest we can draw", "cannot"]
FAITHFUL: Answer = "faithful"
CLOSEST: Answer = "closest we can draw"
CANNOT: Answer = "cannot"
LEAST = 20  # held-out photos to take quantiles from
UNJUDGED = "cannot be judged, too few held-out photos"
_FORMAT = "medgan_fashion.restyle_limits/1"


@dataclass(frozen=True)
class Limits:
    """Limits of a GAN's inversion on one catalogue.

    Args:
        faithful_ssim, cannot_ssim: structural similarity inside the garment that a faithful drawing reaches at least,
            and below which nothing is restyled.
        silhouette, preference_tolerance, nearer_share: see RestyleConfig.
        photos: held-out photos that the limits come from.
        shares: of those photos, by answer.
        failed: of those photos, how many fail each test of "faithful" (a photo may fail several).

    From fewer than 20 photos no quantile is taken (`judged` is False): then no drawing is "faithful", one of another
    category is still "cannot", every other one "closest we can draw".
    """

    faithful_ssim: float
    cannot_ssim: float
    silhouette: float
    preference_tolerance: float
    nearer_share: float
    photos: int
    shares: dict[str, float]
    failed: dict[str, int]

    @property
    def judged(self) -> bool:
        """Whether there were photos enough to say what is faithful."""
        return self.photos >= LEAST


def failed_tests(limits: Limits, quality: Quality) -> dict[str, NDArray[np.bool_]]:
    """The tests of "faithful", in words, and bool (P,) which photos fail them."""
    exact = {"less exact than most held-out photos are": quality.ssim < limits.faithful_ssim}
    unknown = {UNJUDGED: np.ones(len(quality), dtype=bool)}
    return (exact if limits.judged else unknown) | {
        "another silhouette": quality.silhouette < limits.silhouette,
        "another category": ~quality.category_kept,
        "preference moved": quality.preference_moved > limits.preference_tolerance,
        "other garments are nearer": quality.nearer > limits.nearer_share,
    }


def answers(limits: Limits, quality: Quality) -> list[Answer]:
    """One answer for each photo (P,).

    "cannot": below cannot_ssim, or the drawing is of another category. "faithful": no test fails. Otherwise "closest
    we can draw".
    """
    refused = (quality.ssim < limits.cannot_ssim) | ~quality.category_kept
    failed = np.any(list(failed_tests(limits, quality).values()), axis=0)
    return [CANNOT if no else CLOSEST if less else FAITHFUL for no, less in zip(refused, failed, strict=True)]


def reasons(limits: Limits, quality: Quality) -> list[str]:
    """For each photo (P,) one sentence with the numbers."""
    tests, given, found = failed_tests(limits, quality), answers(limits, quality), []
    for i, answer in enumerate(given):
        why = [name for name, failed in tests.items() if failed[i]]
        known = f" (faithful from {limits.faithful_ssim:.2f}, refused below {limits.cannot_ssim:.2f})"
        sentence = (
            f"{answer}: structural similarity {quality.ssim[i]:.2f} inside the garment"
            f"{known if limits.judged else ''}, {quality.psnr[i]:.1f} dB, {100 * quality.silhouette[i]:.0f} % of the "
            f"silhouette, preference moved by {quality.preference_moved[i]:.2f} sd"
        )
        found.append(sentence + (f"; {', '.join(why)}" if why else ""))
    return found


def missing(limits: Limits) -> str:
    """What keeps held-out photos from being faithful, in words."""
    failed = {k: n for k, n in limits.failed.items() if n}
    parts = [f"{name}: {n}" for name, n in sorted(failed.items(), key=lambda pair: -pair[1])]
    if limits.judged:
        said = f"{100 * limits.shares[FAITHFUL]:.0f} % of {limits.photos} held-out photos are drawn faithfully"
    else:
        said = f"what is faithful {UNJUDGED} ({limits.photos}, and {LEAST} are needed)"
    return said + (f"; not so, by test: {'; '.join(parts)}" if parts else "")


def fit_limits(quality: Quality, config: RestyleConfig | None = None) -> Limits:
    """The limits from the quality of held-out catalogue photos' drawings; ValueError for fewer than 20."""
    if len(quality) < LEAST:
        raise ValueError(
            f"{len(quality)} held-out photos are too few to say what a faithful drawing is: hold out {LEAST} or more"
        )
    config = config or RestyleConfig()
    faithful, cannot = -np.quantile(-quality.ssim, [config.faithful_quantile, config.cannot_quantile])
    bare = Limits(
        float(faithful),
        float(cannot),
        config.silhouette,
        config.preference_tolerance,
        config.nearer_share,
        len(quality),
        {},
        {},
    )
    given = answers(bare, quality)
    shares = {answer: given.count(answer) / len(given) for answer in (FAITHFUL, CLOSEST, CANNOT)}
    failed = {name: int(one.sum()) for name, one in failed_tests(bare, quality).items()}
    return Limits(**asdict(bare) | {"shares": shares, "failed": failed})


def no_limits(config: RestyleConfig) -> Limits:
    """The limits where no photo is held out; those of structural similarity are its ends."""
    return Limits(1.0, -1.0, config.silhouette, config.preference_tolerance, config.nearer_share, 0, {}, {})


def limits_of(quality: Quality, config: RestyleConfig | None = None) -> Limits:
    """`fit_limits`, or, from too few photos, limits that call no drawing faithful and say why."""
    if len(quality) >= LEAST:
        return fit_limits(quality, config)
    bare = replace(no_limits(config or RestyleConfig()), photos=len(quality))
    failed = {name: int(one.sum()) for name, one in failed_tests(bare, quality).items() if name != UNJUDGED}
    return replace(bare, failed=failed)


def save_limits(limits: Limits, path: Path) -> None:
    """Plain JSON."""
    path.write_text(json.dumps({"format": _FORMAT} | asdict(limits), indent=2))


def load_limits(path: Path) -> Limits:
    """Reads what `save_limits` wrote; ValueError for another file."""
    plain: dict[str, Any] = json.loads(path.read_text())
    if plain.pop("format", None) != _FORMAT:
        raise ValueError(f"{path.name} holds no limits of restyling: write them with save_limits")
    return Limits(**plain)


# ---------------------------------------------------------------------------------------------------------------------
# Photos drawn by the GAN: their inversion, and the limits that held-out photos set for it.


@dataclass(frozen=True)
class Drawn:
    """P photos and how the GAN draws them.

    Args:
        photos, images: float32 (P, 3, S, S) in [0, 1] at the GAN's size, the photos and their drawings G(z*, c).
        masks: bool (P, S, S), the garment in each photo. categories: int64 (P,) of the catalogue.
        z: float32 (P, d), z*. quality: of the drawings.
    """

    photos: NDArray[np.float32]
    masks: NDArray[np.bool_]
    categories: NDArray[np.int64]
    z: NDArray[np.float32]
    images: NDArray[np.float32]
    quality: Quality


def draw_photos(
    atelier: Atelier,
    photos: NDArray[np.float32],
    categories: ArrayLike,
    *,
    own: NDArray[np.int64] | None = None,
    encoder: Encode | None = None,
    config: RestyleConfig | None = None,
    inversion: InversionConfig | None = None,
    seed: int,
) -> Drawn:
    """Inverts photos float32 (P, 3, h, w) in [0, 1] of the catalogue's categories (P,).

    `own` (P,): their rows in the catalogue, -1 for photos from elsewhere; `encoder`: a trained LatentEncoder, which
    gives one of the starts.
    """
    kinds, device = np.asarray(categories, dtype=np.int64), atelier.device
    targets = at_gan_size(atelier, photos)
    masks = garment_mask(targets)
    low, high = atelier.model.card.value_range
    found = invert(
        atelier.model,
        (torch.as_tensor(targets) * (high - low) + low).to(device),
        atelier.labels(kinds),
        masks=torch.as_tensor(masks).to(device),
        config=inversion or InversionConfig(),
        seed=seed,
        encoder=encoder,
    )
    images = atelier.paint(found.z, kinds)
    quality = measure_quality(atelier, targets, images, masks, kinds, own=own, panel=(config or RestyleConfig()).panel)
    return Drawn(targets, masks, kinds, found.z.cpu().float().numpy(), images, quality)


def unseen_photos(atelier: Atelier) -> NDArray[np.int64]:
    """Rows of the held-out items of categories that the GAN draws."""
    catalogue = atelier.catalogue
    return np.flatnonzero(catalogue.held_out & np.isin(catalogue.category, atelier.drawable()))


def measure_limits(
    atelier: Atelier,
    *,
    photos: int = 120,
    encoder: Encode | None = None,
    config: RestyleConfig | None = None,
    inversion: InversionConfig | None = None,
    seed: int,
) -> tuple[Limits, Drawn]:
    """The limits, from up to `photos` held-out items of categories that the GAN draws, and those drawings."""
    catalogue = atelier.catalogue
    rows = np.sort(np.random.default_rng((seed, 33)).permutation(unseen_photos(atelier))[:photos])
    drawn = draw_photos(
        atelier,
        catalogue.floats(rows),
        catalogue.category[rows],
        own=rows,
        encoder=encoder,
        config=config,
        inversion=inversion,
        seed=seed,
    )
    return limits_of(drawn.quality, config), drawn
