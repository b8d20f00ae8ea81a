"""What steadies two opponents, against numbers by hand: memories turn by turn, terms of one number, class terms."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from medgan_fashion.gan.losses.objectives import non_saturating
from medgan_fashion.gan.losses.penalties import r1, r2
from medgan_fashion.gan.networks.layers import DiscriminatorOutput
from medgan_fashion.gan.recipe.spec import Recipe, Regularization
from medgan_fashion.gan.schemes.adversarial import augment_for_d
from medgan_fashion.gan.schemes.base import Batch, Networks, Remembered
from medgan_fashion.gan.schemes.memory import critic_terms, generator_terms, memories, noised, replay, replayed
from medgan_fashion.gan.schemes.table import build_scheme


class Number(nn.Module):
    """G: every image is one number, its only weight."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(value))

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.weight.expand(len(z), 1, 1, 1)


class Slope(nn.Module):
    """D: the logit is weight x the pixel, which is the feature; the class logits say that the pixel is the class."""

    def __init__(self, value: float = 1.0, sure: float = 20.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(value))
        self.sure = sure

    def forward(self, images: Tensor, y: Tensor | None = None) -> DiscriminatorOutput:
        pixel = images.flatten(1)
        return DiscriminatorOutput(self.weight * pixel, -self.sure * (pixel - torch.tensor([0.0, 1.0])).abs(), pixel)


def pixels(*values: float) -> Tensor:
    return torch.tensor(values).reshape(-1, 1, 1, 1)


def pair(g: float = 0.0, d: float = 1.0, sure: float = 20.0) -> dict[str, Any]:
    return {"generator": Number(g), "discriminator": Slope(d, sure)}


def a_batch(n: int = 1, at: int = 0, labels: Tensor | None = None, **kept: Any) -> Batch:
    return Batch(torch.zeros(n, 1, 1, 1), labels, seed=0, images_seen=at, **kept)


def remember(networks: Networks, **row: Any) -> tuple[Any, Remembered]:
    """The only memory that these stabilisers need, and its start."""
    ((_, part),) = memories(Recipe(augment=("flip",), regularization=Regularization(**row))).items()
    return part, part.start(networks, (1, 1, 1))


def steady_g(row: Regularization, networks: Networks, batch: Batch, images: Tensor, real: Tensor) -> dict[str, Tensor]:
    d = networks["discriminator"]
    return generator_terms(row, non_saturating(), networks, batch, images, d(real), d(images))


def test_a_buffer_fills_first_and_then_replaces_at_random_with_the_label() -> None:
    part, networks = replay(4), pair()
    kept = part.start(networks, (1, 1, 1))
    changed = torch.zeros(4)
    for i in range(2_004):
        batch = a_batch(1, i, torch.tensor([i]), shared={"fakes": pixels(i)})
        before, kept = kept, part.after(kept, networks, batch)
        if i < 4:
            assert kept["images"].flatten().tolist() == [*range(i + 1), *[0] * (3 - i)]
        else:
            changed += (kept["images"] != before["images"]).flatten()
        assert torch.equal(kept["images"].flatten().long(), kept["labels"])
    assert changed.sum() == 2_000
    assert (changed - 500).abs().max() < 5 * math.sqrt(2_000 * 0.25 * 0.75)


def test_of_fakes_that_draw_one_place_the_later_takes_it_with_its_label() -> None:
    part, networks, numbers = replay(3), pair(), torch.arange(50)
    kept = part.start(networks, (1, 1, 1))
    for at in range(20):
        batch = a_batch(50, at, numbers, shared={"fakes": pixels(*numbers.tolist())})
        kept = part.after(kept, networks, batch)
        assert torch.equal(kept["images"].flatten().long(), kept["labels"])


def test_half_of_what_d_sees_is_of_the_past_with_its_label() -> None:
    fresh, labels = torch.zeros(4_000, 1, 1, 1), torch.zeros(4_000, dtype=torch.long)
    kept = replay(8).start(pair(), (1, 1, 1))
    assert torch.equal(replayed(fresh, a_batch(4_000, labels=labels, memory={"replay": kept}))[0], fresh)
    kept = {"images": pixels(1, 2, 3, 0, 0, 0, 0, 0), "labels": torch.arange(1, 9), "count": torch.tensor(3)}
    images, told = replayed(fresh, a_batch(4_000, labels=labels, memory={"replay": kept}))
    assert told is not None
    assert torch.equal(images.flatten().long(), told)  # 0: fresh; 1 to 3: of the places that are filled
    shares = torch.bincount(told, minlength=4) / 4_000
    assert shares.tolist() == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6], abs=0.04)
    assert replayed(fresh, a_batch())[0] is fresh


def test_past_critics_stand_in_a_ring_and_g_plays_one_of_them() -> None:
    networks, row = pair(g=2.0), Regularization(replay_critics=2, snapshot_images=10)
    part, kept = remember(networks, replay_critics=2, snapshot_images=10)
    batch = a_batch(memory={"critics": kept})
    assert "past critic" not in steady_g(row, networks, batch, pixels(2), pixels(0))
    rings = {0: [0.0, 0.0], 5: [0.0, 0.0], 10: [0.0, 1.0], 15: [0.0, 1.0], 20: [2.0, 1.0], 30: [2.0, 3.0]}
    for at, ring in rings.items():
        networks["discriminator"].weight.data.fill_(at / 10)
        kept = part.after(kept, networks, a_batch(at=at))
        assert kept["weight"].tolist() == ring
    played = set()
    for at in range(20):
        batch = a_batch(at=at, memory={"critics": kept})
        played.add(round(float(steady_g(row, networks, batch, pixels(2), pixels(0))["past critic"].detach()), 5))
    assert played == {round(math.log1p(math.exp(-2 * w)), 5) for w in (2.0, 3.0)}


