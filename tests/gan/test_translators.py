"""Translators keep what they are given and paint the rest; a discriminator of patches says one logit for each."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from medgan_fashion.gan.losses.penalties import r1
from medgan_fashion.gan.networks.translators import PatchDiscriminator, ResnetTranslator, UNetTranslator
from medgan_fashion.gan.recipe.networks import CycleGANConfig
from medgan_fashion.gan.recipe.schedules import doubled
from medgan_fashion.gan.recipe.spec import Latent

PAIR = CycleGANConfig(width=8, max_width=16, given=1)
LATENT = Latent(size=6)
MAKERS = pytest.mark.parametrize("maker", [UNetTranslator, ResnetTranslator])


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@MAKERS
@pytest.mark.parametrize(("shape", "given"), [((2, 16, 16), 1), ((6, 32, 32), 3), ((3, 20, 16), 2)])
@pytest.mark.parametrize("condition", ["none", "concat", "multiply"])
def test_the_given_channels_come_back_untouched(maker, shape: tuple[int, ...], given: int, condition) -> None:
    g = maker(replace(PAIR, given=given, condition_g=condition), LATENT, shape, 3)
    z, y = torch.randn(2, 6, requires_grad=True), torch.tensor([0, 2])
    source = torch.rand(2, given, *shape[1:]) * 2 - 1
    images = g(z, y, source)
    assert images.shape == (2, *shape)
    assert torch.equal(images[:, -given:], source)
    assert float(images.detach().abs().max()) <= 1
    images[:, :-given].square().sum().backward()
    assert z.grad is not None
    assert (z.grad.abs() > 0).all()
    change = (images - g(torch.randn(2, 6), y, source)).detach().abs().mean()
    assert 0 < float(change) < 0.1, "z has a say, a small one"


@MAKERS
def test_a_translator_takes_an_image_of_its_own_target(maker) -> None:
    g = maker(replace(PAIR, given=3), LATENT, (6, 16, 16), 0)
    images = g(torch.zeros(1, 6), None, torch.rand(1, 3, 16, 16))  # a batch of one, too
    again = g(torch.zeros(1, 6), None, images[:, :3])
    assert again.shape == images.shape


@MAKERS
def test_adam_steps_bring_the_paint_to_its_target(maker) -> None:
    g = maker(PAIR, LATENT, (2, 16, 16), 0)
    source = doubled(torch.rand(8, 1, 8, 8) * 2 - 1)
    z, optimizer, losses = torch.randn(8, 6), torch.optim.Adam(g.parameters(), lr=2e-3), []
    for _ in range(30):
        loss = (g(z, None, source)[:, :1] + source).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[1] < losses[0]
    assert losses[-1] < 0.7 * losses[0]


def test_the_layers_are_the_papers() -> None:
    pair = replace(PAIR, width=64, max_width=512, given=3)
    unet = UNetTranslator(pair, LATENT, (6, 64, 64), 0)
    convs = [m for m in unet.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    assert [(m.in_channels, m.out_channels) for m in convs] == [
        *((3, 64), (64, 128), (128, 256), (256, 512)),
        *((512, 256), (512, 128), (256, 64), (128, 3)),
    ]
    resnet = ResnetTranslator(CycleGANConfig(width=64, max_width=512, given=3, depth=6), LATENT, (6, 32, 32), 0)
    # 11.4 million for nine blocks in Zhu et al.; three less, with 4x4 for 3x3 in the doublings
    block, doublings = 2 * 9 * 256 * 256, 16 * (256 * 128 + 128 * 64)
    ends, halvings, z = 2 * 49 * 3 * 64 + 3, 9 * (64 * 128 + 128 * 256), 6 * 256 + 256
    assert sum(p.numel() for p in resnet.parameters()) == 6 * block + doublings + ends + halvings + z
    d = PatchDiscriminator(pair, (6, 256, 256), 0)
    assert d(torch.zeros(1, 6, 256, 256)).logits.shape == (1, 30 * 30)  # 70x70 patches, as printed


@pytest.mark.parametrize("changes", [{}, {"spectral_norm": True, "norm_d": "none"}, {"condition_d": "plane"}])
@pytest.mark.parametrize(
    ("shape", "patches"), [((1, 16, 16), 4), ((3, 32, 32), 4), ((2, 20, 16), 6), ((6, 64, 48), 24), ((1, 4, 4), 4)]
)
def test_patches(changes, shape: tuple[int, ...], patches: int) -> None:
    pair, y = replace(PAIR, init="he", **changes), torch.arange(2)
    d, images = PatchDiscriminator(pair, shape, 2), torch.randn(2, *shape)
    judged = d(images, y)
    assert judged.logits.shape == (2, patches)
    assert judged.class_logits is None
    assert judged.features.ndim == 2
    r1(lambda x: d(x, y).logits, images, images).backward()
    assert all(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in d.parameters() if p.ndim == 4)


def test_a_patch_sees_its_part_of_the_image() -> None:
    d = PatchDiscriminator(replace(PAIR, norm_d="none", init="he"), (1, 128, 128), 0)
    images = torch.randn(1, 1, 128, 128, requires_grad=True)
    d(images).logits[0, 0].backward()
    assert images.grad is not None
    seen = images.grad[0, 0].abs().sum(0) > 0
    assert bool(seen[0])
    assert not bool(seen[70:].any())


def test_what_does_not_fit_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"sides that 4 divides, of at least 8, not 18x4; resize the images to 20 x 8"):
        ResnetTranslator(PAIR, LATENT, (2, 18, 4), 0)
    with pytest.raises(ValueError, match="no small base grid"):
        UNetTranslator(PAIR, LATENT, (2, 18, 17), 0)
    with pytest.raises(ValueError, match="takes condition_g none, concat or multiply, not 'norm'"):
        UNetTranslator(replace(PAIR, condition_g="norm"), LATENT, (2, 16, 16), 3)
    with pytest.raises(ValueError, match="takes condition_d none or plane, not 'projection'"):
        PatchDiscriminator(replace(PAIR, condition_d="projection"), (2, 16, 16), 3)
    with pytest.raises(ValueError, match="at least 3x3, not 2x8"):
        PatchDiscriminator(PAIR, (2, 2, 8), 0)
