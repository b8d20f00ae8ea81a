"""Translation: a planted translation recovered with and without pairs, the buffer of past fakes, the terms by hand."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medgan_fashion.gan import Model, Recipe, train
from medgan_fashion.gan.networks.layers import DiscriminatorOutput
from medgan_fashion.gan.recipe.table import changed_recipe
from medgan_fashion.gan.schemes.base import Batch, Step
from medgan_fashion.gan.schemes.table import build_scheme
from medgan_fashion.gan.training.data import Describe, Domains, open_source
from medgan_fashion.gan.training.loop import advance, fetch_batch
from medgan_fashion.gan.training.state import State, new_state

SIDE = 16
TINY = {"networks": {"width": 12, "max_width": 24, "kind": "unet"}, "batch": 4, "lr_g": 1e-3, "lr_d": 5e-4}


def rectangles(n: int, seed: int) -> np.ndarray:
    """bool (n, SIDE, SIDE): an upright rectangle of 5 to 9 pixels a side anywhere in each."""
    rng, where = np.random.default_rng(seed), np.arange(SIDE)
    span = rng.integers(5, 10, (n, 2))
    start = (rng.random((n, 2)) * (SIDE + 1 - span)).astype(int)
    inside = [(where >= start[:, i, None]) & (where < (start + span)[:, i, None]) for i in (0, 1)]
    return inside[0][:, :, None] & inside[1][:, None, :]


def outlined(filled: np.ndarray) -> np.ndarray:
    """The outermost pixels of every rectangle."""
    padded = np.pad(filled, ((0, 0), (1, 1), (1, 1)))
    inner = padded[:, :-2, 1:-1] & padded[:, 2:, 1:-1] & padded[:, 1:-1, :-2] & padded[:, 1:-1, 2:]
    return filled & ~inner


def grey(masks: np.ndarray) -> np.ndarray:
    """Masks as images (n, 1, SIDE, SIDE) in [0, 1]."""
    return masks[:, None].astype(np.float32)


def painted(n: int, seed: int, channel: int) -> np.ndarray:
    """(n, 3, SIDE, SIDE) in [0, 1]: a rectangle of one pure colour, more or less bright, on dark grey."""
    masks, rng = rectangles(n, seed), np.random.default_rng((seed, 1))
    images = np.full((n, 3, SIDE, SIDE), 0.2, dtype=np.float32)
    images[:, channel] += masks * rng.uniform(0.4, 0.8, (n, 1, 1)).astype(np.float32)
    return images


def apart(made: Tensor, wanted: np.ndarray) -> float:
    """Mean absolute difference."""
    return float((made - torch.from_numpy(wanted)).abs().mean())


class Shift(nn.Module):
    """A translator by hand: paints the given picture, brighter by `step`."""

    def __init__(self, step: float) -> None:
        super().__init__()
        self.step = nn.Parameter(torch.tensor(step))

    def forward(self, z: Tensor, y: Tensor | None, given: Tensor) -> Tensor:
        return torch.cat([given + self.step, given], 1)


class Mean(nn.Module):
    """A critic by hand: the mean of the picture is its one logit."""

    def forward(self, images: Tensor, y: Tensor | None = None) -> DiscriminatorOutput:
        mean = images.mean((1, 2, 3))[:, None]
        return DiscriminatorOutput(mean, None, mean)


def by_hand(step: float = 0.5, back: float = -0.25) -> dict[str, nn.Module]:
    critics = {"discriminator": Mean(), "discriminator_back": Mean()}
    return {"generator": Shift(step), "generator_back": Shift(back), **critics}


def flat(wanted: float, given: float, n: int = 2, images_seen: int = 0) -> Batch:
    """n images of one channel in either domain, of one brightness each."""
    values = torch.tensor([wanted, given]).reshape(1, 2, 1, 1)
    return Batch(values.expand(n, 2, 8, 8).clone(), None, 0, images_seen)


def played(step: Step, networks: dict[str, nn.Module], batch: Batch) -> dict[str, float]:
    """The step's loss terms as numbers."""
    return {name: float(value.detach()) for name, value in step.loss(networks, batch).items()}


