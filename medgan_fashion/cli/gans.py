"""Commands on one GAN (train, privacy, generate, interpolate, translate, export) and on sets of images."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

from medgan_fashion.runs.pipelines import parse_settings

# ---------------------------------------------------------------------------------------------------------------------
# Commands on one GAN: train, privacy, generate.


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
    from medgan_fashion.cli.terminal.progress import print_plan
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
    from medgan_fashion.evaluation.screening.thresholds import PrivacyRules
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


# ---------------------------------------------------------------------------------------------------------------------
# Commands on a finished model: interpolate, translate, export.


def interpolate(
    model: Path,
    out: Path = Path("strip.png"),
    from_seed: int = 1,
    to_seed: int = 2,
    frames: int = 9,
    rows: int = 4,
    label: str | None = None,
) -> None:
    """Draw film strips between the pictures of two seeds, one walk a row, as one PNG marked as synthetic.

    Args:
        model: a model.safetensors.
        out: the PNG to write.
        from_seed: the rows begin with the pictures that `generate --n ROWS --seed FROM_SEED` draws.
        to_seed: and end with those of this seed.
        frames: pictures in a row, both ends among them.
        rows: how many walks.
        label: class name or number; without: the rows take the classes in turn.
    """
    from torch import Generator

    from medgan_fashion.gan import load_model
    from medgan_fashion.gan.latent.directions import film_strip, tiled
    from medgan_fashion.gan.networks.latent import sample_latent
    from medgan_fashion.runs.single.generate import shades, write_png
    from medgan_fashion.runs.stages.privacy_cards import find_card, in_words, release_note

    made = load_model(model)
    if made.recipe.given:
        raise ValueError(f"{model} paints over given pictures, and `interpolate` has none to give it")
    if rows < 1:
        raise ValueError(f"{rows} rows were asked for; give --rows 1 or more")
    y = made.labels(int(label) if label and label not in made.card.classes and label.isdigit() else label, rows)
    ends = [sample_latent(made.latent, rows, Generator().manual_seed(seed)) for seed in (from_seed, to_seed)]
    picture = tiled(film_strip(made, *ends, n=frames, y=y)).numpy()
    out.parent.mkdir(parents=True, exist_ok=True)
    write_png(out, shades(picture[None], made.card.value_range)[0])
    print(f"{out}: {rows} x {frames} synthetic pictures, seed {from_seed} to seed {to_seed}")
    print(in_words(release_note(find_card(model), False)))


def translate(
    model: Path,
    pictures: Path,
    out: Path = Path("translated"),
    back: bool = False,
    seed: int = 0,
) -> None:
    """Paint a folder's pictures as another domain with a model of pix2pix or cyclegan; every file says it is synthetic.

    Args:
        model: a model.safetensors of a translating recipe.
        pictures: folder of the pictures to start from, as those of `train --given` were.
        out: folder to write; its files stand in the order of the pictures' names.
        back: the other way round (cyclegan).
        seed: the same seed gives the same pictures.
    """
    from medgan_fashion.runs.single.generate import translate_folder
    from medgan_fashion.runs.stages.privacy_cards import find_card, in_words, release_note

    made = translate_folder(model, pictures, out, back, seed)
    print(f"{made} synthetic images in {out}, in the order of the names in {pictures}")
    print(in_words(release_note(find_card(model), False)))


def export(
    model: Path,
    out: Path | None = None,
    format: Literal["onnx", "torch"] = "onnx",
    despite_privacy: bool = False,
) -> None:
    """Write a model's generator for other programs; the file draws the same images, and says that they are synthetic.

    Args:
        model: a model.safetensors.
        out: the file to write; default: beside the model, as .onnx or .pt2.
        format: onnx (any ONNX runtime) or torch (torch.export, without this package).
        despite_privacy: write it although the model's privacy card says blocked.
    """
    from medgan_fashion.gan import load_model
    from medgan_fashion.gan.models.export import export_onnx, export_program
    from medgan_fashion.runs.stages.privacy_cards import check_release, find_card, in_words, release_note

    made, card = load_model(model), find_card(model)
    check_release(card, despite_privacy, "--despite-privacy")
    write, suffix = (export_onnx, ".onnx") if format == "onnx" else (export_program, ".pt2")
    path = out or model.with_suffix(suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(made, path)
    print(f"{path}: checked to draw the model's own images, all synthetic")
    print(in_words(release_note(card, despite_privacy)))


# ---------------------------------------------------------------------------------------------------------------------
# Commands that judge images: evaluate-images.


def evaluate_images(
    real: Path,
    fake: Path,
    held_out: Path | None = None,
    labels_from: Literal["folders", "none"] = "folders",
    size: tuple[int, int] | None = None,
    out: Path | None = None,
    seed: int = 0,
    updates: int = 400,
) -> None:
    """Measure generated images against real ones: every measure beside the same of reals against reals.

    Args:
        real: folder of pictures (sub-folders are classes), .npz with `images`, or case table (CSV).
        fake: the same, or what `generate` wrote.
        held_out: other real images that the generator did not see; fakes are then compared with these.
        labels_from: folders = sub-folders, an .npz's labels, a table's or generate's classes; none = leave them aside.
        size: height and width to bring pictures to, cut around their centre; default: as they are (tables: 64x64).
        out: JSON file to write all figures to.
        seed: everything random follows from it.
        updates: of every classifier that is trained; fewer are faster and see less.
    """
    import json
    from dataclasses import asdict

    from medgan_fashion.base.files import write_whole
    from medgan_fashion.evaluation.images.report import Effort, as_table, measure_set
    from medgan_fashion.runs.single.inputs import read_sources

    if updates < 1:
        raise ValueError(f"--updates is {updates}; give 1 or more")
    if out is not None:  # before the work, not after it
        out.parent.mkdir(parents=True, exist_ok=True)
    given = read_sources(real, fake, held_out, size=size, labels_from=labels_from)
    effort = Effort(updates=updates)
    found = measure_set(
        given.real, given.fake, held_out=given.held_out, n_classes=len(given.classes), effort=effort, seed=seed
    )
    print("\n".join(as_table(found)))
    if out is not None:
        text = json.dumps({"classes": given.classes, "seed": seed, **asdict(found)}, indent=1)
        write_whole(out, lambda part: part.write_text(text))
        print(out)
