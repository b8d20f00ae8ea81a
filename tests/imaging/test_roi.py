import numpy as np
import pytest

from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.roi import canvas_size, check_box, circle_box, extract_canvas, mask_box

PLANE = (np.arange(80)[None, :] + 100.0 * np.arange(60)[:, None]).astype(np.float32)[None]


def test_mask_box() -> None:
    mask = np.zeros((9, 9), dtype=bool)
    mask[2:5, 3:9] = True
    assert mask_box(mask) == (3, 2, 6, 3)
    with pytest.raises(UnreadableError, match="empty"):
        mask_box(np.zeros((3, 3), dtype=bool))


def test_circle_box_uses_both_spacings() -> None:
    assert circle_box((20.0, 10.0, 8.0), (0.5, 2.0)) == (18.0, 2.0, 4.0, 16.0)
    with pytest.raises(UnreadableError, match="spacing"):
        circle_box((20.0, 10.0, 8.0), None)


@pytest.mark.parametrize("box", [(-5, 0, 10, 10), (0, -5, 10, 10), (75, 0, 10, 10), (0, 55, 10, 10), (200, 0, 5, 5)])
def test_box_outside(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(UnreadableError, match="leaves the picture"):
        check_box(box, (60, 80))


def test_rounding_at_the_edge_and_large_circles_are_fine() -> None:
    check_box((-1.5, 0, 10, 61), (60, 80))
    check_box((-20, -20, 50, 50), (60, 80), centre_only=True)
    with pytest.raises(ValueError, match="leaves the picture"):  # without the allowance the same circle is refused
        check_box((-20, -20, 50, 50), (60, 80))


@pytest.mark.parametrize(("size", "context"), [((32, 32), 1.5), ((31, 33), 1.5), ((28, 20), 1.37), ((16, 16), 1.0)])
def test_canvas_is_even_around_the_view(size: tuple[int, int], context: float) -> None:
    canvas = canvas_size(size, context)
    assert all((c - s) % 2 == 0 and c - s * context + 1.01 >= 0 and c >= s for c, s in zip(canvas, size, strict=True))


def test_pixels_are_copied_at_scale_one() -> None:
    canvas, diameter = extract_canvas(PLANE, (20, 10, 16, 12), (16, 16), margin=0.0, context=1.5)
    np.testing.assert_allclose(canvas[0], PLANE[0, 4:28, 16:40], rtol=1e-5)
    assert diameter == 16


def test_margin_and_diameter() -> None:
    canvas, diameter = extract_canvas(PLANE, (30, 20, 16, 8), (12, 12), margin=0.25, context=1.0)
    # view side 24 source pixels on 12 pixels: each output pixel is centred between two source pixels
    assert diameter == pytest.approx(8)
    expected = PLANE[0, 12:36, 26:50].reshape(12, 2, 12, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(canvas[0][2:-2, 2:-2], expected[2:-2, 2:-2], atol=0.5)


def test_oblong_views_keep_proportions() -> None:
    canvas, diameter = extract_canvas(PLANE, (20, 20, 10, 20), (20, 40), margin=0.0, context=1.0)
    assert canvas.shape == (1, 20, 40)
    assert diameter == 20


def test_outside_is_mirrored_never_black() -> None:
    bright = PLANE + 1000
    canvas, _ = extract_canvas(bright, (0, 0, 10, 10), (10, 10), margin=0.5, context=2.0)
    assert canvas.min() > 900
    whole, _ = extract_canvas(bright, (0, 0, 80, 60), (16, 16), margin=0.0, context=4.0)
    assert whole.min() > 900


def test_shrinking_is_antialiased() -> None:
    checks = (np.indices((64, 64)).sum(axis=0) % 2).astype(np.float32)[None] * 100
    canvas, _ = extract_canvas(checks, (0, 0, 64, 64), (8, 8), margin=0.0, context=1.0)
    np.testing.assert_allclose(canvas, 50, atol=2)


def test_channels_stay_apart() -> None:
    two = np.concatenate([PLANE, -PLANE])
    canvas, _ = extract_canvas(two, (20, 10, 16, 16), (8, 8), margin=0.1, context=1.5)
    np.testing.assert_allclose(canvas[0], -canvas[1], rtol=1e-5)
