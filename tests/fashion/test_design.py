from dataclasses import replace

import numpy as np
import torch

from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.design.realism import Realism
from medgan_fashion.fashion.design.search import best_real, ceilings, design
from medgan_fashion.fashion.design.taste import Problem, Standards, measure_standards, set_up
from medgan_fashion.gan.models.model import Model

from .tiny_atelier import BLUE, RED, Painter, atelier, catalogue, gan

BAR, SQUARE = 0, 1
CONFIG = DesignConfig(starts=4, candidates=16, steps=40, fallback_draws=16, realism_quantile=1.0, guard_weight=0.0)


def lenient(made, scale: float):
    """Standards whose realism thresholds are `scale` times as far."""
    standards = measure_standards(made, CONFIG)
    realism = standards.realism
    far = tuple(distances * scale for distances in realism.held_out)
    return Standards(standards.judge, Realism(realism.features, realism.reference, far, realism.quantile))


def redness(images: np.ndarray) -> np.ndarray:
    return images[:, 0, 8, 8] - (images[:, 1, 8, 8] + images[:, 2, 8, 8]) / 2


def test_who_likes_red_gets_a_garment_redder_than_every_real_one() -> None:
    made = atelier()
    problems = [Problem((RED,), SQUARE), Problem((BLUE,), BAR)]
    standards = lenient(made, 20.0)
    red, blue = design(made, made.tastes([RED, BLUE]), None, problems, CONFIG, seed=0, standards=standards)
    assert red.how == blue.how == "searched"
    assert red.reason == ""
    assert redness(red.images)[0] > redness(catalogue().floats()).max()
    assert blue.images[0, 2, 8, 8] > blue.images[0, 0, 8, 8] + 0.5
    assert red.scores.z[0] > red.real_scores.z[0] > 1
    assert red.scores.held_out[0, 0] > red.real_scores.held_out[0, 0]
    assert red.scores.category_agreed.all()
    assert red.scores.realistic.all()
    assert red.images.shape[1:] == (3, 16, 16)
    assert red.z.shape == (len(red.images), 8)
    best = np.argmax(np.where(catalogue().category == SQUARE, redness(catalogue().floats()), -np.inf))
    assert red.real[0] == best
    assert len(red.real) == CONFIG.n_diverse


def test_preference_counts_up_to_the_best_real_item() -> None:
    made = atelier()
    problems = [Problem((RED,), SQUARE), Problem((BLUE,), BAR)]
    bench = set_up(made, made.tastes([RED, BLUE]), None, problems, CONFIG, measure_standards(made, CONFIG))
    best = [bench.ensemble.z_items(p, bench.offered(p)).min(axis=0).max() for p in (0, 1)]
    np.testing.assert_allclose(ceilings(bench), best, rtol=1e-5)
    assert ceilings(replace(bench, config=replace(CONFIG, cap=None))).isinf().all()


def test_a_design_is_the_same_alone_and_among_others() -> None:
    made = atelier()
    standards, tastes = lenient(made, 20.0), made.tastes([RED, BLUE])
    short = replace(CONFIG, steps=5)
    problems = [Problem((RED,), SQUARE), Problem((BLUE,), SQUARE)]
    both = design(made, tastes, None, problems, short, seed=3, standards=standards)
    alone = design(made, tastes, None, problems[:1], short, seed=3, standards=standards)
    assert np.allclose(both[0].images, alone[0].images, atol=1e-4)


def test_a_segment_is_pleased_as_a_whole() -> None:
    made = atelier()
    config = replace(CONFIG, segment="minimum")
    standards, tastes = lenient(made, 20.0), made.tastes([RED, BLUE])
    problems = [Problem((RED, BLUE), SQUARE), Problem((RED,), SQUARE)]
    together, red = design(made, tastes, None, problems, config, seed=0, standards=standards)
    purple, pure = together.images[0, :, 8, 8], red.images[0, :, 8, 8]
    assert purple[2] > pure[2]
    assert abs(purple[0] - purple[2]) < 0.3


def test_the_guards_inside_the_search_keep_designs_within_what_passes() -> None:
    made = atelier()
    standards, tastes = measure_standards(made, CONFIG), made.tastes([RED, BLUE])
    problems = [Problem((RED,), SQUARE)]
    guarded = design(made, tastes, None, problems, replace(CONFIG, guard_weight=20.0), seed=0, standards=standards)[0]
    assert guarded.how == "searched"
    assert guarded.scores.realistic.all()


class Swapped(Painter):
    """Draws the other category."""

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return super().forward(z, 1 - y)


def test_a_gan_that_draws_something_else_gives_no_design_and_the_reason() -> None:
    card = gan()
    wrong = Model(card.recipe, card.card, {"generator": Swapped(), "discriminator": card.discriminator}, {})
    made = atelier(model=wrong)
    (answer,) = design(made, made.tastes([RED]), None, [Problem((RED,), SQUARE)], replace(CONFIG, steps=3), seed=0)
    assert answer.how == "none"
    assert len(answer.images) == 0
    assert len(answer.scores) == 0
    assert "16 look like another category" in answer.reason
    assert len(answer.real) == CONFIG.n_diverse


def test_where_the_search_leaves_realism_the_best_random_drawing_stands_in() -> None:
    made = atelier()
    standards, config = lenient(made, 0.9), replace(CONFIG, fallback_draws=256, eta=0.0, steps=80)
    (answer,) = design(made, made.tastes([RED]), None, [Problem((RED,), SQUARE)], config, seed=0, standards=standards)
    assert answer.how == "random draw"
    assert len(answer.images) == 1
    assert answer.scores.realistic.all()
    assert "look like no real garment" in answer.reason or "0 look like another" in answer.reason


def test_nothing_asked_nothing_given() -> None:
    made = atelier()
    assert design(made, made.tastes([RED]), None, [], CONFIG, seed=0, standards=lenient(made, 1.0)) == []


def test_best_real_items_are_ranked_by_the_ensemble() -> None:
    made = atelier()
    bench = set_up(made, made.tastes([RED, BLUE]), None, [Problem((BLUE,), SQUARE)], CONFIG)
    rows = best_real(bench, 0)
    z = bench.ensemble.z_items(0, rows).min(axis=0)
    assert (np.diff(z) <= 0).all()
    assert z[0] == bench.ensemble.z_items(0, bench.offered(0)).min(axis=0).max()
