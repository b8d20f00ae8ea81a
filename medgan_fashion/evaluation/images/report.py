"""All figures of sets of images at once: of two sets, beside the same of reals; of one fold, beside worsened reals."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.evaluation.encoder import SetEncoder, encoder_for_set
from medgan_fashion.evaluation.images.diversity import feature_diversity, pair_likeness, ssim_diversity
from medgan_fashion.evaluation.images.fid import enough_for_fid, enough_for_fid_infinity, fid, fid_infinity
from medgan_fashion.evaluation.images.inception_score import inception_score
from medgan_fashion.evaluation.images.kid import feature_pair, kid, kid_full
from medgan_fashion.evaluation.images.precision_recall import overlap
from medgan_fashion.evaluation.images.swd import swd
from medgan_fashion.evaluation.images.two_sample import (
    LabelledImages,
    TwoSample,
    classification_scores,
    deal,
    two_sample_test,
)
from medgan_fashion.evaluation.training import FloatImages

# ---------------------------------------------------------------------------------------------------------------------
# What a measure of two sets of images says: its row, and the table of all measures with what they mean.


Better = Literal["lower", "higher", "as reals"]


@dataclass(frozen=True)
class Row:
    """One measure: its mean `value` over the halvings, the same of reals against reals (`reals`, between `low` and
    `high` over the halvings), which way is `better`, and what that means (`reading`).

    The halvings share their images, so other reals would often lie a little outside low..high."""

    name: str
    value: float
    reals: float
    low: float
    high: float
    better: Better
    reading: str


@dataclass(frozen=True)
class Measured:
    """`encoder` in words; `rows`; every comparison is of `n` against `n` images; `left_out` {measure: why}."""

    encoder: str
    n: int
    rows: tuple[Row, ...]
    left_out: dict[str, str] = field(default_factory=dict)


def measured_row(name: str, values: list[float], reals: list[float], added: str = "") -> Row:
    """The row of a measure from its values of fakes and of reals over the halvings; `added` ends the reading."""
    better, words = MEASURES["SWD" if name.startswith("SWD") else name]  # one row for each level of detail
    return Row(name, float(np.mean(values)), float(np.mean(reals)), min(reals), max(reals), better, words + added)


def _cells(row: Row) -> tuple[str, str, str, str]:
    spread = "" if row.low == row.high else f" ({row.low:.3g} to {row.high:.3g})"
    better = "like the reals is better" if row.better == "as reals" else f"{row.better} is better"
    return row.name, f"{row.value:.3g}", f"{row.reals:.3g}{spread}", f"{better}: {row.reading}"


def as_table(found: Measured) -> list[str]:
    """Lines of plain text: a table of the rows, what was left out and why, and what the encoder is."""
    cells = [("measure", "fakes", "reals among themselves", "reading"), *map(_cells, found.rows)]
    widths = [max(len(cell[k]) for cell in cells) for k in range(3)]
    lines = ["  ".join([*(cell[k].ljust(widths[k]) for k in range(3)), cell[3]]) for cell in cells]
    lines.insert(1, "  ".join("-" * width for width in (*widths, len("reading"))))
    lines += [f"left out: {name}: {why}" for name, why in found.left_out.items()]
    return [*lines, f"{found.n} against {found.n} images; encoder {found.encoder}"]


MEASURES: dict[str, tuple[Better, str]] = {
    "KID x 1000": ("lower", "distance of the two clouds of features, without bias; about 0 between alike sets"),
    "FID": ("lower", "distance of two Gaussians fitted to the features; too large where images are few"),
    "FID-infinity": ("lower", "FID as if there were endlessly many images; about 0 between alike sets"),
    "precision": ("higher", "share of the fakes that lie among the reals: how real they look"),
    "recall": ("higher", "share of the reals that lie among the fakes: how much variety is drawn"),
    "density": ("higher", "precision that counts how many reals are near; about 1 for alike sets"),
    "coverage": ("higher", "share of the reals with a fake nearby"),
    "SWD": ("lower", "distance of small patches at this level of detail"),
    "feature diversity": ("as reals", "mean distance of two images; far below the reals': drawn too alike"),
    "Inception Score": ("higher", "sure and varied classes; blind to copies and to one picture per class"),
    "MS-SSIM of pairs": ("as reals", "likeness of two images of a class; far above the reals': collapse"),
    "SSIM diversity": ("as reals", "1 - likeness of two images of a class; far below the reals': collapse"),
    "C2ST accuracy": ("lower", "a classifier tells fakes from reals; 0.5 = it cannot"),
    "CAS": ("higher", "trained on fakes, right on reals; reals: trained on reals"),
    "GAN-test": ("as reals", "trained on reals, right on fakes; above the reals': too typical, or copies"),
}


# ---------------------------------------------------------------------------------------------------------------------
# Every figure of one set of images against another, as plain numbers by name.


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """Images float32 (N, C, H, W) in [0, 1] with their features (N, d), class probabilities (N, K) or None, and
    labels (N,) or None."""

    images: FloatImages
    features: Floats
    probabilities: Floats | None
    labels: Ints | None

    def take(self, rows: Ints) -> "Seen":
        """The images of these rows."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Seen(
            self.images[rows], self.features[rows], probabilities, None if self.labels is None else self.labels[rows]
        )