def unpaired(**row: float) -> Recipe:
    return changed_recipe("cyclegan", {"networks": {"given": 1}, "translation": row})


def test_pix2pix_learns_to_fill_an_outline() -> None:
    known, held = rectangles(256, 0), rectangles(32, 1)
    recipe = changed_recipe("pix2pix", {**TINY, "networks": {**TINY["networks"], "given": 1}})
    data = Domains(grey(outlined(known)), grey(known), paired=True)
    model = train(recipe, data, images_seen=2_400, progress=False).model
    given, wanted = torch.from_numpy(grey(outlined(held))), grey(held)
    assert apart(model.translate(given), wanted) < 0.4 * apart(given, wanted)


def test_cyclegan_finds_a_swap_of_colours_without_pairs() -> None:
    red, blue = painted(128, 2, 0), painted(96, 3, 2)
    model: Model = train(changed_recipe("cyclegan", TINY), Domains(red, blue), images_seen=600, progress=False).model
    held = painted(32, 4, 0)
    swapped = np.ascontiguousarray(held[:, ::-1])
    there, given = model.translate(torch.from_numpy(held)), torch.from_numpy(held)
    # another picture of the wanted domain lies at 0.77 of this distance
    assert apart(there, swapped) < 0.5 * apart(given, swapped)
    assert apart(model.translate(torch.from_numpy(swapped), back=True), held) < 0.5 * apart(given, swapped)
    assert apart(model.translate(there, back=True), held) < 0.5 * apart(given, swapped)


def test_cycle_and_identity_are_weighted_distances_there_and_back() -> None:
    translators = build_scheme(unpaired(cycle=10.0, identity=5.0)).steps[1]
    assert translators.trains == ("generator", "generator_back")
    terms = played(translators, by_hand(), flat(wanted=0.1, given=-0.3))
    assert terms["cycle"] == pytest.approx(10 * (0.25 + 0.25))  # + 0.5 - 0.25 either way
    assert terms["identity"] == pytest.approx(5 * (0.5 + 0.25))
    # least squares whole: the squared distance of D's logit to 1; B from A is -0.3 + 0.5, A from B is 0.1 - 0.25
    assert terms["towards B"] == pytest.approx((0.2 - 1) ** 2)
    assert terms["towards A"] == pytest.approx((-0.15 - 1) ** 2)
    assert "identity" not in played(build_scheme(unpaired(identity=0.0)).steps[1], by_hand(), flat(0.1, -0.3))
    inverse = played(translators, by_hand(0.5, -0.5), flat(0.1, -0.3))
    assert inverse["cycle"] == pytest.approx(0, abs=1e-6)


def test_each_critic_compares_its_own_domain() -> None:
    critics = build_scheme(unpaired()).steps[0]
    assert critics.trains == ("discriminator", "discriminator_back")
    terms = played(critics, by_hand(), flat(wanted=0.1, given=-0.3))
    assert terms["critic of B"] == pytest.approx(0.5 * (0.1 - 1) ** 2 + 0.5 * 0.2**2)
    assert terms["critic of A"] == pytest.approx(0.5 * (-0.3 - 1) ** 2 + 0.5 * 0.15**2)


