"""A generator that gives patients away is blocked, a healthy one passes, and the figures are what they should be."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from medgan_fashion.evaluation.screening.privacy import (
    authenticity,
    by_patient,
    coarse,
    patient_ratios,
    screen,
    unscreened,
)
from medgan_fashion.evaluation.screening.thresholds import BLOCKED, OPEN, PASSED, PrivacyRules, decide
from medgan_fashion.gan import train
from medgan_fashion.gan.recipe.table import changed_recipe
from medgan_fashion.imaging.prepare.near_copies.copies import Copies, find_copies
from medgan_fashion.medical.phantoms.ct import draw_lesions


def lesions(n: int, seed: int, size: int = 16) -> np.ndarray:
    """Views of n lesions, each of a patient of its own."""
    return draw_lesions(np.arange(n) % 3, (size, size), seed)


@pytest.fixture(scope="module")
def world() -> np.ndarray:
    """500 patients."""
    return lesions(500, 77)


def card(drawn: np.ndarray, known: np.ndarray, unseen: np.ndarray, seed: int = 0) -> dict:
    sides: dict[str, Any] = {"train_patients": np.arange(len(known)), "held_out_patients": np.arange(len(unseen))}
    copies = find_copies(drawn, known, (known.shape[-2], known.shape[-1]), sides["train_patients"], seed=seed)
    return screen(drawn, known, unseen, copies, **sides, seed=seed).card


def fresh(n: int) -> Copies:
    """n drawn images of which none is a copy."""
    return Copies(np.zeros(n, int), np.zeros(n), np.zeros(1))


def disguised(known: np.ndarray, noise: float) -> np.ndarray:
    """200 training images, turned, mirrored, darker, under noise."""
    rng = np.random.default_rng(3)
    made = 0.8 * known[np.arange(200) % len(known)] + rng.normal(0, noise, (200, *known.shape[1:]))
    return np.rot90(made, 1, axes=(2, 3))[..., ::-1].astype(np.float32)


def test_copies_under_heavy_noise_do_not_pass(world: np.ndarray) -> None:
    """A tenth of the range on 16 pixels drowns most of what the attack could see: no block, but no pass either."""
    assert card(disguised(world[:20], 0.1), world[:20], world[20:140])["outcome"] != PASSED


@pytest.mark.parametrize("noise", [0.02, 0.05])
def test_a_generator_that_draws_its_training_images_is_blocked(world: np.ndarray, noise: float) -> None:
    found = card(disguised(world[:20], noise), world[:20], world[20:140])
    assert found["outcome"] == BLOCKED
    assert found["neighbour_ratio"] < 0.8
    assert found["membership"]["low"] > 0.55
    assert found["membership"]["tpr_low"] > 0.1
    assert found["authenticity"]["synthetic"] < 0.5 < found["authenticity"]["held_out"]
    assert any("tells training patients from unseen ones" in reason for reason in found["reasons"])
    assert found["membership"]["null"]["low"] < 0.5 < found["membership"]["null"]["high"]


def test_copies_of_a_few_patients_among_fresh_images_are_near_copies(world: np.ndarray) -> None:
    drawn = world[200:400].copy()
    drawn[:2] = world[:2][..., ::-1]
    found = card(drawn, world[:100], world[100:200])
    assert found["outcome"] == BLOCKED
    assert found["near_copies"] == 2
    assert found["reasons"] == ["2 of 200 drawn images are near copies of training images"]


def test_fresh_images_of_the_true_distribution_are_not_blocked(world: np.ndarray) -> None:
    rng, outcomes = np.random.default_rng(0), []
    for known, unseen in ((20, 10), (40, 20), (100, 100)):
        for seed in range(4):
            order = rng.permutation(len(world))
            parts = np.split(world[order], [150, 150 + known, 150 + known + unseen])[:3]
            found = card(*parts, seed=seed)
            outcomes.append(found["outcome"])
            assert 0.9 < found["neighbour_ratio"] < 1.12
            assert abs(found["membership"]["auc"] - 0.5) < 3.5 * ((known + unseen + 1) / (12 * known * unseen)) ** 0.5
    assert BLOCKED not in outcomes
    assert outcomes[-4:] == [PASSED] * 4


@pytest.mark.slow
@pytest.mark.parametrize(("patients", "latent", "outcome"), [(10, 2, BLOCKED), (300, 64, PASSED)])
def test_a_trained_generator(world: np.ndarray, patients: int, latent: int, outcome: str) -> None:
    """The same networks: of 10 patients, fast and with few latents, it learns them by heart; of 300 it does not."""
    none = {"condition_g": "none", "condition_d": "none"}
    changes = {"networks": {"width": 16, "max_width": 64, **none}, "latent": {"size": latent}}
    if outcome == BLOCKED:
        penalty = {"name": "r1", "weight": 0.05, "every": 8}
        changes |= {"augment": [], "penalties": [penalty], "batch": 10, "ema_half_life": 1000}
        changes |= {"lr_g": 2e-3, "lr_d": 2e-3}
    recipe = changed_recipe("small", changes)
    known = lesions(patients, 5)
    made = train(recipe, known, images_seen=8_000, value_range=(0.0, 1.0), seed=0, progress=False).model
    found = card(made.generate(500).numpy(), known, world[:120])
    assert found["outcome"] == outcome, found["reasons"]
    if outcome == PASSED:
        assert found["membership"]["low"] < 0.5 < found["membership"]["high"]


def test_coarse_pixels_are_block_means_and_keep_small_images() -> None:
    image = np.arange(32 * 16, dtype=np.float32).reshape(1, 1, 32, 16)
    small = coarse(image)
    assert small.shape == (1, 1, 16, 8)
    np.testing.assert_allclose(small[0, 0, 0, 0], image[0, 0, :2, :2].mean())
    np.testing.assert_allclose(coarse(image[:, :, :5, :7]), image[:, :, :5, :7])
    assert coarse(np.ones((2, 3, 50, 37))).shape == (2, 3, 16, 12)


def test_ratio_and_authenticity_by_hand() -> None:
    distances = np.array([[0.5, 0.2, 0.9], [0.4, 0.6, 0.3]])
    np.testing.assert_allclose(by_patient(distances, np.array([7, 7, 2])), [[0.9, 0.2], [0.3, 0.4]])
    np.testing.assert_allclose(patient_ratios(distances[:, :1], distances[:, 1:2], 0), [2.5, 2 / 3])
    np.testing.assert_allclose(patient_ratios(np.zeros((2, 1)), np.array([[0.0], [1.0]]), 0), [1, 0])
    # the first is nearest to image 1, whose nearest other patient's image is 0.3 away: a copy; the second: 0.3 > 0.25
    within = np.array([[0, 0.01, 0.25], [0.01, 0, 0.3], [0.25, 0.3, 0]])
    assert authenticity(distances, within, np.array([7, 7, 2])) == 0.5


def test_a_patient_is_all_of_her_images(world: np.ndarray) -> None:
    """One image of three was learned: by patient the attack knows everybody."""
    known, unseen = world[:60], world[60:120]
    sides: dict[str, Any] = {
        "train_patients": np.repeat(np.arange(20), 3),
        "held_out_patients": np.repeat(np.arange(20), 3),
    }
    found = screen(disguised(known[::3], 0.02), known, unseen, fresh(200), **sides).card
    assert found["counts"]["training_patients"] == 20
    assert found["membership"]["auc"] > 0.95


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        ({}, PASSED, "a coin"),
        ({"near_copies": 1}, OPEN, "1 of 500 drawn images is a near copy"),
        ({"near_copies": 3}, BLOCKED, "3 of 500"),
        ({"neighbour_ratio": 0.85}, OPEN, "less than 0.9"),
        ({"neighbour_ratio": 0.79}, BLOCKED, "less than 0.8"),
        ({"authenticity": {"synthetic": 0.4, "held_out": 0.9}}, OPEN, "40% of the drawn images are authentic"),
        ({"membership": None}, OPEN, "too few held-out patients"),
        ({"low": 0.45, "high": 0.76}, OPEN, "too wide to leave out 0.75"),
        ({"low": 0.56, "high": 0.7}, BLOCKED, "tells training patients"),
        ({"tpr": 0.3, "tpr_low": 0.2}, BLOCKED, "recognises 30% of the training patients at 1% false alarms"),
    ],
)
def test_every_rule(change: dict, outcome: str, words: str) -> None:
    attack = {"auc": 0.52, "low": 0.45, "high": 0.6, "tpr": 0.01, "tpr_low": 0.0}
    figures = {"near_copies": 0, "neighbour_ratio": 1.0, "authenticity": {"synthetic": 0.9, "held_out": 0.9}}
    figures |= {"counts": {"synthetic": 500}, "membership_note": "too few held-out patients for a membership test: 4"}
    own = {key: value for key, value in change.items() if key in attack}
    made = figures | {"membership": attack | own} | {key: value for key, value in change.items() if key not in attack}
    found, reasons = decide(made, PrivacyRules())
    assert found == outcome
    assert any(words in reason for reason in reasons), reasons


EVERY = range(30)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (
            lambda x: screen(x, x[:, :, :8], x, fresh(30), train_patients=EVERY, held_out_patients=EVERY),
            "one image shape",
        ),
        (lambda x: screen(x, x, x, fresh(30), train_patients=range(3), held_out_patients=EVERY), "one per image"),
        (
            lambda x: screen(x, x, x, fresh(30), train_patients=EVERY, held_out_patients=[4] * 30),
            "from one patient",
        ),
        (lambda x: screen(x, x, x, fresh(2), train_patients=EVERY, held_out_patients=EVERY), "2 images do not"),
        (lambda x: PrivacyRules(ratio_blocked=0.95), "must not exceed"),
        (lambda x: PrivacyRules(tpr_blocked=0.005), "in order"),
        (lambda x: PrivacyRules(fewest_patients=1), "at least 2"),
    ],
)
def test_refusals(broken: Callable, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        broken(np.random.default_rng(0).random((30, 1, 16, 16)))


def test_too_few_patients_open_the_card_and_do_not_stop_it(world: np.ndarray) -> None:
    found = card(world[:50], world[100:130], world[200:208])
    assert (found["outcome"], found["membership"]) == (OPEN, None)
    assert found["reasons"] == ["too few held-out patients for a membership test: 8, needs 10"]
    none = unscreened("nobody is held out", "patient", PrivacyRules())
    assert set(none) == set(found)
    assert none["outcome"] == OPEN