def fid_figure(real: Floats, other: Floats) -> dict[str, float]:
    """FID of two clouds of features (N, d), where the images suffice for it."""
    return {"FID": fid(real, other)} if enough_for_fid(min(len(real), len(other)), real.shape[1]) else {}


def feature_figures(real: Floats, other: Floats, seed: int) -> dict[str, float]:
    """Distances and overlap of two clouds of features (N, d); FID only where the images suffice for it."""
    found = {"KID x 1000": 1000 * kid_full(real, other), **fid_figure(real, other)}
    if enough_for_fid_infinity(min(len(real), len(other)), real.shape[1]):
        found["FID-infinity"] = fid_infinity(real, other, draws=2, seed=seed).value
    return found | asdict(overlap(real, other))


def pixel_figures(real: FloatImages, other: FloatImages, seed: int) -> dict[str, float]:
    """Sliced Wasserstein distance by level: "SWD 64 px" is the finest texture of images of 64 pixels."""
    levels = swd(real, other, seed=seed, per_image=64, projections=256)
    return {f"SWD {side} px": value for side, value in levels.items()}


def lone_figures(other: Seen, pairs: int, seed: int) -> dict[str, float]:
    """What a set says of itself: how varied it is, all told and within its classes."""
    labels = np.zeros(len(other.images), dtype=np.int64) if other.labels is None else other.labels
    enough = np.bincount(labels)[labels] > 1  # a class of one image has no pair
    found = {"feature diversity": feature_diversity(other.features, seed=seed)}
    if other.probabilities is not None:
        found["Inception Score"] = inception_score(other.probabilities, seed=seed).mean
    if enough.any():
        images, kept = other.images[enough], labels[enough]
        found["MS-SSIM of pairs"] = pair_likeness(images, kept, pairs=pairs, seed=seed).mean
        found["SSIM diversity"] = ssim_diversity(images, kept, pairs=pairs, seed=seed).mean
    return found


def set_figures(real: Seen, other: Seen, *, pairs: int, seed: int) -> dict[str, float]:
    """All figures of `other` against `real`, both of at least 6 images of one shape; the names are those of the table
    above."""
    return {
        **feature_figures(real.features, other.features, seed),
        **pixel_figures(real.images, other.images, seed),
        **lone_figures(other, pairs, seed),
    }


FEWEST = 6  # images of a half: what the neighbour figures need


@dataclass(frozen=True)
class ImagesToMeasure:
    """`images` float32 (N, C, H, W) in [0, 1], `labels` (N,) in 0..K-1 or None, `groups` (N,) or None: who or what an
    image shows; images of one group are never compared with each other."""

    images: FloatImages
    labels: Ints | None = None
    groups: Ints | None = None

    @property
    def ids(self) -> Ints:
        """A group for every image: its own where none is known."""
        return np.arange(len(self.images)) if self.groups is None else self.groups

    def take(self, rows: Ints) -> "ImagesToMeasure":
        """The images of these rows."""
        return ImagesToMeasure(self.images[rows], None if self.labels is None else self.labels[rows], self.ids[rows])


@dataclass(frozen=True)
class Effort:
    """How much is computed: classifier `updates` and `seeds`, random `halvings` of the reals, label `permutations`,
    `pairs` of a class, and at `most` so many images of a half."""

    updates: int = 400
    seeds: int = 2
    halvings: int = 5
    permutations: int = 1000
    pairs: int = 50
    most: int = 2000


def _check_shapes(*sets: ImagesToMeasure | None) -> None:
    shapes = {one.images.shape[1:] for one in sets if one is not None}
    if len(shapes) > 1:
        raise ValueError(f"the sets hold images of shapes {', '.join(map(str, sorted(shapes)))}; bring them to one")


