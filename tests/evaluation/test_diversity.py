"""SSIM against torchmetrics; diversity of planted classes."""

import numpy as np
import pytest

from medgan_fashion.evaluation.images.diversity import feature_diversity, ssim, ssim_diversity


def test_ssim_equals_torchmetrics():
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.image")
    rng = np.random.default_rng(0)
    x = rng.random((3, 2, 20, 17))
    y = np.clip(x + rng.normal(size=x.shape) * 0.2, 0, 1)
    wanted = functional.structural_similarity_index_measure(
        torch.from_numpy(x),
        torch.from_numpy(y),
        data_range=1.0,
        reduction="none",
        return_full_image=True,
    )[1]
    inside = np.asarray(wanted)[..., 5:-5, 5:-5]  # it pads by reflection; Wang et al. use whole windows only
    np.testing.assert_allclose(ssim(x, y), inside.mean(axis=(1, 2, 3)), atol=1e-5)


def test_a_collapsed_class_has_none_and_noise_has_much():
    rng = np.random.default_rng(1)
    images = rng.random((20, 1, 16, 16))
    images[:10] = images[0]
    found = ssim_diversity(images, np.repeat([0, 1], 10))
    assert found.per_class[0] == pytest.approx(0, abs=1e-12)
    assert found.per_class[1] > 0.8
    assert found.mean == pytest.approx(np.mean(list(found.per_class.values())))


def test_small_images_and_one_image():
    assert ssim(np.ones((1, 1, 5, 3)), np.ones((1, 1, 5, 3))) == pytest.approx(1)
    with pytest.raises(ValueError, match="one image"):
        ssim_diversity(np.ones((1, 1, 8, 8)), np.zeros(1))


def test_feature_distance_of_two_points_and_of_a_sample():
    assert feature_diversity([[0.0, 0.0], [3.0, 4.0]]) == pytest.approx(5)
    normal = np.random.default_rng(2).normal(size=(2000, 1))
    assert feature_diversity(normal, pairs=20000) == pytest.approx(2 / np.sqrt(np.pi), abs=0.03)
