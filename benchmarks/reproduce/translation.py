"""Rows of the reproduction table: pix2pix on outlines and greys of catalogue photos, CycleGAN from home to shop."""

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.reproduce.data import Pictures
from benchmarks.reproduce.garment_pairs import catalogue_photos, greys, mean_coloured, mean_filled, outlines
from benchmarks.reproduce.home_to_shop import home_to_shop
from benchmarks.reproduce.row import Job, Row
from benchmarks.reproduce.translation_judging import garment_judge, paired_figures, sheet
from medgan_fashion.gan import Model, train
from medgan_fashion.gan.recipe.table import changed_recipe
from medgan_fashion.gan.training.data import Domains

Figures = dict[str, float]
# batch 4 for the number of steps: the papers have batch 1 and 10 to 100 times as many images
NARROW = {"networks": {"width": 24, "max_width": 192, "given": 1}, "batch": 4}
AVERAGED = {"ema_half_life": 1_000}  # as CycleGAN's here, in the place of a learning rate that falls to 0


def _translator(job: Job, data: Domains, changes: dict[str, Any], images: int) -> tuple[Model, str | None]:
    recipe = changed_recipe(changed_recipe("pix2pix", NARROW), changes)
    done = train(
        recipe, data, images_seen=job.images(images), seed=job.seed, out=job.folder / "pix2pix", progress=False
    )
    return done.model, done.alarm


def _told(name: str, figures: Figures) -> str:
    return f"{name}: L1 {figures['l1']:.3f}, SSIM {figures['ssim']:.2f}, KID {1000 * figures['kid']:.0f}e-3"


def paired(job: Job, drawing: Callable, plain: Callable, changes: dict[str, Any], images: int) -> dict[str, Any]:
    """Figures of the translator, of the plainest painter and of the truth on held-out garments; and facts."""
    torch.set_num_threads(1)
    photos = catalogue_photos(job.data)
    judge = garment_judge(job, photos)
    held = photos.held_out
    known, truth, labels = photos.images[~held], photos.images[held], photos.category[held]
    lines, given = drawing(known), drawing(truth)
    model, alarm = _translator(job, Domains(lines, known, paired=True), changes, images)
    made = model.translate(torch.from_numpy(given)).numpy()
    plainest = plain(lines, known, given)
    sheet(job.folder, [given, made, plainest, truth])
    shown = {"ours": made, "plainest": plainest, "truth": truth}
    found = {name: paired_figures(judge, truth, pictures, labels) for name, pictures in shown.items()}
    text = "; ".join(_told(name, found[name]) for name in ("ours", "plainest"))
    text += f"; KID of true halves {1000 * found['truth']['kid']:.0f}e-3"
    facts = {"alarm": alarm, "held_out": len(truth), "trained_on": len(known), "images": job.images(images)}
    return {"figures": found, "text": text, **facts}


def outline_to_garment(job: Job, adversarial: float = 1.0) -> dict[str, Any]:
    """Value: the share of painted garments that the classifier names rightly, the counterpart of the FCN score."""
    found = paired(job, outlines, mean_filled, {"regularization": {"adversarial": adversarial}}, 12_000)
    named = {name: figures["named"] for name, figures in found["figures"].items()}
    text = (
        f"{named['ours']:.0%} named rightly (filled in the mean colour {named['plainest']:.0%}, true photos "
        f"{named['truth']:.0%}); {found['text']}"
    )
    return found | {"value": named["ours"], "text": text}


def l1_alone(job: Job) -> dict[str, Any]:
    """The same with the distance to the partner alone: no opponent."""
    return outline_to_garment(job, adversarial=0.0)


def grey_to_colour(job: Job) -> dict[str, Any]:
    """Value: KID of the coloured photos, in thousandths."""

    def plain(_: Pictures, photos: Pictures, given: Pictures) -> Pictures:
        return mean_coloured(photos, given)

    found = paired(job, greys, plain, AVERAGED, 12_000)
    return found | {"value": 1000 * found["figures"]["ours"]["kid"]}


ROWS: dict[str, Row] = {
    "pix2pix_outlines": Row(
        name="pix2pix_outlines",
        system="pix2pix, outline to garment",
        recipe="pix2pix",
        source="Isola et al. 2017, table 1 (FCN scores) and section 4.1",
        data="fashion_products, 64x64, outlines by Canny; a fifth of the garments held out",
        measure="share of held-out garments that a classifier of 23 article types, trained on real photos, names "
        "rightly once they are painted over their outline",
        reported="per-pixel accuracy 0.66 (true photos 0.80)",
        reported_on="Cityscapes, labels to photos, read back by a segmenter",
        same_data=False,
        seeds=(0,),
        run=outline_to_garment,
    ),
    "pix2pix_l1": Row(
        name="pix2pix_l1",
        system="pix2pix without its opponent, outline to garment",
        recipe="pix2pix",
        source="Isola et al. 2017, table 1 (FCN scores), L1 alone",
        data="as pix2pix_outlines",
        measure="as pix2pix_outlines",
        reported="per-pixel accuracy 0.42 (with the opponent 0.66)",
        reported_on="Cityscapes, labels to photos, read back by a segmenter",
        same_data=False,
        seeds=(0,),
        run=l1_alone,
    ),
    "pix2pix_colours": Row(
        name="pix2pix_colours",
        system="pix2pix, grey to colour",
        recipe="pix2pix",
        source="Isola et al. 2017, section 4.3",
        data="fashion_products, 64x64; a fifth of the garments held out",
        measure="KID x 1000 of the coloured photos of one half of the held-out garments against true photos of the "
        "other half, in the features of a classifier of article types",
        reported="22.5 % of colourings taken for real by people",
        reported_on="ImageNet",
        same_data=False,
        seeds=(0,),
        run=grey_to_colour,
    ),
    "cyclegan_home": Row(
        name="cyclegan_home",
        system="CycleGAN, home photo to shop photo",
        recipe="cyclegan",
        source="Zhu et al. 2017, table 2 (FCN scores)",
        data="clothing_by_sender (12 of 36 persons held out) and the same kinds of garment of fashion_products, 64x64, "
        "without pairs",
        measure="KID x 1000 of held-out home photos, translated, against held-out shop photos; kind of the nearest "
        "known garment after a GAN of shop photos drew what comes nearest to them",
        reported="per-pixel accuracy 0.52 (pix2pix with pairs 0.71)",
        reported_on="Cityscapes, labels to photos without pairs, read back by a segmenter",
        same_data=False,
        seeds=(0,),
        run=home_to_shop,
        note="246 home photos of 24 persons are few: Zhu et al. have 400 to 6,000 images a domain.",
    ),
}
