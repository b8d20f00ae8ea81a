"""The encoder's features at every depth."""

import numpy as np
import torch

from medgan_fashion.fashion.design.realism import measure_realism
from medgan_fashion.fashion.recommend.towers import EncoderFeatures
from tests.fashion.tiny_atelier import atelier, catalogue


def test_realism_sees_colour_and_not_only_category() -> None:
    made = atelier()
    items = made.item_features()
    assert items.shape == (len(catalogue()), EncoderFeatures(made.encoder.network).dim)
    known = items[~catalogue().held_out]
    alive = (known.std(axis=0) > 0).mean()  # a feature without any spread says nothing
    np.testing.assert_allclose((known**2).sum(1).mean(), alive, rtol=0.02)  # standardised, over sqrt(F)
    image = catalogue().floats(np.array([0]))
    swapped = np.ascontiguousarray(image[:, [2, 0, 1]])
    realism = measure_realism(made, 0.95)
    category = int(catalogue().category[0])
    own, other = (realism.distances(made.features(x), category)[0] for x in (image, swapped))
    assert own <= other
    tensor = torch.as_tensor(image).requires_grad_()
    made.standardised(EncoderFeatures(made.encoder.network)(made.look(tensor))).sum().backward()
    assert tensor.grad is not None
    assert tensor.grad.abs().sum() > 0
