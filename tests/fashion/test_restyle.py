from dataclasses import replace

import numpy as np
import pytest
import torch

from medgan_fashion.fashion.config import DesignConfig, RestyleConfig
from medgan_fashion.fashion.design.taste import Problem, Standards, measure_standards
from medgan_fashion.fashion.restyle.invert import CANNOT, FAITHFUL, Limits, draw_photos, measure_limits
from medgan_fashion.fashion.restyle.walk import restyle
from medgan_fashion.gan.latent.inversion import InversionConfig
from medgan_fashion.gan.latent.search import SearchConfig

from .tiny_atelier import BLUE, RED, atelier, catalogue

SEARCH = SearchConfig(starts=2, candidates=32, steps=120, learning_rate=0.1, prior_weight=1e-4)
INVERSION = InversionConfig(search=SEARCH, feature_weight=0.0)
DESIGN = DesignConfig(guard_weight=0.0, realism_quantile=1.0)
WALK = RestyleConfig(leashes=(8.0, 2.0, 0.5), walk_steps=15)
LIMITS = Limits(0.8, 0.5, 0.75, 0.5, 0.01, 100, {FAITHFUL: 0.8}, {})


def standards(made, scale: float) -> Standards:
    found = measure_standards(made, DESIGN)
    far = tuple(distances * scale for distances in found.realism.held_out)
    return Standards(found.judge, replace(found.realism, held_out=far))


def test_photos_that_the_gan_can_draw_come_back() -> None:
    made = atelier()
    rows = np.array([10, 70, 90])
    drawn = draw_photos(
        made, catalogue().floats(rows), catalogue().category[rows], own=rows, inversion=INVERSION, seed=0
    )
    assert (drawn.quality.psnr > 30).all()
    assert drawn.quality.category_kept.all()
    assert (drawn.quality.preference_moved < 0.1).all()
    assert drawn.z.shape == (3, 8)
    assert drawn.masks.shape == (3, 16, 16)
    assert drawn.masks.any(axis=(1, 2)).all()


def test_limits_come_from_held_out_photos_alone() -> None:
    limits, drawn = measure_limits(atelier(), photos=24, inversion=INVERSION, seed=0)
    assert limits.photos == 24 == len(drawn.photos)
    assert limits.shares[FAITHFUL] >= 0.5
    held_out = {picture.tobytes() for picture in catalogue().floats(catalogue().held_out)}
    assert all(photo.tobytes() in held_out for photo in drawn.photos)


def test_a_walk_pleases_more_and_more_and_goes_farther_and_farther() -> None:
    made = atelier()
    rows = np.array([70, 90])
    drawn = draw_photos(made, catalogue().floats(rows), [1, 1], own=rows, inversion=INVERSION, seed=0)
    problems = [Problem((RED,), 1), Problem((BLUE,), 1)]
    tastes = made.tastes([RED, BLUE])
    free = replace(DESIGN, cap=None)  # under a cap the last steps would stand still
    found = restyle(made, drawn, LIMITS, tastes, None, problems, WALK, free, seed=0, standards=standards(made, 20.0))
    for one, channel in zip(found, (0, 2), strict=True):
        assert one.answer == FAITHFUL
        assert one.stopped == ""
        assert len(one.images) == 4
        assert (np.diff(one.scores.z) > 0).all()
        assert (np.diff(one.scores.held_out[:, 0]) > 0).all()
        assert (np.diff(one.latent_apart) > 0).all()
        assert one.latent_apart[0] == 0
        assert one.apart[0] < 0.03 < one.apart[-1]
        colour = one.images[:, :, 8, 8]
        assert (np.diff(colour[:, channel] - colour.mean(axis=1)) > 0).all()


def test_a_walk_ends_before_it_leaves_realism() -> None:
    made = atelier()
    drawn = draw_photos(made, catalogue().floats([70]), [1], inversion=INVERSION, seed=0)
    tight = standards(made, 0.0)
    (one,) = restyle(
        made, drawn, LIMITS, made.tastes([RED]), None, [Problem((RED,), 1)], WALK, DESIGN, seed=0, standards=tight
    )
    assert len(one.images) < 4
    assert "no real garment" in one.stopped
    assert len(one.scores) == len(one.images)


def test_a_photo_that_cannot_be_drawn_goes_nowhere() -> None:
    made = atelier()
    noise = np.random.default_rng(0).random((1, 3, 16, 16)).astype(np.float32)
    drawn = draw_photos(made, noise, [1], inversion=INVERSION, seed=0)
    (one,) = restyle(made, drawn, LIMITS, made.tastes([RED]), None, [Problem((RED,), 1)], WALK, DESIGN, seed=0)
    assert one.answer == CANNOT
    assert one.reason.startswith("cannot: ")
    assert len(one.images) == 1


def test_photos_and_problems_go_together() -> None:
    made = atelier()
    drawn = draw_photos(made, catalogue().floats([70]), [1], inversion=INVERSION, seed=0)
    with pytest.raises(ValueError, match="one problem for each photo"):
        restyle(made, drawn, LIMITS, made.tastes([RED]), None, [Problem((RED,), 0)], seed=0)
    assert torch.is_grad_enabled()
