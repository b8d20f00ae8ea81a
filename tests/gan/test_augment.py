"""DiffAugment: differentiable, addressed, and known on simple images."""

import pytest
import torch

from medgan_fashion.gan.losses.augment import AUGMENTS, augment, cutout, translation


@pytest.mark.parametrize("name", AUGMENTS)
def test_differentiable_and_addressed(name: str) -> None:
    images = torch.rand(6, 3, 16, 12, generator=torch.Generator().manual_seed(1)).requires_grad_()
    one = augment(images, [name], torch.Generator().manual_seed(2))
    two = augment(images, [name], torch.Generator().manual_seed(2))
    assert one.shape == images.shape
    assert torch.equal(one, two)
    one.sum().backward()
    assert images.grad is not None


def test_translation_moves_and_keeps_values() -> None:
    image = torch.zeros(64, 1, 16, 16)
    image[:, :, 8, 8] = 1.0
    moved = translation(image, torch.Generator().manual_seed(0))
    places = moved.flatten(1).argmax(1)
    assert torch.equal(moved.sum((1, 2, 3)), torch.ones(64))
    assert len(places.unique()) > 10
    assert int((places // 16 - 8).abs().max()) <= 2


def test_cutout_clears_at_most_a_quarter_and_a_rim() -> None:
    cut = cutout(torch.ones(64, 1, 16, 16), torch.Generator().manual_seed(0))
    share = 1 - cut.mean((1, 2, 3))
    assert float(share.min()) > 0
    assert float(share.max()) <= (9 / 16) ** 2


def test_unknown_name() -> None:
    with pytest.raises(ValueError, match="cutout"):
        augment(torch.zeros(1, 1, 8, 8), ["mixup"], torch.Generator())
