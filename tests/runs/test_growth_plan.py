"""The plan of a growing training: measured in fresh processes, kept beside the training, and taken by it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.gan import RECIPES, Growth, ProGANConfig, Recipe
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.training.cost import Cost, measure_level
from medgan_fashion.runs.single import growth_plan
from medgan_fashion.runs.single.growth_plan import LevelPlan, free_memory, kept_plan, plan_growth, planned
from tests.runs.dry_run import dry_run

TINY: Recipe = replace(
    RECIPES["progan_small"],
    networks=replace(RECIPES["progan_small"].networks, width=4, max_width=8),
    growth=Growth((10,), (8, 8, 4)),
)
SHAPE = (1, 20, 16)


def test_a_level_s_cost() -> None:
    costs = [measure_level(to_plain(TINY), SHAPE, 2, level, 4, "cpu") for level in (0, 2)]
    made = build_networks(TINY, SHAPE, 2, 0)
    everything = sum(p.numel() for net in made.values() for p in net.parameters())
    # at the last level all is in use but the image layers of levels that are faded out
    idle = (8 + 1) + (8 + 8)
    assert costs[1].parameters == everything - idle
    assert costs[0].parameters < costs[1].parameters
    assert all(cost.seconds > 0 and cost.peak >= cost.fixed > 0 for cost in costs)


def _planned_with(
    monkeypatch: pytest.MonkeyPatch, budget: float, *, most: int = 99, device: str = "cpu"
) -> list[LevelPlan]:
    """A plan on a made-up machine: a level takes 100 bytes and a byte for each pixel of an image, a quarter of it
    where activations are recomputed; and there is no memory at all for a batch above `most`."""

    def measured(
        recipe: Recipe, shape: tuple, n_classes: int, level: int, probe: int, device: str, *, recompute_from: int
    ) -> Cost | None:
        each = 20 * 4**level // (4 if recompute_from <= level else 1)
        return None if probe > most and recompute_from > level else Cost(10, 1.0, 100 + each * probe, 100)

    monkeypatch.setattr(growth_plan, "level_cost", measured)
    return plan_growth(TINY, SHAPE, 2, device, budget=budget)


def test_batches_shrink_before_activations_are_recomputed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [level.batch for level in _planned_with(monkeypatch, 1e9)] == [8, 8, 4]
    # level 2 takes 320 a picture: 4 pictures kept need 1380, recomputed 420
    tight = _planned_with(monkeypatch, 800)
    assert [(level.batch, level.recompute) for level in tight] == [(8, False), (8, False), (4, True)]
    row = planned(TINY, tight)
    assert row.growth == Growth((10,), (8, 8, 4))
    assert getattr(row.networks, "recompute_from", None) == 2
    # level 1 takes 80 a picture: from there on all is recomputed
    tighter = _planned_with(monkeypatch, 300)
    assert [(level.batch, level.recompute) for level in tighter] == [(8, False), (8, True), (2, True)]
    assert getattr(planned(TINY, tighter).networks, "recompute_from", None) == 1
    with pytest.raises(ValueError, match=r"level 2 \(20x16\) needs 0 MB for a batch of 4.*lower networks.width"):
        _planned_with(monkeypatch, 170)


def test_a_device_without_memory_for_the_first_probe_is_asked_for_less(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _planned_with(monkeypatch, 1e9, most=4, device="cuda")
    assert [(level.batch, level.recompute) for level in found] == [(8, False), (8, False), (4, False)]
    found = _planned_with(monkeypatch, 1e9, most=0, device="cuda")
    assert [(level.batch, level.recompute) for level in found] == [(8, True), (8, True), (4, True)]


@pytest.mark.slow
def test_a_real_plan_is_kept_for_the_resumed_training(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    written = json.loads((dry_run(tmp_path_factory) / "gan" / "plan.json").read_text())
    levels = [from_plain(LevelPlan, level) for level in written["levels"]]
    assert [(level.height, level.width, level.batch) for level in levels] == [(4, 4, 32), (8, 8, 32)]
    assert all(level.parameters > 0 and level.seconds > 0 and level.megabytes > 0 for level in levels)
    small = replace(TINY, networks=replace(TINY.networks, width=4), growth=Growth((10,), (4,)))
    path = tmp_path / "out" / "plan.json"

    def kept(recipe: Recipe, device: str = "cpu", measured: list[LevelPlan] | None = None) -> list[LevelPlan]:
        return kept_plan(path, recipe, (1, 8, 8), device, lambda: measured or pytest.fail("measured again"))

    assert kept(small, measured=levels) == levels
    assert kept(small) == levels
    assert kept(replace(small, growth=Growth((99,), (4,)))) == levels
    assert kept(small, "cuda:1", levels[:1]) == levels[:1]
    (path.parent / "checkpoint.pt").touch()
    with pytest.raises(ValueError, match="device: 'cuda' -> 'cpu'"):
        kept(small)


def test_free_memory_is_more_than_nothing() -> None:
    assert free_memory("cpu") > 2**20
    assert ProGANConfig().recompute_from == 99
