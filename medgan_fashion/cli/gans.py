"""Commands on one GAN: train, privacy, generate."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

from medgan_fashion.cli.chains import parse_settings


def train(
    data: Path,
    out: Path = Path("my_gan"),
    recipe: str = "small",
    images_seen: int = 100_000,
    size: tuple[int, int] = (64, 64),
    seed: int = 0,
    device: str | None = None,
    mammogram: Literal["no", "lesion", "whole"] = "no",
    set: list[str] | None = None,
    given: Path | None = None,
    paired: bool = False,
    init_from: Path | None = None,
    dry_run: bool = False,
) -> None:
    """Train one GAN on a case table, a folder of pictures, or an .npz with `images` (N, C, H, W) and perhaps `labels`.

    Args:
        data: case table (CSV), .npz file, or folder of pictures, its sub-folders the classes ("unlabelled": none).
        out: folder for checkpoint.pt and model.safetensors; the same command again resumes.
        recipe: a row of docs/core.md: mlp_gan, dcgan, cgan, acgan, wgan_gp, lsgan, ragan, sagan, r3gan, biggan, small,
            growing: progan, progan_cond, progan_small; few labels: sgan, sgan_dcgan; autoencoder, vae, vae_dcgan;
            garments: dvbpr_lsgan, dvbpr_lsgan_128; with masks: small_joint, small_spade; translating from --given:
            pix2pix, cyclegan.
        images_seen: real images shown until it ends.
        size: height and width for a case table's crops and a folder's pictures.
        seed: everything random follows from it.
        device: cpu or cuda; default: cuda where there is one.
        mammogram: read pictures as mammograms, chest wall left: patches around lesions, or whole films.
        set: one change of the recipe, for example --set networks.width=8 or, by level, --set
            growth.phase_images=[4000,6000] (otherwise the phases share images_seen out evenly); may be repeated.
        given: what a translation starts from: another folder, table or .npz; data is then what it arrives at.
        paired: the pictures of --given are the partners of those of data with the same names.
        init_from: start from the weights of this model.safetensors.
        dry_run: measure one step of every level of growth, print cost and the batch that fits, and train nothing.
    """
    from medgan_fashion.cli.terminal.growing import print_plan
    from medgan_fashion.runs.single.train import Job, train_on_file

    job = Job(data, out, recipe, images_seen, size, seed, device, mammogram, parse_settings({}, set or []))
    job = replace(job, given=given, paired=paired, init_from=init_from)
    grows = print_plan(job)
    if dry_run:
        if not grows:
            print(f"{recipe} does not grow, so there is no plan to measure; leave --dry-run out")
        return
    trained = train_on_file(job)
    if trained.alarm:
        print(f"stopped: {trained.alarm}")
    print(f"{out / 'model.safetensors'} (weights selected by {trained.model.facts['selected']['by']})")


def privacy(
    model: Path,
    train: Path = Path("cases.csv"),
    held_out: Path = Path("held_out.csv"),
    images: int = 1000,
    seed: int = 0,
    mammogram: Literal["no", "lesion", "whole"] = "no",
    set: list[str] | None = None,
) -> None:
    """Screen a model for copies of its training patients; the card lies beside it. A screening, no proof of anonymity.

    Args:
        model: a model.safetensors.
        train: what trained it: case table (CSV) or .npz (which names no patients, so the test is not by patient).
        held_out: images of other patients, of the same kind; with 10 or more the membership test can be made.
        images: how many images are drawn and looked at.
        seed: everything random follows from it.
        mammogram: as the training read its pictures.
        set: one threshold (docs/privacy.md), for example --set auc_passed=0.8; may be repeated.
    """
    from medgan_fashion.base.plain import from_plain
    from medgan_fashion.evaluation.screening.rules import PrivacyRules
    from medgan_fashion.report.ablation.pictures import write_pairs
    from medgan_fashion.runs.single.privacy import PrivacyJob, screen_model

    rules = from_plain(PrivacyRules, parse_settings({}, set or []), "privacy.")
    found = screen_model(PrivacyJob(model, train, held_out, images, seed, mammogram, rules))
    card = found.screened.card
    print(f"{card['outcome']}, by {card['by']}:", *card["reasons"], sep="\n  ")
    print(card["screening"])
    pairs = write_pairs(found.path.with_suffix(".png"), found.drawn, found.twins, found.screened.distances)
    print(f"{found.path}; the closest pairs in {pairs.name}, which holds real images: do not pass it on")


def generate(
    model: Path,
    out: Path = Path("synthetic"),
    n: int = 16,
    label: str | None = None,
    seed: int = 0,
    truncation: float | None = None,
    format: Literal["png", "npz", "dicom"] = "png",
    mark: bool | None = None,
    despite_privacy: bool = False,
) -> None:
    """Draw synthetic images from a model; every file says that it is synthetic.

    Args:
        model: a model.safetensors.
        out: folder to write.
        n: how many.
        label: class name or number; without: all classes evenly.
        seed: the same seed gives the same pictures.
        truncation: keep latents within this many standard deviations.
        format: png (flagged in its text chunk), dicom (Secondary Capture, flagged in its tags) or npz (flagged by an
            entry); a JSON stands beside them.
        mark: burn SYNTHETIC into a corner; default: in dicom yes, in png no. The flags stay either way.
        despite_privacy: write dicom although the model's privacy card says blocked; synthetic.json records it.
    """
    from medgan_fashion.base.files import write_whole
    from medgan_fashion.report.cards import CARD, card_of_files
    from medgan_fashion.runs.single.generate import generate_files
    from medgan_fashion.runs.stages.privacy_cards import in_words

    made = generate_files(model, out, n, label, seed, truncation, format, mark, despite_privacy)
    about = json.loads((out / "synthetic.json").read_text())
    write_whole(out / CARD, lambda part: part.write_text(card_of_files(about, made)))
    print(f"{made} synthetic images in {out}, with their {CARD}")
    print(in_words(about["privacy"]))
