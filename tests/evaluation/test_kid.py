"""KID against torchmetrics, against loops, and on clouds of known distance."""

import numpy as np
import pytest

from medgan_fashion.evaluation.images.kid import kid, kid_full


def clouds(n=60, m=50, d=7, shift=0.3):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)) + shift


def test_full_equals_the_sum_over_pairs():
    x, y = clouds(6, 5, 3)

    def k(a, b):
        return (a @ b / 3 + 1) ** 3

    xx = np.mean([k(x[i], x[j]) for i in range(6) for j in range(6) if i != j])
    yy = np.mean([k(y[i], y[j]) for i in range(5) for j in range(5) if i != j])
    xy = np.mean([k(a, b) for a in x for b in y])
    assert kid_full(x, y) == pytest.approx(xx + yy - 2 * xy, abs=1e-12)


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save:UserWarning")
def test_full_equals_torchmetrics_on_one_subset_of_all_rows():
    torch = pytest.importorskip("torch")
    image_kid = pytest.importorskip("torchmetrics.image.kid")
    x, y = clouds(40, 40)
    for row in (x, y):
        row[:] = row.astype(np.float32)

    class Flat(torch.nn.Module):
        num_features = 7

        def forward(self, images):
            return images[:, :, 0, 0].double()

    metric = image_kid.KernelInceptionDistance(Flat(), subsets=2, subset_size=40, normalize=True)
    metric.update(torch.from_numpy(x).float()[:, :, None, None], real=True)
    metric.update(torch.from_numpy(y).float()[:, :, None, None], real=False)
    mean, _ = metric.compute()
    assert kid_full(x, y) == pytest.approx(float(mean), abs=1e-5)


def test_is_unbiased_and_orders_shifts():
    rng = np.random.default_rng(1)
    same = [kid_full(rng.normal(size=(20, 4)), rng.normal(size=(20, 4))) for _ in range(400)]
    assert abs(np.mean(same)) < 4 * np.std(same) / 20
    x = rng.normal(size=(200, 4))
    near, far = (kid(x, rng.normal(size=(200, 4)) + shift).mean for shift in (0.2, 1.0))
    assert near < far


def test_is_addressed_by_its_seed_and_subsets_average_to_the_full_value():
    x, y = clouds(200, 200)
    assert kid(x, y, seed=3) == kid(x, y, seed=3)
    found = kid(x, y, subsets=400)
    assert found.mean == pytest.approx(kid_full(x, y), abs=4 * found.sd / 20)


@pytest.mark.parametrize(
    ("x", "y", "options", "says"),
    [
        (np.zeros((5, 2)), np.zeros((5, 3)), {}, "do not fit"),
        (np.zeros((3, 2)), np.zeros((5, 2)), {}, "too few"),
        (np.full((5, 2), np.nan), np.zeros((5, 2)), {}, "NaN"),
        (np.zeros((5, 2)), np.zeros((5, 2)), {"subset_size": 6}, "subset_size"),
    ],
)
def test_refuses_in_one_sentence(x, y, options, says):
    with pytest.raises(ValueError, match=says):
        kid(x, y, **options)
