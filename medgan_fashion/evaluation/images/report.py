"""All measures of two sets of images at once, each beside the same measure of reals against reals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.images.cas import LabelledImages, classification_scores
from medgan_fashion.evaluation.images.fid import enough_for_fid
from medgan_fashion.evaluation.images.fid_infinity import enough_for_fid_infinity
from medgan_fashion.evaluation.images.halves import deal
from medgan_fashion.evaluation.images.measure_rows import Measured, Row, measured_row
from medgan_fashion.evaluation.images.set_figures import Seen, set_figures
from medgan_fashion.evaluation.images.two_sample import TwoSample, two_sample_test
from medgan_fashion.evaluation.set_encoder import SetEncoder, encoder_for_set
from medgan_fashion.evaluation.training import FloatImages

Ints = NDArray[np.int64]
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
    reals = [found.real_to_real.mean]
    added = f"; {found.n_train} training images each"
    return [
        measured_row("CAS", [found.fake_to_real.mean], reals, added),
        measured_row("GAN-test", [found.real_to_fake.mean], reals, added),
    ]


def _left_out(n: int, d: int, classes: bool, labelled: bool) -> dict[str, str]:
    found = {}
    if not enough_for_fid(n, d):
        found["FID"] = f"needs {10 * d} images on each side for {d} features; there are {n}"
    if not enough_for_fid_infinity(n, d):
        found["FID-infinity"] = f"needs {4 * d} images on each side for {d} features; there are {n}"
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
