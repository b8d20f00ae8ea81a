"""Classification accuracy both ways: equal sets, a forgotten class, wrong labels, equal budgets."""

import pytest

from medgan_fashion.evaluation.images.two_sample import (
    ClassificationScores,
    LabelledImages,
    classification_scores,
)
from tests.evaluation.planted_images import stripes

TRAIN, TEST = LabelledImages(*stripes(96, 0, 3)), LabelledImages(*stripes(60, 1, 3))
FAKE = LabelledImages(*stripes(120, 2, 3))


def scores(fake: LabelledImages) -> ClassificationScores:
    return classification_scores(TRAIN, TEST, fake, 3, updates=40, seeds=1)


def test_fakes_like_reals_score_as_reals_do_both_ways() -> None:
    found = scores(FAKE)
    assert found.n_train == 96
    assert found.real_to_real > 0.95
    assert found.fake_to_real > 0.95
    assert found.real_to_fake > 0.95
    assert found == scores(FAKE)


def test_a_forgotten_class_costs_cas_but_not_the_gan_test() -> None:
    kept = FAKE.labels < 2
    found = scores(LabelledImages(FAKE.images[kept], FAKE.labels[kept]))
    assert found.fake_to_real == pytest.approx(2 / 3, abs=0.05)
    assert found.real_to_fake > 0.95
    assert found.n_train == 80  # all three classifiers


def test_wrong_labels_cost_both() -> None:
    found = scores(LabelledImages(FAKE.images, (FAKE.labels + 1) % 3))
    assert found.fake_to_real < 0.1
    assert found.real_to_fake < 0.1
    assert found.real_to_real > 0.95


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"labels of fake must lie in 0\.\.2"):
        scores(LabelledImages(FAKE.images, FAKE.labels + 1))
    with pytest.raises(ValueError, match="do not fit"):
        LabelledImages(FAKE.images, FAKE.labels[:5])