def _apart(
    real: ImagesToMeasure, held_out: ImagesToMeasure | None, seed: int
) -> tuple[ImagesToMeasure, ImagesToMeasure]:
    """The reals that the encoder learns from, and those that fakes are compared with."""
    if held_out is not None:
        return real, held_out
    part = deal(real.ids, 3, seed, real.labels)
    return real.take(np.flatnonzero(part == 0)), real.take(np.flatnonzero(part > 0))


def _seen(given: ImagesToMeasure, through: SetEncoder, labelled: bool) -> Seen:
    probabilities = through.encoder.predict(given.images) if through.knows_classes else None
    return Seen(given.images, through.encoder.features(given.images), probabilities, given.labels if labelled else None)


def _halves(judge: ImagesToMeasure, n_fake: int, effort: Effort, seed: int) -> list[tuple[Ints, Ints, Ints]]:
    """Rows of two halves of the reals and of the fakes, equally many of each, for every halving."""
    dealt = [deal(judge.ids, 2, seed + h) for h in range(effort.halvings)]  # by chance alone, as fakes are drawn
    n = min(n_fake, effort.most, *(min(int((part == k).sum()) for k in (0, 1)) for part in dealt))
    if n < FEWEST:
        raise ValueError(
            f"there are {len(judge.images)} real images to compare with and {n_fake} fakes, too few for a half of "
            f"{FEWEST}; give more"
        )
    found = []
    for h, part in enumerate(dealt):
        rng = np.random.default_rng((seed, 39, h))
        pools = [np.flatnonzero(part == 0), np.flatnonzero(part == 1), np.arange(n_fake)]
        first, second, fakes = (rng.choice(pool, n, replace=False) for pool in pools)
        found.append((first, second, fakes))
    return found


def _computed(judge: Seen, fake: Seen, halves: list[tuple[Ints, Ints, Ints]], effort: Effort, seed: int) -> list[Row]:
    """The measures that train nothing, over all halvings."""
    values, reals = [], []
    for h, (first, second, fakes) in enumerate(halves):
        against = judge.take(first)
        values.append(set_figures(against, fake.take(fakes), pairs=effort.pairs, seed=seed + h))
        reals.append(set_figures(against, judge.take(second), pairs=effort.pairs, seed=seed + h))
    names = [name for name in values[0] if all(name in one for one in (*values, *reals))]
    return [measured_row(name, [one[name] for one in values], [one[name] for one in reals]) for name in names]


def _told_apart(
    judge: ImagesToMeasure, fake: ImagesToMeasure, rows: tuple[Ints, Ints, Ints], effort: Effort, seed: int
) -> Row:
    """The classifier two-sample test, once."""
    first, second, others = judge.take(rows[0]), judge.take(rows[1]), fake.take(rows[2])
    apart = int(judge.ids.max()) + 1  # fakes are of no real's group

    def tested(one: ImagesToMeasure, shift: int) -> TwoSample:
        return two_sample_test(
            first.images,
            one.images,
            groups=(first.ids, one.ids + shift),
            updates=effort.updates,
            permutations=effort.permutations,
            seed=seed,
        )

    found, floor = tested(others, apart), tested(second, 0)
    added = f"; p = {found.p_permutation:.2g} on {found.n} images (reals: p = {floor.p_permutation:.2g})"
    return measured_row("C2ST accuracy", [found.accuracy], [floor.accuracy], added)


def _learned(
    learn: ImagesToMeasure, judge: ImagesToMeasure, fake: ImagesToMeasure, k: int, effort: Effort, seed: int
) -> list[Row]:
    """Classification accuracy both ways, once, over classifier seeds."""
    known, tested, made = (LabelledImages(one.images, np.asarray(one.labels)) for one in (learn, judge, fake))
    found = classification_scores(known, tested, made, k, updates=effort.updates, seeds=effort.seeds, seed=seed)
    reals = [found.real_to_real]
    added = f"; {found.n_train} training images each"
    return [
        measured_row("CAS", [found.fake_to_real], reals, added),
        measured_row("GAN-test", [found.real_to_fake], reals, added),
    ]


def _too_few(per_feature: int, n: int, d: int) -> str:
    return f"needs at least {per_feature * d} images of each kind for {d} features; there are {n}"