def test_pix2pix_pays_for_the_distance_to_the_partner_and_shows_d_both() -> None:
    recipe = changed_recipe("pix2pix", {"networks": {"given": 1}, "translation": {"l1": 7.0}})
    critic, generator = build_scheme(recipe).steps
    terms = played(generator, by_hand(), flat(wanted=0.1, given=-0.3))
    assert terms["l1"] == pytest.approx(7 * abs(-0.3 + 0.5 - 0.1))
    fake, real = (0.2 - 0.3) / 2, (0.1 - 0.3) / 2  # D sees the picture and what it was painted over
    softplus = nn.functional.softplus
    assert terms["generator"] == pytest.approx(float(softplus(torch.tensor(-fake))))
    wanted = float(softplus(torch.tensor(-real)) + softplus(torch.tensor(fake)))
    assert played(critic, by_hand(), flat(0.1, -0.3))["critic"] == pytest.approx(wanted)


def test_the_buffer_fills_with_past_fakes_and_then_replaces_them() -> None:
    scheme, networks = build_scheme(unpaired(buffer=4)), by_hand()
    memory = {name: part.start(networks, (2, 8, 8)) for name, part in scheme.memory.items()}
    assert memory["past A"]["images"].shape == memory["past B"]["images"].shape == (4, 1, 8, 8)
    held = []
    for turn in range(6):
        batch = flat(wanted=0.0, given=turn / 10, images_seen=2 * turn)
        batch.memory = memory
        played(scheme.steps[0], networks, batch)
        memory = {name: part.after(memory[name], networks, batch) for name, part in scheme.memory.items()}
        held.append(memory["past B"]["images"].mean((1, 2, 3)))
    assert held[0].tolist() == pytest.approx([0.5, 0.5, 0, 0])  # B from A is given + 0.5
    assert held[1].tolist() == pytest.approx([0.5, 0.5, 0.6, 0.6])
    fresh = [turn / 10 + 0.5 for turn in range(2, 6)]
    for before, after, new in zip(held[1:], held[2:], fresh, strict=False):
        changed = before != after
        assert 1 <= int(changed.sum()) <= 2
        assert after[changed].tolist() == pytest.approx([new] * int(changed.sum()))
    assert int(memory["past B"]["count"]) == 12
    assert memory["past A"]["images"].mean((1, 2, 3)).tolist() == pytest.approx([-0.25] * 4)


def test_the_critic_is_shown_past_fakes_about_every_other_time() -> None:
    scheme, networks = build_scheme(unpaired(buffer=4)), by_hand()
    empty = flat(wanted=0.0, given=0.0, n=400)
    fresh = played(scheme.steps[0], networks, empty)["critic of B"]
    empty.memory = {name: part.start(networks, (2, 8, 8)) for name, part in scheme.memory.items()}
    assert played(scheme.steps[0], networks, empty)["critic of B"] == fresh  # nothing of the past is there yet
    full = flat(wanted=0.0, given=0.0, n=400)
    past = {"images": torch.full((4, 1, 8, 8), 1.5), "count": torch.tensor(9)}
    full.memory = dict.fromkeys(scheme.memory, past)
    shown = played(scheme.steps[0], networks, full)["critic of B"] - 0.5  # less the reals' own (0 - 1)^2 / 2
    share = (2 * shown - 0.25) / (1.5**2 - 0.25)
    assert share == pytest.approx(0.5, abs=0.1)


def test_both_buffers_go_through_a_turn_of_the_loop() -> None:
    recipe = changed_recipe("cyclegan", {**TINY, "batch": 2, "translation": {"buffer": 3}})
    source = open_source(Domains(painted(6, 2, 0), painted(5, 3, 2)), Describe())
    scheme = build_scheme(recipe)
    state: State = new_state(recipe, source.card, 0, scheme, torch.device("cpu"))
    seen = []
    for _ in range(3):
        advance(state, scheme, [fetch_batch(state, source, None, 0, 2)], False)
        state.images_seen += 2
        seen.append({name: part["images"].clone() for name, part in state.memory.items()})
    assert {int(part["count"]) for part in state.memory.values()} == {6}
    assert bool((seen[0]["past A"][2] == 0).all())
    assert bool((seen[1]["past A"][2] != 0).any())
    assert not torch.equal(seen[1]["past B"], seen[2]["past B"])
