import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from medgan_fashion.fashion.design.taste import Problem, agreed, build_preference, standardise, unseen_rows

from .tiny_atelier import BLUE, RED, atelier, catalogue, recommender

MODELS = tuple(recommender(skew) for skew in (0.0, 0.3))
TASTES = tuple(model.theta for model in MODELS)
SEEN = csr_matrix((np.ones(3), ([RED, RED, BLUE], [61, 62, 70])), shape=(2, 120))


def test_z_has_mean_0_and_sd_1_over_unseen_real_items() -> None:
    problems = [Problem((RED,), 1), Problem((BLUE,), 0)]
    preference = build_preference(MODELS, TASTES, catalogue(), SEEN, problems)
    for p, (member, category) in enumerate(((RED, 1), (BLUE, 0))):
        rows = unseen_rows(catalogue(), category, SEEN, member)
        z = preference.z_items(p, rows)
        assert np.allclose(z.mean(axis=1), 0, atol=1e-5)
        assert np.allclose(z.std(axis=1), 1, atol=1e-5)
    assert 61 not in unseen_rows(catalogue(), 1, SEEN, RED)
    assert 70 in unseen_rows(catalogue(), 1, SEEN, RED)


def test_pictures_of_items_score_as_the_items_do() -> None:
    preference = build_preference(MODELS, TASTES, catalogue(), SEEN, [Problem((RED,), 1), Problem((BLUE,), 1)])
    rows = np.array([60, 80, 100])
    images = torch.as_tensor(catalogue().floats(rows))
    z = preference.z(images, torch.tensor([0, 1, 0])).numpy()
    expected = [preference.z_items(p, rows)[:, i] for i, p in enumerate((0, 1, 0))]
    assert np.allclose(z, np.stack(expected, axis=1), atol=1e-4)
    assert np.array_equal(preference.only(1).z_items(0, rows), preference.z_items(0, rows)[1:])


def test_a_segment_is_the_mean_or_the_least_pleased_of_its_customers() -> None:
    problems = [Problem((RED,), 1), Problem((BLUE,), 1), Problem((RED, BLUE), 1)]
    images = torch.as_tensor(catalogue().floats([60, 61]))
    for segment, reduce in (("mean", torch.mean), ("minimum", torch.amin)):
        preference = build_preference(MODELS, TASTES, catalogue(), None, problems, segment=segment)
        each = [preference.z(images, torch.full((2,), p)) for p in range(3)]
        assert torch.allclose(each[2], reduce(torch.stack(each[:2]), dim=0), atol=1e-5)
    with pytest.raises(ValueError, match="name at least one"):
        Problem((), 0)


def test_agreement_of_an_ensemble() -> None:
    z = torch.tensor([[1.0, 0.0], [2.0, 4.0], [3.0, 2.0]])
    assert agreed(z).tolist() == [1.0, 0.0]
    assert torch.allclose(agreed(z, "mean_minus_sd", 1.0), torch.tensor([2 - (2 / 3) ** 0.5, 2 - (8 / 3) ** 0.5]))


def test_a_customer_without_a_preference_has_z_0_everywhere() -> None:
    nobody = recommender(0.0, np.zeros((2, 3), dtype=np.float32))
    preference = build_preference([nobody], [nobody.theta], catalogue(), None, [Problem((RED,), 1)])
    assert preference.z(torch.rand(4, 3, 16, 16), torch.zeros(4, dtype=torch.int64)).abs().max() == 0
    assert standardise(np.array([2.0, 4.0, np.nan])) == (3.0, 1.0)
    with pytest.raises(ValueError, match="no real item"):
        standardise(np.array([np.nan]))


def test_a_customer_who_has_everything_is_compared_with_everything() -> None:
    everything = csr_matrix(np.ones((2, 120)))
    assert len(unseen_rows(catalogue(), 0, everything, RED)) == 60


def test_the_slope_reaches_the_pixels() -> None:
    made = atelier()
    preference = build_preference(made.ensemble, made.tastes([RED, BLUE])[:3], catalogue(), None, [Problem((RED,), 1)])
    images = torch.full((1, 3, 16, 16), 0.5, requires_grad=True)
    preference.z(images, torch.zeros(1, dtype=torch.int64)).sum().backward()
    assert images.grad is not None
    assert (images.grad[0, 0] > 0).all()
    assert (images.grad[0, 2] < 0).all()
