"""MS-SSIM against torchmetrics, in closed form, and on classes of planted likeness."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from medgan_fashion.evaluation.images.degrade import blurred, noisy
from medgan_fashion.evaluation.images.diversity import WEIGHTS, ms_ssim, pair_likeness, scale_weights, ssim


def clouds(n: int, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((n, *shape))
    soft = gaussian_filter(noise, (0, 0, 3, 3))
    return np.clip(0.5 + 0.2 * soft / soft.std() + 0.02 * noise, 0, 1)


@pytest.mark.parametrize("shape", [(1, 176, 176), (3, 64, 64), (1, 50, 45), (1, 16, 20)])
def test_equals_torchmetrics_scale_by_scale(shape: tuple[int, ...]) -> None:
    """Of its multi-scale function the last scale is another: it counts windows over the edge, by reflection."""
    functional = pytest.importorskip("torchmetrics.functional.image")
    import torch

    first = torch.from_numpy(clouds(3, shape))
    second = (0.8 * first + 0.2 * torch.from_numpy(clouds(3, shape, 1))).clamp(0, 1)
    how = {"data_range": 1.0, "reduction": "none"}
    weights, x, y, wanted = scale_weights((shape[1], shape[2])), first, second, torch.ones(3)
    for k, weight in enumerate(weights):
        if k == len(weights) - 1:
            whole = functional.structural_similarity_index_measure(x, y, return_full_image=True, **how)[1]
            wanted = wanted * whole[..., 5:-5, 5:-5].mean((1, 2, 3)) ** weight
        else:
            pair = functional.structural_similarity_index_measure(x, y, return_contrast_sensitivity=True, **how)
            wanted = wanted * pair[1] ** weight
        x, y = torch.nn.functional.avg_pool2d(x, 2), torch.nn.functional.avg_pool2d(y, 2)
    np.testing.assert_allclose(ms_ssim(first, second), wanted.numpy(), atol=1e-5)
    theirs = functional.multiscale_structural_similarity_index_measure(first, second, betas=weights, **how)
    np.testing.assert_allclose(ms_ssim(first, second), theirs.numpy(), atol=0.04)


def test_identical_images_are_1_and_one_scale_is_ssim() -> None:
    for size in (8, 16, 64):
        np.testing.assert_allclose(ms_ssim(clouds(2, (1, size, size)), clouds(2, (1, size, size))), 1)
    small, other = clouds(3, (2, 20, 20)), noisy(clouds(3, (2, 20, 20)), 0.1, 0)
    np.testing.assert_allclose(ms_ssim(small, other), ssim(small, other))


def test_flat_images_have_a_closed_form() -> None:
    """No structure: the luminance of the coarsest scale alone, to the power of its weight."""
    a, b = 0.3, 0.6
    luminance = (2 * a * b + 1e-4) / (a * a + b * b + 1e-4)
    found = ms_ssim(np.full((1, 1, 64, 64), a), np.full((1, 1, 64, 64), b))
    np.testing.assert_allclose(found, luminance ** scale_weights((64, 64))[-1])


def test_small_images_have_fewer_scales_whose_weights_sum_to_1() -> None:
    np.testing.assert_allclose(scale_weights((176, 300)), np.array(WEIGHTS) / sum(WEIGHTS))
    assert [len(scale_weights((side, 200))) for side in (175, 88, 87, 64, 44, 43, 22, 21, 5)] == [
        4,
        4,
        3,
        3,
        3,
        2,
        2,
        1,
        1,
    ]
    for side in (20, 30, 64, 100):
        assert sum(scale_weights((side, side))) == pytest.approx(1)


def test_more_blur_and_more_noise_are_less_alike() -> None:
    images = clouds(4, (1, 64, 64))
    for change in (lambda s: blurred(images, 2 * s), lambda s: noisy(images, 0.2 * s, 0)):
        weak, strong = (ms_ssim(images, change(s)).mean() for s in (0.5, 1.5))
        assert 1 > weak > strong > 0


def test_a_collapsed_class_is_found_and_single_images_are_left_out() -> None:
    varied, one = clouds(10, (1, 32, 32)), clouds(1, (1, 32, 32), 1)
    images = np.concatenate([varied, noisy(np.repeat(one, 10, axis=0), 0.01, 0), one])
    labels = np.repeat([0, 4, 7], [10, 10, 1])
    found = pair_likeness(images, labels)
    assert set(found.per_class) == {0, 4}
    assert found.per_class[4] > 0.95 > 0.5 > found.per_class[0]
    assert found.mean == pytest.approx(np.mean(list(found.per_class.values())))
    assert found == pair_likeness(images, labels)
    assert pair_likeness(varied).per_class[0] == pytest.approx(found.per_class[0], abs=1e-9)


def test_what_does_not_fit_is_refused() -> None:
    images = clouds(2, (1, 16, 16))
    with pytest.raises(ValueError, match="must both be the same"):
        ms_ssim(images, images[:1])
    with pytest.raises(ValueError, match="no class has two images"):
        pair_likeness(images, [0, 1])
    with pytest.raises(ValueError, match="do not fit"):
        pair_likeness(images, [0])
