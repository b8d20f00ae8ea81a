"""The interval: closed forms, invariances, every ratio of its variances, and what it refuses."""

import numpy as np
import pytest
from scipy.stats import chi2, norm
from scipy.stats import t as student

from medgan_fashion.evaluation.classifiers.intervals import (
    arm_interval,
    auc_interval,
    cautious_df,
    difference_interval,
)


def decided(right):
    """Probabilities (R, C, L, 2) for labels of 0 that are right where `right` (R, C, L) is."""
    return np.stack([right, ~right], axis=-1) * 0.8 + 0.1


def study(seed=0, repeats=3, seeds=2, lesions=80, patients=40):
    rng = np.random.default_rng(seed)
    labels, owners = np.arange(lesions) % 2, np.arange(lesions) % patients
    arms = rng.dirichlet(np.ones(2), (2, repeats, seeds, lesions))
    return arms[0], arms[1], labels, owners


def test_the_variance_over_patients_equals_that_of_the_mean_when_seeds_do_nothing():
    rng = np.random.default_rng(0)
    n = 200
    labels = np.repeat([0, 1], n // 2)
    right = rng.random(n) < 0.7
    scores = np.broadcast_to(np.eye(2)[np.where(right, labels, 1 - labels)], (3, 2, n, 2))
    found = arm_interval(scores, labels, np.arange(n), n_boot=20000)
    variances = [right[labels == k].var(ddof=1) / (n // 2) for k in (0, 1)]
    assert found.estimate == pytest.approx(np.mean([right[labels == k].mean() for k in (0, 1)]))
    assert found.components["patients"] == pytest.approx(np.sum(variances) / 4, rel=0.05)
    assert found.components["repeats"] == 0
    assert found.df == n // 2 - 1
    assert found.high - found.estimate == pytest.approx(student.ppf(0.975, found.df) * found.se)


def test_lesions_of_a_patient_do_not_count_as_patients():
    arm, against, labels, _ = study(lesions=40, patients=40)
    alone = difference_interval(arm, against, labels, np.arange(40))
    four_times = [np.concatenate([part] * 4, axis=2) for part in (arm, against)]
    copied = difference_interval(four_times[0], four_times[1], np.tile(labels, 4), np.tile(np.arange(40), 4))
    assert copied.estimate == pytest.approx(alone.estimate)
    assert copied.se == pytest.approx(alone.se)
    as_if = difference_interval(four_times[0], four_times[1], np.tile(labels, 4), np.arange(160))
    assert as_if.components["patients"] < 0.5 * alone.components["patients"]


def test_the_variance_between_repeats_is_theirs_and_holds_the_seeds():
    right = np.ones((2, 2, 40), dtype=bool)
    right[0, :, :10] = False
    arm, against = decided(right), decided(np.ones((2, 2, 40), dtype=bool))
    labels = np.zeros(40, dtype=int)
    labels[20:] = 1
    arm[:, :, 20:], against[:, :, 20:] = arm[:, :, 20:, ::-1], against[:, :, 20:, ::-1]
    found = difference_interval(arm, against, labels, np.arange(40))
    assert found.estimate == pytest.approx(-0.125)
    assert found.components["repeats"] == pytest.approx(np.var([-0.25, 0], ddof=1) / 2)
    assert found.covers == ("patients", "partitions", "GAN seeds", "classifier seeds")


def test_swapping_arms_mirrors_the_interval_and_patient_names_do_not_matter():
    arm, against, labels, patients = study()
    one, other = (difference_interval(*pair, labels, patients) for pair in ((arm, against), (against, arm)))
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    named = difference_interval(arm, against, labels, np.array([f"p{p:03d}" for p in patients]))
    assert named == one


def test_equal_arms_never_give_a_point():
    arm, _, labels, patients = study(lesions=6, patients=6)
    tiny = difference_interval(arm, arm, labels, patients)
    assert tiny.estimate == 0
    assert tiny.high > 0.3
    arm, _, labels, patients = study(lesions=400, patients=400)
    assert difference_interval(arm, arm, labels, patients).high < 0.01


def test_one_repeat_covers_no_partition_and_one_cell_only_patients():
    arm, against, labels, patients = study(repeats=1, seeds=3)
    found = difference_interval(arm, against, labels, patients)
    assert found.covers == ("patients", "classifier seeds")
    assert set(found.components) == {"patients", "classifier seeds"}
    alone = difference_interval(arm[:, :1], against[:, :1], labels, patients)
    assert alone.covers == ("patients",)
    assert set(alone.components) == {"patients"}
    assert alone.se**2 == pytest.approx(alone.components["patients"])


@pytest.mark.parametrize("training_df", [1, 2, 4, 9])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99])
def test_one_sided_error_is_at_most_nominal_at_every_share_of_training_variance(training_df, share):
    quantiles = (np.arange(1000) + 0.5) / 1000
    training = share * chi2.ppf(quantiles, training_df) / training_df
    df = [cautious_df(1 - share, 30, v, training_df) for v in training]
    half = student.ppf(0.975, df) * (1 - share + training) ** 0.5
    assert norm.sf(half).mean() <= 0.0251


def test_auroc_and_folds_are_accepted():
    arm, against, labels, patients = study(lesions=60, patients=60)
    folds = np.tile(np.arange(60) // 30, (3, 1))
    whole = difference_interval(arm, against, labels, patients, "auroc", n_boot=200)
    within = difference_interval(arm, against, labels, patients, "auroc", n_boot=200, folds=folds)
    assert whole.estimate != within.estimate
    assert 0 < within.se < 0.2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"against": np.ones((3, 2, 79, 2))}, "must be"),
        ({"against": np.ones((2, 2, 80, 2))}, "not paired"),
        ({"labels": np.r_[1, np.zeros(79, dtype=int)]}, "class 1 has 1 patients"),
        ({"metric": "accuracy"}, "metric 'accuracy' is unknown"),
        ({"folds": np.zeros((2, 80))}, r"must be \(repeats, lesions\)"),
        ({"arm": np.full((3, 2, 80, 2), np.nan)}, "NaN"),
    ],
)
def test_refuses_in_one_sentence(change, says):
    arm, against, labels, patients = study()
    given = {"arm": arm, "against": against, "labels": labels, "patients": patients, **change}
    with pytest.raises(ValueError, match=says):
        difference_interval(**given)


@pytest.mark.parametrize(("positives", "negatives"), [(20, 10), (40, 20), (200, 100)])
def test_an_auc_s_interval_inverts_the_variance_of_mann_whitney_at_a_half(positives, negatives):
    auc = 0.5 + norm.ppf(0.975) * ((positives + negatives + 1) / (12 * positives * negatives)) ** 0.5
    assert auc_interval(auc, positives, negatives)[0] == pytest.approx(0.5, abs=1e-6)
    assert auc_interval(1 - auc, positives, negatives)[1] == pytest.approx(0.5, abs=1e-6)
