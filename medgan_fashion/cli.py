"""The command `medgan-fashion`: functions whose signatures are the flags, and the table of chains. Imports no torch."""

import sys
from pathlib import Path
from typing import Any, Literal

from medgan_fashion.chains.table import CHAINS, find_pipeline, parse_settings, read_pipeline, split_inputs


def run(
    chain: str,
    data: list[str] | None = None,
    out: Path | None = None,
    dry_run: bool = False,
    processes: int | None = None,
    set: list[str] | None = None,
    skip_unreadable: bool = False,
) -> None:
    """Run a chain to its report; the same command again goes on where it stopped.

    Args:
        chain: a name (lesions, demo, lesions_paper) or your own YAML file with `chain: lesions` and what differs.
        data: NAME=PATH of an input, or PATH of the first one (lesions: a case table). Without: embedded phantoms.
        out: run folder; default runs/CHAIN. Any number of processes may work on one folder.
        dry_run: print sizes, costs and the smallest difference the study could show; train nothing.
        processes: local worker processes; default: one per core.
        set: one setting over the YAML, for example --set gan.images_seen=20000; may be repeated.
        skip_unreadable: go on without rows that cannot be read, and say so in the report.
    """
    path = find_pipeline(chain)
    settings = read_pipeline(path) | {}
    name = settings.get("chain")
    if name not in CHAINS:
        raise ValueError(f"{path.name} says chain: {name}; choose from {', '.join(CHAINS)}")
    extra = [*(set or []), *(["skip_unreadable=true"] if skip_unreadable else [])]
    folder = out or Path("runs") / path.stem
    CHAINS[name](parse_settings(settings, extra), split_inputs(data or []), folder, dry_run, processes)


def cases(
    folder: Path,
    out: Path = Path("cases.csv"),
    classes: str | None = None,
    boxes: Literal["none", "yolo"] = "none",
    masks: Path | None = None,
    pattern: str | None = None,
    labels: Path | None = None,
    level: Literal["lesion", "film"] = "lesion",
    films: Literal["presentation", "processing"] | None = None,
    modality: str = "MG",
    uid_column: str | None = None,
    z_column: str | None = None,
    label_column: str | None = None,
    polygon_columns: tuple[str, str] | None = None,
    lesion_column: str | None = None,
) -> None:
    """Write a case table from a folder of pictures or DICOM files, and list what was left over.

    Args:
        folder: one sub-folder for each class, or DICOM files.
        out: the case table to write.
        classes: comma list of the classes to keep; others are left out and named.
        boxes: yolo = NAME.txt beside NAME.jpg with `label x y width height` as fractions.
        masks: folder of masks CLASS/NAME_mask*.png; several per picture become several lesions.
        pattern: regular expression on the relative path with groups patient, lesion, slice, label, view, laterality.
        labels: Info.txt of mini-MIAS, a CBIS-DDSM case table, or a CSV to join on a DICOM UID.
        level: film = one row per whole film, averaged over each breast.
        films: kind of mammograms to take, and no other DICOM file; default: presentation, where there are mammograms.
        modality: comma list of the Modality tags that mammograms have; where tags are wrong for example MG,RG.
        uid_column: the label CSV's column with the UID; default uid.
        z_column: its column with the slice position in mm, where the UID is a series'.
        label_column: its column with the label (mini-MIAS: severity, finding or abnormality).
        polygon_columns: its two columns with the outline's x and y as lists.
        lesion_column: its column that names the lesion.
    """
    given = dict(locals())  # these flags are make_cases's own arguments
    from medgan_fashion.imaging.make_cases import make_cases

    print("\n".join([*make_cases(**given).lines(), str(out)]))


