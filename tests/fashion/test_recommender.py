"""Scores by hand, gradients to pixels, ranges, and what a recommender of vectors gives away."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medgan_fashion.fashion.recommend.model import FactorModel, Prior, Tower, resized


class MeanColour(nn.Module):
    """Vectors = mean of each colour channel but the last, bias = the last one's."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, images: Tensor) -> Tensor:
        return self.scale * images.mean(dim=(2, 3))


def model(tower: bool = True) -> FactorModel:
    """Two customers and three items in two dimensions; the third item is not known."""
    theta, phi = np.array([[1, 0], [0, 2]], np.float32), np.array([[1, 0], [1, 1], [0, 1]], np.float32)
    return FactorModel(
        name="dvbpr",
        customers=("C-a", "C-b"),
        items=("001", "002", "003"),
        theta=theta,
        phi=phi,
        bias=np.array([0.5, 0, 0], np.float32),
        known=np.array([True, True, False]),
        prior=Prior(np.zeros(2), np.eye(2)),
        tower=Tower(MeanColour().train(), 16, {}) if tower else None,
    )


def test_scores_items_and_recommends_by_hand() -> None:
    scores = model().score_items(np.array([1, 0]))
    np.testing.assert_array_equal(scores, [[0.5, 2, np.nan], [1.5, 1, np.nan]])
    rows, values = model().recommend(np.array([0, 1]), 3)
    np.testing.assert_array_equal(rows, [[0, 1, -1], [1, 0, -1]])
    np.testing.assert_array_equal(values, [[1.5, 1, np.nan], [2, 0.5, np.nan]])
    only = model().recommend(np.array([0]), 1, allowed=np.array([False, True, True]))
    assert only.rows.tolist() == [[1]]


def test_similar_is_the_cosine_and_never_the_item_itself() -> None:
    rows, cosines = model().similar(0, 2)
    assert rows.tolist() == [1, -1]
    np.testing.assert_allclose(cosines, [0.5**0.5, np.nan], rtol=1e-6)
    with pytest.raises(ValueError, match="does not know '003'"):
        model().similar(2, 1)


def test_scores_pictures_pairwise_and_all_with_gradients_to_pixels() -> None:
    images = torch.zeros(2, 3, 16, 16)
    images[0, 0], images[1, 1], images[1, 2] = 0.5, 0.25, 1.0
    images.requires_grad_()
    theta = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    scored = model()
    pairs, table = scored.score(theta, images), scored.score_all(theta[:1], images)
    np.testing.assert_allclose(pairs.detach(), [0.5, 1.5])
    np.testing.assert_allclose(table.detach(), [[0.5, 1.0]])
    pairs.sum().backward()
    assert images.grad is not None
    np.testing.assert_allclose(images.grad[0, 0], np.full((16, 16), 1 / 256))
    assert scored.tower is not None
    assert not scored.tower.network.training
    assert next(scored.tower.network.parameters()).grad is None


def test_resizes_antialiased_and_differentiably() -> None:
    checks = torch.from_numpy(np.indices((32, 32)).sum(axis=0) % 2).float().expand(1, 3, 32, 32)
    np.testing.assert_allclose(resized(checks, 16)[..., 2:-2, 2:-2], 0.5, atol=0.02)
    large = torch.rand(2, 3, 40, 24, generator=torch.Generator().manual_seed(0), requires_grad=True)
    model().score(torch.ones(2, 2), large).sum().backward()
    assert large.grad is not None
    assert bool((large.grad != 0).all())


@pytest.mark.parametrize("low", [-1.0, float("nan")])
def test_refuses_another_value_range(low: float) -> None:
    images = torch.full((1, 3, 16, 16), low)
    with pytest.raises(ValueError, match=r"which looks at \[0, 1\]"):
        model().score(torch.ones(1, 2), images)
    assert torch.isfinite(model().score(torch.ones(1, 2), torch.full((1, 3, 16, 16), 1.05))).all()


def test_without_a_tower_it_says_what_to_fit() -> None:
    with pytest.raises(ValueError, match="cannot look at pictures: fit 'dvbpr'"):
        model(tower=False).score(torch.ones(1, 2), torch.zeros(1, 3, 16, 16))


def test_new_items_are_embedded_without_retraining() -> None:
    images = np.linspace(0, 1, 300, dtype=np.float32)[:, None, None, None] * np.ones((1, 3, 16, 16), np.float32)
    vectors, bias = model().embed(images)
    np.testing.assert_allclose(vectors, images[:, :2, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(bias, images[:, 2, 0, 0], rtol=1e-5)
