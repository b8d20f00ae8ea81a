"""CycleGAN between photos taken at home and photos of a shop, and whether it helps to find a garment's latent."""

from typing import Any

import numpy as np
import torch

from benchmarks.reproduce.data import Pictures
from benchmarks.reproduce.garment_pairs import by_kind, catalogue_photos, home_photos, with_fewer_shoes
from benchmarks.reproduce.judging import as_floats
from benchmarks.reproduce.row import Job
from benchmarks.reproduce.translation_judging import (
    garment_judge,
    halves_kid,
    helped,
    nearest_kinds,
    sets_kid,
    sheet,
)
from medgan_fashion.evaluation.encoder import Encoder
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.gan import InversionConfig, Inversions, Model, SearchConfig, invert, train
from medgan_fashion.gan.recipe.table import changed_recipe
from medgan_fashion.gan.training.data import Domains

CYCLE_IMAGES, SHOP_IMAGES, INVERTED = 10_000, 30_000, 60
# averaged weights do what the paper's learning rate does, which falls to 0: the last steps' noise goes
TRANSLATOR = {"networks": {"kind": "unet", "width": 16, "max_width": 128}, "batch": 4, "ema_half_life": 1_000}
SHOP = {"networks": {"width": 16, "max_width": 128}}
SEARCH = SearchConfig(
    starts=2, candidates=128, steps=60, learning_rate=0.1, noise=0.02, prior_weight=1e-3, check_every=20
)


def translated(model: Model, photos: Pictures, back: bool = False) -> Pictures:
    """The photos as the other domain's, by CycleGAN's translator there or back."""
    return model.translate(torch.from_numpy(np.ascontiguousarray(photos)), back).numpy()


def _trained(job: Job, home: Catalogue, shop: Catalogue) -> tuple[Model, Model, dict[str, Any]]:
    """The translator, the unconditional generator of shop photos, and their alarms."""
    known = shop.images[~shop.held_out]
    cycle = train(
        changed_recipe("cyclegan", TRANSLATOR),
        Domains(home.images[~home.held_out], known),
        images_seen=job.images(CYCLE_IMAGES), seed=job.seed, out=job.folder / "cyclegan", progress=False,
    )  # fmt: skip
    drawer = train(
        changed_recipe("small_joint", SHOP), known,
        images_seen=job.images(SHOP_IMAGES), seed=job.seed, out=job.folder / "shop", progress=False,
    )  # fmt: skip
    return cycle.model, drawer.model, {"cyclegan": cycle.alarm, "shop": drawer.alarm}


def inverted(drawer: Model, photos: Pictures, quick: bool) -> Inversions:
    """The nearest pictures that the generator draws to photos uint8."""
    search = SearchConfig(starts=1, candidates=16, steps=4) if quick else SEARCH
    return invert(drawer, torch.from_numpy(np.ascontiguousarray(photos)), config=InversionConfig(search=search))


def pictures_of(found: Inversions) -> Pictures:
    """The inversions' pictures as uint8."""
    return found.images.round().to(torch.uint8).cpu().numpy()


def inversion_figures(
    judge: Encoder, shop: Catalogue, photos: Pictures, found: Inversions, true: np.ndarray
) -> dict[str, Any]:
    """How near the inversions come to their targets (PSNR in dB, distance of the judge's features), and how often the
    nearest known garment is of the right kind: of the photo itself, and of its inversion."""
    known, kinds = shop.images[~shop.held_out], shop.category[~shop.held_out]
    drawn = pictures_of(found)
    away = np.linalg.norm(judge.features(as_floats(photos)) - judge.features(as_floats(drawn)), axis=1)
    itself, again = (nearest_kinds(judge, known, kinds, p) for p in (photos, drawn))
    return {
        "psnr": float(found.psnr.mean()),
        "feature_distance": float(away.mean()),
        "kind_of_photo": float((itself == true).mean()),
        "kind_of_inversion": float((again == true).mean()),
        "answers": again,
        "answers_of_photo": itself,
    }


def _spread(kinds: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Rows of at most `count`, drawn so that kinds keep their shares."""
    return np.sort(np.random.default_rng((seed, 41)).permutation(len(kinds))[:count])


def _inversions(job: Job, judge: Encoder, shop: Catalogue, models: tuple[Model, Model], home: Catalogue) -> Any:
    """Figures by kind of target, and the pictures for the grid."""
    cycle, drawer = models
    rows = _spread(home.category, 4 if job.quick else INVERTED, 0)
    shelf = shop.take(shop.held_out)
    others = _spread(shelf.category, 4 if job.quick else INVERTED, 1)
    raw, true = home.images[rows], home.category[rows]
    targets = {
        "home": (raw, true),
        "translated": (translated(cycle, raw), true),
        "shop": (shelf.images[others], shelf.category[others]),
    }
    found, shown = {}, []
    for name, (photos, kinds) in targets.items():
        inversions = inverted(drawer, photos, job.quick)
        found[name] = inversion_figures(judge, shop, photos, inversions, kinds)
        shown += [photos, pictures_of(inversions)]
    before, after = (found[name].pop("answers") for name in ("home", "translated"))
    found["shop"].pop("answers")
    itself = [found[name].pop("answers_of_photo") for name in ("home", "translated", "shop")]
    most = float(np.bincount(true).max() / len(true))
    facts = {"inverted": len(rows), "commonest_kind": most, "became_right_wrong": helped(before, after, true)}
    return found, facts | {"photo_became_right_wrong": helped(itself[0], itself[1], true)}, shown


def home_to_shop(job: Job) -> dict[str, Any]:
    """Value: KID x 1000 of held-out home photos, translated, against held-out shop photos."""
    torch.set_num_threads(1)
    every = catalogue_photos(job.data)
    shop, home, judge = with_fewer_shoes(by_kind(every)), by_kind(home_photos(job.data)), garment_judge(job, every)
    cycle, drawer, alarms = _trained(job, home, shop)
    aside, real = home.take(home.held_out), shop.images[shop.held_out]
    made = translated(cycle, aside.images)
    again = translated(cycle, made, back=True)
    kids = {
        "translated": sets_kid(judge, real, made),
        "untranslated": sets_kid(judge, real, aside.images),
        "halves of shop": halves_kid(judge, real, real),
    }
    error = float(np.abs(as_floats(again) - as_floats(aside.images)).mean())
    found, facts, shown = _inversions(job, judge, shop, (cycle, drawer), aside)
    sheet(job.folder, [*shown[:4], translated(cycle, shown[2], back=True)[: len(shown[0])], *shown[4:]])
    text = (
        f"{1000 * kids['translated']:.0f}e-3 (untranslated {1000 * kids['untranslated']:.0f}e-3, halves of shop "
        f"photos {1000 * kids['halves of shop']:.0f}e-3); there and back L1 {error:.3f}. Kind of the nearest garment "
        f"right after inversion: {found['home']['kind_of_inversion']:.0%} of home photos as they are, "
        f"{found['translated']['kind_of_inversion']:.0%} translated, {found['shop']['kind_of_inversion']:.0%} of "
        "shop photos"
    )
    plain = {"kid": kids, "cycle_l1": error, "inversion": found, "alarms": alarms}
    return {"value": 1000 * kids["translated"], "text": text, **plain, **facts, "held_out": len(made)}
