"""Near copies under every pose, planted from textured canvases of which each is its own patient; and the rules."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage

from medgan_fashion.imaging.prepare.imageset import centre
from medgan_fashion.imaging.prepare.near_copies.copies import Copies, find_copies
from medgan_fashion.imaging.prepare.near_copies.rules import AUDIT, GARMENT, GATE, GROUP, SCREEN
from medgan_fashion.imaging.prepare.near_copies.search import TrainingImages, most_similar, poses

SIZE, N = (16, 16), 12


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _textures(n: int, side: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(n, 1, side, side))
    smooth = ndimage.gaussian_filter(noise, (0, 0, 1.2, 1.2))
    low, high = smooth.min((2, 3), keepdims=True), smooth.max((2, 3), keepdims=True)
    return ((smooth - low) / (high - low)).astype(np.float32)


CANVASES = _textures(N, 24, 0)
OTHERS = np.ascontiguousarray(centre(_textures(N, 24, 1), SIZE))
VIEWS = np.ascontiguousarray(centre(CANVASES, SIZE))


def _turned(angle: float, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    offset: Any = np.array([11.5, 11.5]) + shift - turn @ np.array([7.5, 7.5])
    each = [ndimage.affine_transform(c[0], turn, offset, output_shape=SIZE, order=3, mode="reflect") for c in CANVASES]
    return np.clip(each, 0, 1)[:, None].astype(np.float32)


PLANTED = {
    "itself": VIEWS,
    "flipped": VIEWS[..., ::-1],
    "a right angle": np.rot90(VIEWS, 1, (-2, -1)),
    "37 degrees": _turned(37.0),
    "205 degrees and mirrored": _turned(205.0)[..., ::-1],
    "shifted by a pixel": _turned(0.0, (1.0, -1.0)),
    "turned and shifted": _turned(-80.0, (0.7, 0.9)),
    "other brightness and contrast": 0.6 * VIEWS + 0.25,
    "mild noise": VIEWS + np.random.default_rng(3).normal(0, 0.03, VIEWS.shape),
    "mild blur": ndimage.gaussian_filter(VIEWS, (0, 0, 0.5, 0.5)),
}


@pytest.fixture(scope="module")
def searched() -> Copies:
    """One search of all planted copies, kind after kind, and then of the other images."""
    images = np.concatenate([*PLANTED.values(), OTHERS]).astype(np.float32)
    return find_copies(images, CANVASES, SIZE, np.arange(N))


@pytest.mark.parametrize("name", PLANTED)
def test_a_copy_is_found_in_any_pose(name: str, searched: Copies) -> None:
    start = N * list(PLANTED).index(name)
    mine = searched.take(slice(start, start + N))
    assert mine.flags(GATE).all(), mine.similarity
    assert (mine.copied_from == np.arange(N)).all()


def test_other_images_are_no_copies(searched: Copies) -> None:
    assert not searched.take(slice(-N, None)).flags(GATE).any()
    assert len(searched.others) == N


RULES = {"group": GROUP, "audit": AUDIT, "gate": GATE, "screen": SCREEN, "garment": GARMENT}


def test_the_rules_are_in_order_whatever_the_similarities() -> None:
    """What the audit flags the door has grouped; what the screening counts the gate has refused."""
    rng = np.random.default_rng(0)
    for _ in range(500):
        others = np.tanh(rng.normal(rng.uniform(-1, 4), rng.uniform(0, 2), rng.integers(1, 30)))
        others[rng.random(len(others)) < 0.2] = -1.0
        at = {name: rule.threshold(others) for name, rule in RULES.items()}
        assert at["group"] <= at["audit"]
        assert at["gate"] <= at["screen"]
        assert all(rule.least <= at[name] <= rule.most for name, rule in RULES.items())


def test_a_threshold_by_hand() -> None:
    scale = np.array([0.5, 0.6, 0.7, 0.8, 3.0])  # median 0.7, median deviation 0.1: the copy among them moves neither
    assert GARMENT.threshold(np.tanh(scale)) == pytest.approx(max(np.tanh(0.7 + 4 * 0.14826), 0.90))
    assert GARMENT.threshold(np.tanh(scale + 1)) == pytest.approx(np.tanh(1.7 + 4 * 0.14826))
    for rule in RULES.values():
        assert rule.threshold([]) == rule.threshold([-1.0, -1.0]) == rule.most  # nobody to be compared with


def test_nobody_else_to_compare_with_asks_most() -> None:
    alone = find_copies(VIEWS, CANVASES, SIZE, np.zeros(N, int))
    assert (alone.others == -1).all()
    assert alone.flags(SCREEN).all()


def test_without_context_only_turns_that_keep_the_frame() -> None:
    films = _textures(6, 20, 5)[..., :14]
    angles = {pose.angle for pose in poses((20, 14), (20, 14))}
    assert angles == {-7.5, 0.0, 7.5, 172.5, 180.0, 187.5}
    assert len({pose.angle for pose in poses((16, 16), (16, 16))}) == 12
    assert len({pose.angle for pose in poses((24, 24), (16, 16))}) == 48
    made = np.ascontiguousarray(films[:, :, ::-1, ::-1])
    found = find_copies(made, films, (20, 14), np.arange(6))
    assert found.flags(GATE).all()
    assert (found.copied_from == np.arange(6)).all()


def test_the_own_patient_is_not_compared() -> None:
    groups = np.arange(N) // 2
    rows, similarity = most_similar(VIEWS, TrainingImages(CANVASES, SIZE), groups[:, None] == groups)
    assert (groups[rows] != groups).all()
    assert similarity.max() < GATE.least
    one = most_similar(VIEWS[:2], TrainingImages(CANVASES, SIZE), np.ones((2, N), bool))[1]
    assert (one == -1).all()


@pytest.mark.parametrize("side", [16, 28, 32, 40])
def test_a_picture_is_itself_at_any_size(side: int) -> None:
    views = _textures(3, side, 0)
    _, similarity = most_similar(views[..., ::-1], TrainingImages(views, (side, side)))
    assert similarity == pytest.approx(1.0, abs=1e-4)


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="training views are"):
        find_copies(VIEWS[..., :8], CANVASES, SIZE, np.arange(N))
