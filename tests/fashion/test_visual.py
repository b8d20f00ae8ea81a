"""VBPR and DVBPR: vectors and towers agree, augmentation, the order of models, cornac as the oracle of VBPR."""

import numpy as np
import pytest
import torch

from medgan_fashion.fashion.config import DvbprConfig, PairsConfig, TowerConfig, VbprConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.towers import train_catalogue_encoder
from medgan_fashion.fashion.recommend.visual import fit_dvbpr, fit_vbpr, moved

PAIRS = PairsConfig(batch=32, updates=40, learning_rate=5e-3)


def test_pictures_move_and_mirror_within_bounds() -> None:
    image = torch.arange(64).float().reshape(1, 1, 8, 8).expand(200, 3, 8, 8)
    out = moved(image, 2, True, np.random.default_rng(0))
    assert out.shape == image.shape
    assert torch.equal(out, moved(image, 2, True, np.random.default_rng(0)))
    kinds = set()
    for picture in out[:, 0]:
        down, across = picture // 8, picture % 8
        mirrored = bool(across[0, 0] > across[0, -1])
        across = across.flip(1) if mirrored else across
        shifts = (float(down[4, 0] - 4), float(across[0, 4] - 4))
        assert max(abs(shift) for shift in shifts) <= 2
        assert torch.equal(down[:, 0], (torch.arange(8) + shifts[0]).clamp(0, 7))
        kinds.add((mirrored, *shifts))
    assert len(kinds) == 50
    assert torch.equal(moved(image, 0, False, np.random.default_rng(0)), image)


def test_dvbpr_gives_every_item_its_pictures_vector(catalogue: Catalogue, purchases: Purchases) -> None:
    config = DvbprConfig(4, TowerConfig(size=32, width=8, dropout=0.5), PairsConfig(batch=32, updates=3))
    model = fit_dvbpr(catalogue, purchases, config, 0)
    vectors, bias = model.embed(catalogue.floats())
    np.testing.assert_array_equal(model.phi, vectors)
    np.testing.assert_array_equal(model.bias, bias)
    scores = model.score_all(torch.from_numpy(model.theta), torch.from_numpy(catalogue.floats()))
    np.testing.assert_allclose(scores, model.score_items(np.arange(24)), rtol=1e-4, atol=1e-5)


def test_vbprs_tower_is_the_visual_part_alone(catalogue: Catalogue, purchases: Purchases) -> None:
    encoder = train_catalogue_encoder(catalogue, updates=20, seed=0)
    model = fit_vbpr(catalogue, purchases, VbprConfig(3, 4, PAIRS), 0, encoder=encoder)
    vectors, bias = model.embed(catalogue.floats())
    cold = catalogue.held_out
    np.testing.assert_allclose(model.phi[cold], vectors[cold], atol=1e-4)
    np.testing.assert_allclose(model.bias[cold], bias[cold], atol=1e-4)
    np.testing.assert_allclose(model.phi[:, 3:], vectors[:, 3:], atol=1e-4)
    assert not model.phi[cold, :3].any()
    assert model.phi[~cold, :3].any()


def test_vbpr_on_a_users_features_has_no_tower(catalogue: Catalogue, purchases: Purchases) -> None:
    features = catalogue.floats().mean(axis=(2, 3))
    model = fit_vbpr(catalogue, purchases, VbprConfig(3, 4, PAIRS), 0, features=features)
    with pytest.raises(ValueError, match="cannot look at pictures"):
        model.embed(catalogue.floats())
    with pytest.raises(ValueError, match="one row of finite numbers for each of the 40 items"):
        fit_vbpr(catalogue, purchases, VbprConfig(), 0, features=features[:5])
    with pytest.raises(ValueError, match="vbpr looks at features"):
        fit_vbpr(catalogue, purchases, VbprConfig(), 0)


def test_dislikes_teach(catalogue: Catalogue, make_purchases) -> None:
    train = make_purchases(catalogue, likes=1, dislikes=6)
    config = DvbprConfig(4, TowerConfig(size=16, width=8), PAIRS)
    scores = fit_dvbpr(catalogue, train, config, 0).score_items(np.arange(24))
    right = [mine[u % 2 :: 2].mean() > mine[1 - u % 2 :: 2].mean() for u, mine in enumerate(scores)]
    assert np.mean(right) > 0.95


def auc(scores: np.ndarray, train: Purchases, test: Purchases, warm: np.ndarray) -> float:
    seen, found = train.seen(scores.shape[1]).toarray() > 0, []
    for customer, item in zip(test.customer, test.item, strict=True):
        others = warm & ~seen[customer]
        others[item] = False
        found.append((scores[customer, item] > scores[customer, others]).mean())
    return float(np.mean(found))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ranks_as_well_as_cornac(make_catalogue, make_purchases) -> None:
    """Cornac's own VBPR on the same features, purchases and sizes: AUC of one purchase left out within 0.05."""
    cornac = pytest.importorskip("cornac")
    catalogue = make_catalogue(n_items=80, n_cold=0)
    whole = make_purchases(catalogue, n_customers=60, likes=8)
    last = np.arange(len(whole)) % 8 == 7
    train, test = whole.take(~last), whole.take(last)
    features = np.concatenate([catalogue.floats().mean(axis=(2, 3)), np.eye(2)[catalogue.category]], axis=1)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    ours = fit_vbpr(catalogue, train, VbprConfig(4, 4), 0, features=features).score_items(np.arange(60))
    triples = [(str(u), str(i), 1.0) for u, i in zip(train.customer, train.item, strict=True)]
    data = cornac.data.Dataset.from_uir(triples, seed=0)
    names = list(data.iid_map)
    data.add_modalities(item_image=cornac.data.ImageModality(features=features[[int(n) for n in names]], ids=names))
    data.item_image.build(id_map=data.iid_map)
    model = cornac.models.VBPR(k=4, k2=4, n_epochs=50, batch_size=100, learning_rate=0.01, seed=0, use_gpu=False)
    model.fit(data)
    theirs = np.full(ours.shape, -np.inf)
    for customer in range(60):
        theirs[customer, [int(n) for n in names]] = model.score(data.uid_map[str(customer)])
    warm = np.ones(80, dtype=bool)
    assert auc(theirs, train, test, warm) > 0.65  # colour alone gives 0.75
    assert auc(ours, train, test, warm) > auc(theirs, train, test, warm) - 0.05