def _left_out(n: int, d: int, classes: bool, labelled: bool) -> dict[str, str]:
    found = {}
    if not enough_for_fid(n, d):
        found["FID"] = _too_few(10, n, d)
    if not enough_for_fid_infinity(n, d):
        found["FID-infinity"] = _too_few(4, n, d)
    if not classes:
        found["Inception Score"] = "needs real images of two classes or more"
    if not labelled:
        found["CAS"] = found["GAN-test"] = "need the classes of the real images and of the fakes"
    return found


def measure_set(
    real: ImagesToMeasure,
    fake: ImagesToMeasure,
    *,
    held_out: ImagesToMeasure | None = None,
    n_classes: int = 0,
    effort: Effort = Effort(),
    seed: int = 0,
) -> Measured:
    """Every measure of `fake` against real images, beside the same measure between two halves of those reals.

    The encoder learns from reals that nothing is compared with: a third of `real`, or all of it where `held_out` holds
    other real images, which the generator did not see; then copies of `real` are not rewarded. ValueError for images
    of different shapes or below 16 pixels a side, and for too few of them.
    """
    _check_shapes(real, fake, held_out)
    learn, judge = _apart(real, held_out, seed)
    labelled = all(one.labels is not None for one in (learn, judge, fake)) and n_classes > 1
    halves = _halves(judge, len(fake.images), effort, seed)
    through = encoder_for_set(learn.images, learn.labels, n_classes, updates=effort.updates, seed=seed)
    rows = _computed(_seen(judge, through, labelled), _seen(fake, through, labelled), halves, effort, seed)
    n = len(halves[0][0])
    left_out = _left_out(n, through.encoder.dim, through.knows_classes, labelled)
    try:
        rows.append(_told_apart(judge, fake, halves[0], effort, seed))
    except ValueError as error:  # few groups: the other measures stand without it
        left_out["C2ST accuracy"] = str(error)
    rows += _learned(learn, judge, fake, n_classes, effort, seed) if labelled else []
    return Measured(through.about, n, tuple(rows), left_out)


# ---------------------------------------------------------------------------------------------------------------------
# The figures of one fold of a study as plain data, each beside the same figure for real and for worsened images.


DRAWS = 10  # random equal-size draws that FID and the neighbour figures are averaged over


def _draw(features: Floats, n: int, *address: int) -> Floats:
    """n random rows without replacement."""
    return features[np.random.default_rng(address).choice(len(features), n, replace=False)]


def _over_draws(test: Floats, features: Floats, n: int, seed: int, at: int) -> dict[str, float]:
    """FID (whose bias depends on n) and the neighbour figures of set number `at` against the test reals."""
    drawn = []
    for draw in range(DRAWS):
        pair = _draw(test, n, seed, 2, draw), _draw(features, n, seed, 3, draw, at)
        drawn.append(fid_figure(*pair) | asdict(overlap(*pair)))
    return {name: float(np.mean([one[name] for one in drawn])) for name in drawn[0]}


def judge_images(
    features_synthetic: ArrayLike,
    features_train: ArrayLike,
    features_test: ArrayLike,
    features_blurred: ArrayLike,
    features_noisy: ArrayLike,
    *,
    extractor: str,
    seed: int,
) -> dict[str, Any]:
    """KID, FID, precision, recall, density and coverage of four sets against the held-out fold's reals.

    All features (N_i, d) from one `extractor`, whose name is printed with the figures. `train` is what good
    looks like; `blurred` and `noisy` are degraded training reals (of other patients than the test reals):
    what bad looks like. Everything is compared at equal n (the smallest set); `fid` is None with
    `fid_reason` when n < 10 d. ValueError for fewer than 6 images in a set.
    """
    given = {"synthetic": features_synthetic, "train": features_train}
    given |= {"blurred": features_blurred, "noisy": features_noisy}
    pairs = {name: feature_pair(features_test, features, at_least=FEWEST) for name, features in given.items()}
    n, d = min(min(len(test), len(other)) for test, other in pairs.values()), pairs["train"][0].shape[1]
    size = min(n // 2, 1000)
    kids = {name: asdict(kid(*pair, subset_size=size, seed=seed)) for name, pair in pairs.items()}
    sets = {name: _over_draws(*pair, n, seed, at) for at, (name, pair) in enumerate(pairs.items())}
    figures = {figure: {name: found[figure] for name, found in sets.items()} for figure in sets["train"]}
    fids = figures.pop("FID", None)
    return {
        "extractor": extractor,
        "n": n,
        "d": d,
        "draws": DRAWS,
        "kid_subset_size": size,
        "kid": kids,
        "fid": fids,
        "fid_reason": None if fids else f"FID {_too_few(10, n, d)}.",
        **figures,
    }