def preview(
    table: Path,
    out: Path = Path("preview.png"),
    n: int = 48,
    margin: float = 0.25,
    size: tuple[int, int] = (64, 64),
    mammogram: Literal["no", "lesion", "whole"] = "no",
) -> None:
    """Draw the crops of a case table with their labels and row numbers, to look at before any training.

    Args:
        table: a case table.
        out: the PNG to write.
        n: how many crops.
        margin: share of the box's longer side added on each side.
        size: height and width of a crop in pixels.
        mammogram: read pictures as mammograms, chest wall left: patches around lesions, or whole films.
    """
    from medgan_fashion.imaging.config import ImageConfig, mammogram_image
    from medgan_fashion.imaging.preview import preview as draw

    plain = ImageConfig(size=size, margin=margin)
    draw(table, out, n, plain if mammogram == "no" else mammogram_image(mammogram, size, margin))
    print(out)


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
    dry_run: bool = False,
) -> None:
    """Train one GAN on a case table, or on an .npz with `images` (N, C, H, W) and perhaps `labels`.

    Args:
        data: case table (CSV) or .npz file.
        out: folder for checkpoint.pt and model.safetensors; the same command again resumes.
        recipe: mlp_gan, dcgan, cgan, wgan_gp, small, or growing: progan, progan_cond, progan_small.
        images_seen: real images shown until it ends.
        size: height and width for a case table's crops.
        seed: everything random follows from it.
        device: cpu or cuda; default: cuda where there is one.
        mammogram: read pictures as mammograms, chest wall left: patches around lesions, or whole films.
        set: one change of the recipe, for example --set networks.width=8 or, by level, --set
            growth.phase_images=[4000,6000] (otherwise the phases share images_seen out evenly); may be repeated.
        dry_run: measure one step of every level of growth, print cost and the batch that fits, and train nothing.
    """
    from medgan_fashion.chains.growing import print_plan
    from medgan_fashion.runs.single import Job, train_on_file

    job = Job(data, out, recipe, images_seen, size, seed, device, mammogram, parse_settings({}, set or []))
    print_plan(job)
    if dry_run:
        return
    trained = train_on_file(job)
    if trained.alarm:
        print(f"stopped: {trained.alarm}")
    print(f"{out / 'model.safetensors'} (weights selected by {trained.model.facts['selected']['by']})")


def generate(
    model: Path,
    out: Path = Path("synthetic"),
    n: int = 16,
    label: str | None = None,
    seed: int = 0,
    truncation: float | None = None,
    format: Literal["png", "npz", "dicom"] = "png",
    mark: bool | None = None,
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
    """
    from medgan_fashion.runs.generate import generate_files

    print(f"{generate_files(model, out, n, label, seed, truncation, format, mark)} synthetic images in {out}")


def report(run: Path, shareable: bool = False) -> None:
    """Write the report of a finished run again.

    Args:
        run: the run folder.
        shareable: leave every real image out.
    """
    from medgan_fashion.report.write import write_report

    print(write_report(run, shareable=shareable))


def status(run: Path) -> None:
    """Say how far a run is: stages done, GANs in training, and whether any process is working on it.

    Args:
        run: the run folder.
    """
    from medgan_fashion.runs.status import run_status

    print("\n".join(run_status(run)))


def list_datasets() -> None:
    """List the public data sets there are cards for."""
    from medgan_fashion.imaging import dataset_cards

    for card in dataset_cards.list_datasets():
        print(f"{card.name:24} {card.what}\n{'':24} {card.licence}")


def verify(name: str, folder: Path) -> None:
    """Check a data set on disk against its card.

    Args:
        name: a name from `datasets list`.
        folder: where it lies.
    """
    from medgan_fashion.imaging import dataset_cards

    print(f"{dataset_cards.verify_dataset(name, folder)} files in {folder} agree with the card {name}")


def fetch(name: str, folder: Path) -> None:
    """Download a data set whose card has an address and a checksum; otherwise say where it is to be had.

    Args:
        name: a name from `datasets list`.
        folder: where to put it.
    """
    from medgan_fashion.imaging import dataset_cards

    print(dataset_cards.fetch_dataset(name, folder))


COMMANDS: dict[str, Any] = {
    "run": run,
    "cases": cases,
    "preview": preview,
    "train": train,
    "generate": generate,
    "report": report,
    "status": status,
    "datasets": {
        "_help": "public data sets: list, verify, fetch",
        "list": list_datasets,
        "verify": verify,
        "fetch": fetch,
    },
}


def _flag(word: str) -> str:
    """Flags as people write them: --dry-run for --dry_run=true, and a repeated --data or --set adds to the list."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    name = name.replace("-", "_").replace("__", "--", 1)
    if name in ("--dry_run", "--skip_unreadable", "--shareable") and not equals:
        return f"{name}=true"
    return f"{name}+{equals}{value}" if name in ("--data", "--set") else f"{name}{equals}{value}"


def main(arguments: list[str] | None = None) -> int:
    """Entry point: 0 done, 1 failed on the way (what was computed stays), 2 refused at the door, in one sentence."""
    try:
        from jsonargparse import auto_cli
    except ImportError:
        print("medgan-fashion needs its command-line extra: pip install 'medgan-fashion[cli]'", file=sys.stderr)
        return 2
    given = sys.argv[1:] if arguments is None else arguments
    try:
        auto_cli(COMMANDS, args=[_flag(word) for word in given], prog="medgan-fashion", as_positional=True)
    except (ValueError, OSError) as error:
        print(f"medgan-fashion: {error}", file=sys.stderr)
        return 2
    except ImportError as error:
        print(
            f"medgan-fashion: {error.name} is missing; install it with: pip install 'medgan-fashion[medical]'",
            file=sys.stderr,
        )
        return 2
    except RuntimeError as error:
        print(f"medgan-fashion: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0
