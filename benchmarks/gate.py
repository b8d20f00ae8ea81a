"""Train on synthetic images, test on real ones, with and without the quality gate, at the same budget.

python benchmarks/gate.py FASHION_MNIST [--out DIR] [--draws 3] [--places 400] [--images_seen 30000]

One small conditional GAN is trained on 2,000 real images (32 x 32; taken from DIR where it lies there). Of each draw
of 3 x places candidates the plain set takes the first ones, the gated set what the gate lets in; where the gate fills
fewer places, the plain set is cut to the same number, class by class. The same classifier, updates and seeds judge
both on 1,000 real images that neither the GAN nor the gate saw. Prints a line per draw, then means and 95 % intervals.
"""

import argparse
import gzip
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from medgan_fashion.evaluation.encoder import Encoder, train_encoder
from medgan_fashion.evaluation.screening.gate import Reals, fill_places, gate
from medgan_fashion.evaluation.screening.thresholds import GateConfig
from medgan_fashion.gan import Model, load_model, train
from medgan_fashion.imaging.prepare.near_copies.copies import find_copies

CLASSES, REAL, UPDATES, CLASSIFIERS = 10, 2000, 300, 2
Pictures = NDArray[np.float32]


def read(path: Path) -> NDArray[np.uint8]:
    """An idx.gz file as an array."""
    raw = gzip.decompress(path.read_bytes())
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def pictures(folder: Path, part: str, n: int) -> tuple[Pictures, NDArray[np.int64]]:
    """The first n images (n, 1, 32, 32) in [0, 1] of a part, and their labels."""
    images = read(folder / f"{part}-images-idx3-ubyte.gz")[:n]
    padded = (np.pad(images, ((0, 0), (2, 2), (2, 2)))[:, None] / 255).astype(np.float32)
    return padded, read(folder / f"{part}-labels-idx1-ubyte.gz")[:n].astype(np.int64)


def trained_gan(out: Path, images: Pictures, labels: NDArray[np.int64], images_seen: int) -> Model:
    names = tuple(map(str, range(CLASSES)))
    given = {"labels": labels, "classes": names, "value_range": (0.0, 1.0), "images_seen": images_seen, "out": out}
    if not (out / "model.safetensors").exists():
        train("small", images, **given, seed=0, device="cpu")
    return load_model(out / "model.safetensors")


def accuracy(images: Pictures, labels: NDArray[np.int64], test: Pictures, truth: NDArray[np.int64], seed: int) -> float:
    """Share of real test images that classifiers of these training images call right, mean over CLASSIFIERS seeds."""
    judges = [train_encoder(images, labels, CLASSES, updates=UPDATES, seed=100 * seed + c) for c in range(CLASSIFIERS)]
    return float(np.mean([(judge.predict(test).argmax(1) == truth).mean() for judge in judges]))


def one_draw(
    seed: int, places: int, gan: Model, reals: Reals, encoder: Encoder, test: tuple[Pictures, NDArray[np.int64]]
) -> tuple[float, float]:
    """(accuracy without, accuracy with the gate) of one draw of candidates."""
    config, rng = GateConfig(), np.random.default_rng((seed, 5))
    labels = reals.labels[rng.permutation(len(reals.labels))[np.arange(round(config.candidates * places)) % REAL]]
    images = gan.generate(len(labels), torch.from_numpy(labels), seed=seed).numpy().clip(0, 1)
    wanted, unknown = labels[:places], np.full(len(labels), -1)
    copies = find_copies(images, reals.canvases, reals.size, reals.groups, seed=seed)
    found = gate(images, labels, unknown, wanted, reals, copies, encoder, config)
    rows = found.accepted
    plain = fill_places(labels[rows], labels, np.ones(len(labels), bool))  # as many of each class, the first ones
    without, gated = (accuracy(images[at], labels[at], *test, seed) for at in (plain, rows))
    counts = {str(name): int(n) for name, n in zip(*np.unique(found.reasons, return_counts=True), strict=True)}
    print(
        f"draw {seed}: {len(rows)} of {places} places filled; first reasons {counts}; accuracy without "
        f"{without:.4f}, with the gate {gated:.4f}",
        flush=True,
    )
    return without, gated


def interval(values: NDArray[np.float64]) -> str:
    """Mean and its 95 % t interval over draws, in points."""
    half = (
        stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    )
    return f"{100 * values.mean():.1f} ({100 * (values.mean() - half):.1f} to {100 * (values.mean() + half):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--first_draw", type=int, default=0)
    parser.add_argument("--places", type=int, default=400)
    parser.add_argument("--images_seen", type=int, default=30_000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    images, labels = pictures(args.data, "train", REAL)
    gan = trained_gan(args.out or Path(tempfile.mkdtemp()), images, labels, args.images_seen)
    encoder = train_encoder(images, labels, CLASSES, updates=2 * UPDATES, seed=0)
    everyone = np.arange(REAL)  # no two images share a wearer
    reals = Reals(images, (32, 32), labels, everyone, np.zeros(REAL, np.int64))
    test = pictures(args.data, "t10k", 1000)
    draws = range(args.first_draw, args.first_draw + args.draws)
    table = np.array([one_draw(seed, args.places, gan, reals, encoder, test) for seed in draws])
    print(f"accuracy on real images: without the gate {interval(table[:, 0])}, with it {interval(table[:, 1])}")
    print(
        f"difference in points, mean and 95 % interval over {len(table)} draws: {interval(table[:, 1] - table[:, 0])}"
    )


if __name__ == "__main__":
    main()
