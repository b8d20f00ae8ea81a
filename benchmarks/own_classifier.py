"""Somebody else's classifier on a run's arms: principal components and logistic regression by scikit-learn.

Exports the arms of a finished run, trains one model for each list, writes predictions.csv, compares, and as a check
compares the same predictions again with the names of the arms shuffled, which must not help.
"""

import argparse
import csv
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import binom
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from medgan_fashion.cli.terminal.study import compare_command
from medgan_fashion.medical.outside.compare import compared
from medgan_fashion.medical.outside.export_arms import export_arms
from medgan_fashion.medical.study.finished import OpenRun, open_run

Rows = list[dict[str, str]]
Place = tuple[str, str, str]  # repeat, fold, arm


@cache
def pixels(path: Path) -> NDArray[np.float32]:
    """An exported image in [0, 1] as one row."""
    if path.suffix == ".npy":
        return np.load(path).ravel()
    return (np.asarray(Image.open(path)).ravel() / 65535).astype(np.float32)


def read_lists(folder: Path) -> tuple[dict[tuple[Place, str], Rows], dict[Place, Rows]]:
    """Training rows by (place, seed), and test rows by place."""
    train, test = defaultdict(list), defaultdict(list)
    with (folder / "arms.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            place = (row["repeat"], row["fold"], row["arm"])
            (test[place] if row["split"] == "test" else train[place, row["seed"]]).append(row)
    return dict(train), dict(test)


def fit_and_score(folder: Path, train: Rows, test: Rows, seed: int, components: int) -> tuple[list[str], NDArray]:
    """Class names and probabilities (N, K) of the test rows; `times` repeats a training row."""
    times = [int(row["times"]) for row in train]
    x = np.repeat(np.stack([pixels(folder / row["file"]) for row in train]), times, axis=0)
    y = np.repeat([row["label"] for row in train], times)
    reduce = PCA(min(components, *x.shape), whiten=True, svd_solver="randomized", random_state=seed)
    model = make_pipeline(reduce, LogisticRegression(C=0.1, max_iter=2000)).fit(x, y)
    return list(model.classes_), model.predict_proba(np.stack([pixels(folder / row["file"]) for row in test]))


def predict(folder: Path, path: Path, components: int) -> None:
    """Trains on every list of the folder and writes the predictions of all test rows."""
    train, test = read_lists(folder)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        for number, ((place, seed), rows) in enumerate(train.items()):
            classes, scores = fit_and_score(folder, rows, test[place], int(seed), components)
            if not number:
                table.writerow(["repeat", "fold", "arm", "seed", "case", *classes])
            for row, one in zip(test[place], scores, strict=True):
                table.writerow([*place, seed, row["case"], *map(float, one)])


def shuffled_arms(path: Path, out: Path, seed: int) -> Path:
    """The predictions with the arms permuted within every case, fold and seed."""
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    groups = defaultdict(list)
    for row in rows:
        groups[row[0], row[1], row[3], row[4]].append(row)
    rng = np.random.default_rng((seed, 7))
    for group in groups.values():
        for row, arm in zip(group, rng.permutation([row[2] for row in group]), strict=True):
            row[2] = str(arm)
    with out.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return out


def check_shuffled(opened: OpenRun, predictions: Path, shuffles: int) -> None:
    """Prints the verdicts by shuffled arms; exits with an error where more of them help than chance allows.

    A 95 % interval lies above 0 by chance in one of forty, so among many shuffles a few must help.
    """
    found, allowed = Counter(), int(binom.ppf(0.99, shuffles, 0.025))
    for seed in range(shuffles):
        again = shuffled_arms(predictions, predictions.with_name("shuffled.csv"), seed)
        found[compared(opened, again, "arms shuffled")["verdict"]["verdict"]] += 1
    print(f"{shuffles} times with the arms shuffled: {dict(found)}; by chance up to {allowed} may help")
    if found["helps"] > allowed:
        raise SystemExit("comparisons of shuffled arms help more often than chance allows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("run", type=Path, help="a finished ablation")
    parser.add_argument("--out", type=Path, default=Path("arms"), help="folder for the exported arms")
    parser.add_argument("--components", type=int, default=40)
    parser.add_argument("--shuffles", type=int, default=20)
    options = parser.parse_args()
    opened = open_run(options.run)
    if not (options.out / "arms.csv").exists():
        export_arms(opened, options.out)
    predictions = options.out / "pca_logistic.csv"
    predict(options.out, predictions, options.components)
    compare_command(predictions, options.run, options.out / "compared", "PCA and logistic regression")
    check_shuffled(opened, predictions, options.shuffles)


if __name__ == "__main__":
    main()
