"""The row of BigGAN's parts at small scale, with truncation: quality against variety."""

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from benchmarks.reproduce.data import garments, write_grid
from benchmarks.reproduce.judging import Distances, agreement, asked_for, distances, drawn, judge_of
from benchmarks.reproduce.objectives import JUDGE_UPDATES
from benchmarks.reproduce.row import Job, Row
from medgan_fashion.gan import train
from medgan_fashion.gan.recipe.table import changed_recipe

IMAGES = 100_000
TRUNCATIONS = (0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
SLIM = {"networks": {"width": 16, "max_width": 64}, "batch": 16}


def draw_curve(path: Path, curve: dict[float, Distances], side: int = 320) -> None:
    """Precision (upwards) against recall (to the right), both from 0 to 1, one numbered dot for each truncation."""
    image = Image.new("RGB", (side + 40, side + 50), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 24, 20 + side, 24 + side), outline="black")
    places = [(20 + side * point.recall, 24 + side * (1 - point.precision)) for point in curve.values()]
    pen.line(places, fill="steelblue", width=2)
    for i, ((x, y), truncation) in enumerate(zip(places, curve, strict=True)):
        pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill="steelblue")
        pen.text((x + 4, y + (6 if i % 2 else -16)), f"{truncation:g}", fill="black")
    pen.text((20, 6), "precision, 0 to 1, at each truncation", fill="black")
    pen.text((20, side + 30), "recall, 0 to 1", fill="black")
    image.save(path)


def as_table(curve: dict[float, Distances]) -> str:
    """In markdown, one line for each truncation."""
    lines = [
        f"| {t:g} | {1000 * d.kid:.1f} | {d.fid:.2f} | {d.precision:.2f} | {d.recall:.2f} | {d.coverage:.2f} |"
        for t, d in curve.items()
    ]
    return "\n".join(["| truncation | KID | FID | precision | recall | coverage |", "|---:" * 6 + "|", *lines])


def run(job: Job) -> dict[str, Any]:
    """Distances from held-out garments at every truncation, and without it."""
    split = garments(job.data)
    judge = judge_of(
        split, job.folder.parents[1] / "judges" / "garments.safetensors", 60 if job.quick else JUDGE_UPDATES
    )
    trained = train(
        changed_recipe("biggan", SLIM),
        split.train,
        labels=split.train_labels,
        images_seen=job.images(IMAGES),
        out=job.folder / "gan",
        seed=job.seed,
        check_every=10_000,
        progress=False,
    )
    n = len(split.held)
    images = drawn(trained.model, n, 1)
    found, floor = distances(judge, split.held, images), distances(judge, split.held, split.train)
    share = agreement(judge.network, images, asked_for(n, split.n_classes))
    write_grid(job.folder / "grid.png", images[:50])
    text = (
        f"{found.text()}; {100 * share:.1f} % named as the class asked for (real garments: KID {1000 * floor.kid:.1f})"
    )
    curve = {t: distances(judge, split.held, drawn(trained.model, n, 1, t)) for t in TRUNCATIONS}
    draw_curve(job.folder / "curve.png", curve)
    remark = as_table(curve) + (f"\n\nStopped early: {trained.alarm}" if trained.alarm else "")
    return {"value": found.kid, "text": text, "agreement": share, "remark": remark}


ROWS: dict[str, Row] = {
    "biggan": Row(
        "biggan",
        "BigGAN's parts",
        "biggan",
        "Brock et al. 2019, abstract",
        "Fashion-MNIST at 32 x 32, 7,000 garments",
        f"distances of 1,000 drawings from 1,000 held-out garments after {IMAGES:,} images",
        "FID 7.4, Inception score 166.5",
        "ImageNet at 128 x 128",
        False,
        (0,),
        run,
    ),
}
