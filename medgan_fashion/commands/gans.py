"""Commands on one GAN: train, generate."""

from pathlib import Path
from typing import Literal

from medgan_fashion.chains.table import parse_settings


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
    """Train one GAN on a case table, or on an .npz with `images` (N, C, H, W) and perhaps `labels`, `classes`.

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
