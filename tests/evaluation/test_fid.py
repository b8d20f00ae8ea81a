"""FID against torchmetrics, against the matrix square root, and in closed form."""

import numpy as np
import pytest

from medgan_fashion.evaluation.images.fid import enough_for_fid, fid


def test_closed_form_of_scaled_and_shifted_clouds():
    x = np.random.default_rng(0).normal(size=(50, 4))
    trace = np.trace(np.cov(x.T))
    assert fid(x, x) == pytest.approx(0, abs=1e-10)
    assert fid(x, x + 2) == pytest.approx(4 * 4, abs=1e-9)
    centred = x - x.mean(axis=0)
    assert fid(centred, 3 * centred) == pytest.approx(trace * (1 + 9 - 2 * 3), abs=1e-9)


@pytest.mark.parametrize(("n", "m", "d"), [(80, 60, 5), (12, 9, 30)])
def test_equals_the_matrix_square_root_also_with_fewer_rows_than_features(n, m, d):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d)) @ rng.normal(size=(d, d))
    s1, s2 = np.cov(x.T), np.cov(y.T)
    eigenvalues, vectors = np.linalg.eigh(s1)
    root = (vectors * np.sqrt(np.clip(eigenvalues, 0, None))) @ vectors.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ s2 @ root), 0, None)).sum()
    wanted = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(s1) + np.trace(s2) - 2 * cross
    assert fid(x, y) == pytest.approx(wanted, rel=1e-5)


def test_equals_torchmetrics():
    torch = pytest.importorskip("torch")
    image_fid = pytest.importorskip("torchmetrics.image.fid")

    class Flat(torch.nn.Module):
        num_features = 6

        def forward(self, images):
            return images.flatten(1).double()

    metric = image_fid.FrechetInceptionDistance(Flat(), input_img_size=(3, 1, 2), normalize=False)
    metric = metric.set_dtype(torch.float64)
    rng = np.random.default_rng(3)
    x, y = (rng.integers(0, 256, (90, 3, 1, 2)).astype(np.uint8) for _ in range(2))
    metric.update(torch.from_numpy(x), real=True)
    metric.update(torch.from_numpy(y), real=False)
    own = fid(x.reshape(90, 6), y.reshape(90, 6))
    assert own == pytest.approx(float(metric.compute()), rel=1e-5)


def test_the_rule_for_enough_images():
    assert enough_for_fid(640, 64)
    assert not enough_for_fid(639, 64)