def test_history_is_the_squared_distance_to_the_running_mean() -> None:
    networks = pair(g=5.0, d=1.0)
    part, kept = remember(networks, historical=0.5)
    for weight in (2.0, 3.0, 4.0):
        networks["discriminator"].weight.data.fill_(weight)
        kept = part.after(kept, networks, a_batch())
    assert float(kept["discriminator.weight"]) == 2.5
    batch, row = a_batch(memory={"averages": kept}), Regularization(historical=0.5)
    term = critic_terms(row, networks, batch, pixels(0), pixels(0))["history of D"]
    term.backward()
    assert float(term.detach()) == pytest.approx(0.5 * 1.5**2)
    assert float(networks["discriminator"].weight.grad) == pytest.approx(0.5 * 2 * 1.5)
    assert float(steady_g(row, networks, batch, pixels(0), pixels(0))["history of G"].detach()) == 0


def test_lecam_pulls_to_the_other_side_s_averaged_logit() -> None:
    networks, row = pair(), Regularization(lecam=0.1, lecam_decay=0.5)
    part, kept = remember(networks, lecam=0.1, lecam_decay=0.5)
    for _ in range(2):  # anchors: half, then three quarters of the way from 0 to the mean logits 2 and -4
        logits = {"real logits": torch.tensor([1.0, 3.0]), "fake logits": torch.tensor([-4.0])}
        kept = part.after(kept, networks, a_batch(shared=logits))
    assert (float(kept["real"]), float(kept["fake"])) == (1.5, -3.0)
    lecam = critic_terms(row, networks, a_batch(memory={"lecam": kept}), torch.tensor([1.0, 2.0]), torch.tensor([-1.0]))
    assert float(lecam["lecam"]) == pytest.approx(0.1 * ((4.0**2 + 5.0**2) / 2 + 2.5**2))


@pytest.mark.parametrize(("p", "right", "expected"), [(0.5, 1.0, 0.7), (0.5, 0.7, 0.3), (0.95, 1.0, 1), (0.1, 0.0, 0)])
def test_adaptive_augmentation_moves_against_overfitting(p: float, right: float, expected: float) -> None:
    networks = pair()
    part, kept = remember(networks, ada_target=0.6, ada_images=50)
    assert float(kept["p"]) == 0
    logits = torch.where(torch.arange(10) < 10 * right, 3.0, -3.0)  # E sign = 2 x right - 1
    kept = part.after({"p": torch.tensor(p)}, networks, a_batch(10, shared={"real logits": logits}))
    assert float(kept["p"]) == pytest.approx(expected)


def test_adaptive_augmentation_changes_the_share_p_of_what_d_sees() -> None:
    recipe = Recipe(augment=("brightness",), regularization=Regularization(ada_target=0.6))
    images = torch.zeros(1_000, 1, 8, 8)
    for p in (0.0, 0.3, 1.0):
        batch = Batch(images, None, 0, 0, memory={"ada": {"p": torch.tensor(p)}})
        changed = (augment_for_d(recipe, images, batch, "real") != 0).flatten(1).any(1)
        assert float(changed.float().mean()) == pytest.approx(p, abs=0.06)


def test_instance_noise_fades_in_a_straight_line() -> None:
    row, images = Regularization(instance_noise=0.4, noise_images=100), torch.full((20_000, 1, 1, 1), 0.5)
    for at, sd in ((0, 0.4), (50, 0.2), (75, 0.1)):
        noise = noised(row, images, a_batch(at=at), "real") - images
        assert float(noise.std()) == pytest.approx(sd, rel=0.03)
        assert abs(float(noise.mean())) < 0.02
    for at in (100, 1_000):
        assert noised(row, images, a_batch(at=at), "real") is images
    one, fake = (noised(row, images, a_batch(), purpose) for purpose in ("real", "fake"))
    assert not torch.equal(one, fake)


def test_feature_matching_alone_is_all_that_g_learns_from() -> None:
    recipe = Recipe(regularization=Regularization(feature_matching=3.0, adversarial=0.0))
    networks, batch = pair(g=0.5), Batch(pixels(1.0, 2.0), None, 0, 0)
    terms = build_scheme(recipe).steps[1].loss(networks, batch)
    assert {name: float(v.detach()) for name, v in terms.items()} == {"features": pytest.approx(3 * (1.5 - 0.5) ** 2)}
    terms["features"].backward()
    assert float(networks["generator"].weight.grad) == pytest.approx(-3 * 2 * 1.0)


def test_r2_is_the_squared_slope_at_fakes() -> None:
    real, fake = pixels(1.0, 2.0), pixels(3.0, 5.0)
    assert float(r2(lambda x: 5.0 * x.flatten(1), real, fake)) == pytest.approx(25.0)

    def bowl(images: Tensor) -> Tensor:
        return images.flatten(1).square() / 2  # slope: the pixel itself

    assert float(r1(bowl, real, fake).detach()) == pytest.approx((1 + 4) / 2)
    assert float(r2(bowl, real, fake).detach()) == pytest.approx((9 + 25) / 2)
