import numpy as np
import pytest

from medgan_fashion.imaging.prepare.folds import patient_folds, table_of_counts


def cohort(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """60 patients with 1 to 5 images each; a quarter of the patients is of class 1."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, 60)
    groups = np.repeat(np.arange(60), sizes)
    return (groups % 4 == 0).astype(np.int64), groups


@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_no_patient_in_two_folds_and_every_class_in_each(n_folds: int) -> None:
    labels, groups = cohort()
    folds = patient_folds(labels, groups, n_folds, seed=1)
    assert folds.dtype == np.int64
    for group in np.unique(groups):
        assert len(np.unique(folds[groups == group])) == 1
    for fold in range(n_folds):
        assert set(labels[folds == fold]) == {0, 1}
        assert set(labels[folds != fold]) == {0, 1}


def test_same_seed_same_folds_other_seed_others() -> None:
    labels, groups = cohort()
    first, again, other = (patient_folds(labels, groups, 3, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_global_random_state_is_left_alone() -> None:
    labels, groups = cohort()
    before = str(np.random.get_state(legacy=False))
    patient_folds(labels, groups, 3, 1)
    assert str(np.random.get_state(legacy=False)) == before


def test_classes_of_exactly_as_many_patients_as_folds() -> None:
    labels = np.array([0] * 3 + [1] * 9)
    groups = np.arange(12)
    folds = patient_folds(labels, groups, 3, 0)
    assert all(set(labels[folds == f]) == {0, 1} for f in range(3))


def test_too_few_patients_names_the_class() -> None:
    labels, groups = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 1, 2, 3, 4, 4, 5, 5])
    with pytest.raises(ValueError, match=r"'cyst' has 2 patients, too few for 3 folds"):
        patient_folds(labels, groups, 3, 0, classes=("met", "cyst"))
    with pytest.raises(ValueError, match="one class"):
        patient_folds(labels[:4], groups[:4], 2, 0)
    with pytest.raises(ValueError, match="1 folds"):
        patient_folds(labels, groups, 1, 0)


def test_counts() -> None:
    labels, groups = np.array([0, 0, 1]), np.array([4, 4, 5])
    table = table_of_counts(labels, groups, np.array([0, 1, 2]), np.array([0, 0, 1]), ("a", "b"))
    assert table[0] == {"fold": 0, "class": "a", "images": 2, "lesions": 2, "patients": 1}
    assert [row["images"] for row in table] == [2, 0, 0, 1]
