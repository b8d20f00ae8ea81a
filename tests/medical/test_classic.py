"""Classic augmentation: exact records, nested sets, no black corners, the paper's 480 variants."""

import json
from collections import Counter
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from medgan_fashion.medical.arms.classic import PAPER_VARIANTS, AugmentedSet, augmented_set, replay
from medgan_fashion.medical.config import ClassicConfig

SIZE = (32, 32)
Policy = Literal["general", "paper"]
STILL = ClassicConfig(
    rotation=0,
    flip_horizontal=False,
    flip_vertical=False,
    shift=0,
    scale=0,
    brightness=0,
    contrast=0,
    gamma=0,
    blur=0,
    noise=0,
)


def canvases(n: int = 5, channels: int = 1, side: int = 48, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((n, channels, side, side), dtype=np.float32)


def made(
    pixels: NDArray[np.float32],
    n: int,
    config: ClassicConfig | None = None,
    seed: int = 3,
    diameter: float = 21.3,
) -> AugmentedSet:
    labels, diameters = (
        np.zeros(len(pixels), dtype=np.int64),
        np.full(len(pixels), diameter, dtype=np.float32),
    )
    return augmented_set(pixels, labels, diameters, n_images=n, size=SIZE, config=config or ClassicConfig(), seed=seed)


@pytest.mark.parametrize("policy", ["general", "paper"])
@pytest.mark.parametrize("channels", [1, 3])
def test_records_replay_every_image_exactly(policy: Policy, channels: int) -> None:
    pixels = canvases(channels=channels)
    result = made(pixels, 60, ClassicConfig(policy=policy))
    records = json.loads(json.dumps(result.parameters))
    for image, source, record in zip(result.images, result.source, records, strict=True):
        np.testing.assert_array_equal(replay(pixels[source], record, SIZE), image)
    assert result.images.dtype == np.float32
    assert result.images.min() >= 0
    assert result.images.max() <= 1


@pytest.mark.parametrize("policy", ["general", "paper"])
def test_smaller_sets_are_prefixes_and_even_over_sources(policy: Policy) -> None:
    pixels, config = canvases(7), ClassicConfig(policy=policy)
    large, small = made(pixels, 40, config), made(pixels, 17, config)
    np.testing.assert_array_equal(large.images[:17], small.images)
    np.testing.assert_array_equal(large.source[:17], small.source)
    assert large.parameters[:17] == small.parameters
    for m in range(1, 41):
        counts = np.bincount(large.source[:m], minlength=7)
        assert counts.max() - counts.min() <= 1
    assert not np.array_equal(large.source[:7], np.arange(7))


def test_another_seed_makes_other_images() -> None:
    pixels = canvases()
    assert not np.array_equal(made(pixels, 5, seed=1).images, made(pixels, 5, seed=2).images)


@pytest.mark.parametrize("diameter", [2.0, 21.3, 32.0])
def test_no_black_corner(diameter: float) -> None:
    ones = np.ones((3, 1, 48, 48), dtype=np.float32)
    geometry = ClassicConfig(brightness=0, contrast=0, gamma=0, blur=0, noise=0, shift=0.2, scale=0.4)
    for config in (geometry, ClassicConfig(policy="paper")):
        np.testing.assert_allclose(made(ones, 200, config, diameter=diameter).images, 1, atol=1e-5)


def test_doing_nothing_gives_the_centre_view() -> None:
    pixels = canvases()
    result = made(pixels, 5, STILL)
    np.testing.assert_allclose(result.images, pixels[result.source][:, :, 8:40, 8:40], atol=1e-5)


def test_context_comes_from_the_canvas_not_from_reflection() -> None:
    """A shift by whole pixels shows what truly lies beside the view."""
    pixels = canvases(1)
    record = made(pixels, 1, STILL).parameters[0] | {"shift_x": 5.0, "shift_y": -3.0}
    np.testing.assert_allclose(replay(pixels[0], record, SIZE), pixels[0, :, 11:43, 3:35], atol=1e-5)


@pytest.mark.parametrize(("flip", "axes"), [("h", (2,)), ("v", (1,)), ("hv", (1, 2))])
def test_flips_and_quarter_turns_are_exact(flip: str, axes: tuple[int, ...]) -> None:
    pixels = canvases(1)
    view = pixels[0, :, 8:40, 8:40]
    record = made(pixels, 1, STILL).parameters[0]
    np.testing.assert_allclose(replay(pixels[0], record | {"flip": flip}, SIZE), np.flip(view, axes), atol=1e-5)
    turned = replay(pixels[0], record | {"angle": 90.0}, SIZE)
    np.testing.assert_allclose(turned, np.rot90(view, -1, (1, 2)), atol=1e-4)


def test_the_papers_480_variants() -> None:
    diameter = 21.3
    records = made(canvases(1), 2 * PAPER_VARIANTS, ClassicConfig(policy="paper"), diameter=diameter).parameters
    assert PAPER_VARIANTS == 480
    first, second = records[:PAPER_VARIANTS], records[PAPER_VARIANTS:]
    angles = Counter(record["angle"] for record in first)
    assert len(angles) == 30
    assert set(angles.values()) == {16}
    assert all(0 <= angle < 180 for angle in angles)
    assert not set(angles) & {record["angle"] for record in second}
    for angle in angles:
        own = [record for record in first if record["angle"] == angle]
        assert sorted(record["flip"] for record in own) == sorted([""] * 13 + ["h", "v", "hv"])
        shifts = [(r["shift_x"], r["shift_y"]) for r in own if r["shift_x"] or r["shift_y"]]
        zooms = [r["zoom"] for r in own if r["zoom"] != 1]
        assert len(shifts) == len(set(shifts)) == 7
        assert np.abs(shifts).max() <= 0.1 * diameter
        assert len(zooms) == len(set(zooms)) == 5
        assert 32 / (1.8 * diameter) <= min(zooms) <= max(zooms) <= 32 / (1.2 * diameter)
    assert len({record["angle"] for record in first[:30]}) > 10  # a short prefix sees many rotations


def test_paper_shifts_stop_at_four_pixels() -> None:
    records = made(canvases(1), 480, ClassicConfig(policy="paper"), diameter=200.0).parameters
    largest = max(abs(record["shift_x"]) for record in records)
    assert 3 < largest <= 4


def test_general_strengths_are_obeyed() -> None:
    config = ClassicConfig(rotation=20, flip_vertical=False, shift=0.1, scale=0.2, blur=0.5, noise=0.01)
    records = made(canvases(), 400, config).parameters
    assert 18 < max(abs(r["angle"]) for r in records) <= 20
    assert {r["flip"] for r in records} == {"", "h"}
    assert 3 < max(abs(r["shift_x"]) for r in records) <= 3.2
    assert 0.8 <= min(r["zoom"] for r in records) < 0.82
    assert 0.15 < np.mean([r["noise"] > 0 for r in records]) < 0.35
    assert max(r["blur"] for r in records) <= 0.5


def test_errors_name_what_is_wrong() -> None:
    pixels = canvases()
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        made(pixels * 2 - 1, 3)
    with pytest.raises(ValueError, match="raise the context"):
        made(canvases(side=24), 3)
    with pytest.raises(ValueError, match="must be float32"):
        made(pixels.astype(np.float64), 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="5 canvases but 2 labels"):
        augmented_set(
            pixels,
            np.zeros(2, dtype=np.int64),
            np.ones(5, dtype=np.float32),
            n_images=1,
            size=SIZE,
            config=ClassicConfig(),
            seed=0,
        )
    with pytest.raises(ValueError, match=r"classic\.rotation"):
        ClassicConfig(rotation=270)
