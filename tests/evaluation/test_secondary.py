"""Secondary tests against statsmodels, MLstatkit, and closed forms."""

import numpy as np
import pytest

from medgan_fashion.evaluation.classifiers import secondary as s


def rights(gained, lost, same=10):
    arm = np.r_[np.ones(gained, bool), np.zeros(lost, bool), np.ones(same, bool)]
    against = np.r_[np.zeros(gained, bool), np.ones(lost, bool), np.ones(same, bool)]
    return arm, against, np.arange(gained + lost + same)


def test_holm_keeps_names():
    assert s.holm({"a": 0.04, "b": 0.001, "c": 0.03}) == pytest.approx({"a": 0.06, "b": 0.003, "c": 0.06})
    assert s.holm({}) == {}
    with pytest.raises(ValueError, match="p-value of a"):
        s.holm({"a": 1.2})


@pytest.mark.parametrize(("gained", "lost"), [(13, 0), (40, 27), (3, 3), (0, 0)])
def test_exact_mcnemar_equals_statsmodels(gained, lost):
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    wanted = tables.mcnemar([[10, gained], [lost, 0]], exact=True).pvalue
    assert s.mcnemar_exact(*rights(gained, lost))["p"] == pytest.approx(wanted)


def test_exact_mcnemar_is_refused_for_clustered_lesions():
    arm, against, patients = rights(5, 1)
    found = s.mcnemar_exact(arm, against, patients // 2)
    assert found["p"] is None
    assert "several lesions" in str(found["note"])


def test_clustered_mcnemar_is_mcnemar_for_single_lesions_and_blind_to_copies():
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    arm, against, patients = rights(20, 8)
    wanted = tables.mcnemar([[10, 20], [8, 0]], exact=False, correction=False)
    found = s.mcnemar_clustered(arm, against, patients)
    assert found["statistic"] == pytest.approx(wanted.statistic)
    assert found["p"] == pytest.approx(wanted.pvalue)
    copied = s.mcnemar_clustered(np.tile(arm, 3), np.tile(against, 3), np.tile(patients, 3))
    assert copied["p"] == pytest.approx(wanted.pvalue)
    assert s.mcnemar_clustered(arm, arm, patients)["p"] == 1


def test_delong_equals_mlstatkit():
    kit = pytest.importorskip("MLstatkit")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    one, other = (np.round(labels * gain + rng.normal(size=80), 1) for gain in (1.0, 0.6))
    z, p = kit.Delong_test(labels, one, other)[:2]
    found = s.delong(one, other, labels, np.arange(80))
    assert abs(float(found["statistic"] or 0)) == pytest.approx(abs(z), rel=1e-5)
    assert found["p"] == pytest.approx(p, rel=1e-5)


@pytest.mark.parametrize(
    ("labels", "patients", "says"),
    [
        ([0, 1, 2, 1], [0, 1, 2, 3], "two classes"),
        ([0, 1, 0, 1], [0, 0, 2, 3], "several"),
        ([0, 1, 1, 1], [0, 1, 2, 3], "fewer"),
    ],
)
def test_delong_is_refused_where_it_does_not_hold(labels, patients, says):
    found = s.delong([0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1], labels, patients)
    assert found["p"] is None
    assert says in str(found["note"])


def test_nadeau_bengio_by_hand():
    found = s.nadeau_bengio([[0.02, 0.04], [0.06, 0.0]], n_train=80, n_test=40)
    variance = np.var([2, 4, 6, 0], ddof=1) * 1e-4
    assert found["statistic"] == pytest.approx(0.03 / np.sqrt((0.25 + 0.5) * variance))
    assert s.nadeau_bengio([[0.1, 0.2]], 80, 40)["p"] is None


def test_decisions_are_averaged_over_cells():
    cells = np.array([[[0.9, 0.1]], [[0.4, 0.6]], [[0.3, 0.7]]])[:, None]
    assert s.averaged_decisions(cells).tolist() == [0]
