"""What every measure of `evaluate-images` says about sets whose fault is known: Markdown on the standard output.

    python benchmarks/measures.py FOLDER   # train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz of Fashion-MNIST

300 pictures for the encoder (the training set), 600 to compare with (held out), and 300 others, as they are or spoilt.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.images.degrade import blurred, noisy
from medgan_fashion.evaluation.images.report import Effort, ImagesToMeasure, Measured, measure_set

CLASSES = 10
EFFORT = Effort(updates=200, seeds=1, halvings=3)


def read(folder: Path) -> ImagesToMeasure:
    """Images float32 (N, 1, 28, 28) in [0, 1] and labels."""
    images, labels = (
        np.frombuffer(gzip.decompress((folder / f"train-{name}-ubyte.gz").read_bytes()), np.uint8)
        for name in ("images-idx3", "labels-idx1")
    )
    shades = np.divide(images[16:].reshape(-1, 1, 28, 28), 255, dtype=np.float32)
    return ImagesToMeasure(shades, labels[8:].astype(np.int64))


def spoilt(further: ImagesToMeasure, known: ImagesToMeasure, pool: ImagesToMeasure) -> dict[str, ImagesToMeasure]:
    """Name -> a set of 300 images; `known` is what the encoder saw, `pool` are more pictures to draw from."""
    labels = np.asarray(further.labels)
    of_class = [np.flatnonzero(np.asarray(pool.labels) == k) for k in range(CLASSES)]
    one_each = np.array([rows[0] for rows in of_class])[labels]
    fewer = np.flatnonzero(np.asarray(pool.labels) < 7)[: len(labels)]

    def changed(images: NDArray[np.float32]) -> ImagesToMeasure:
        return ImagesToMeasure(images, labels)

    return {
        "as they are": further,
        "blurred, 0.5 px": changed(blurred(further.images, 0.5)),
        "blurred, 1 px": changed(blurred(further.images, 1.0)),
        "noisy, sd 0.1": changed(noisy(further.images, 0.1, 0)),
        "pure noise": changed(np.random.default_rng(0).random(further.images.shape, dtype=np.float32)),
        "7 of 10 classes": pool.take(fewer),
        "1 picture a class": changed(pool.images[one_each]),
        "copies of the training set": known,
        "labels shuffled": ImagesToMeasure(further.images, np.random.default_rng(0).permutation(labels)),
    }


def as_markdown(found: dict[str, Measured]) -> str:
    """A row for each measure, a column for each set."""
    tables = {name: {row.name: row for row in one.rows} for name, one in found.items()}
    first = next(iter(tables.values()))
    lines = [f"| measure | reals among themselves | {' | '.join(tables)} |", "|---" * (len(tables) + 2) + "|"]
    for name, row in first.items():
        spread = f"{row.low:.3g} to {row.high:.3g}" if row.low < row.high else f"{row.reals:.3g}"
        values = [f"{table[name].value:.3g}" if name in table else "-" for table in tables.values()]
        lines.append(f"| {name} | {spread} | {' | '.join(values)} |")
    return "\n".join(lines)


def main() -> None:
    """Measures every set and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    known, judge, further, pool = (
        read(given.folder).take(np.arange(*rows)) for rows in ((300,), (300, 900), (900, 1200), (1200, 3200))
    )
    sets = spoilt(further, known, pool)
    found = {
        name: measure_set(known, one, held_out=judge, n_classes=CLASSES, effort=EFFORT) for name, one in sets.items()
    }
    print(as_markdown(found))
    print("\n" + next(iter(found.values())).encoder)


if __name__ == "__main__":
    main()
