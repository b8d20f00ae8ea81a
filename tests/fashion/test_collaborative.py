"""Popularity by hand; ALS and BPR are what `implicit` itself answers."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from medgan_fashion.fashion.config import AlsConfig, BprConfig, PopularityConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.recommenders import fit_als, fit_bpr, fit_popularity


def test_popularity_counts_likes_and_not_dislikes(catalogue: Catalogue) -> None:
    pairs = np.array([0, 1, 0, 1]), np.array([3, 3, 5, 6]), np.array([1, 0.5, 1, -1], np.float32), np.zeros(4)
    train = Purchases(("C-a", "C-b", "C-c"), *pairs)
    model = fit_popularity(catalogue, train, PopularityConfig(logarithm=False), 0)
    assert np.flatnonzero(model.known).tolist() == [3, 5]
    assert model.score_items(np.array([2]))[0, [3, 5]].tolist() == [2, 1]
    assert model.recommend(np.array([0, 2]), 3).rows.tolist() == [[3, 5, -1]] * 2
    assert fit_popularity(catalogue, train, PopularityConfig(), 0).bias[3] == pytest.approx(np.log(3))
    with pytest.raises(ValueError, match="'popularity' knows no vectors of items"):
        model.similar(3, 1)


def test_als_is_implicits(catalogue: Catalogue, purchases: Purchases) -> None:
    from implicit.cpu.als import AlternatingLeastSquares

    config = AlsConfig(factors=4)
    model, likes = fit_als(catalogue, purchases, config, 7), purchases.likes(40)
    with threadpool_limits(1, "blas"):
        theirs = AlternatingLeastSquares(
            4, regularization=config.regularization, alpha=config.alpha, iterations=15, num_threads=1, random_state=7
        )
        theirs.fit(likes, show_progress=False)
        rows, scores = theirs.recommend(np.arange(24), likes, N=5)
    ours = model.recommend(np.arange(24), 5, exclude=likes)
    np.testing.assert_array_equal(ours.rows, rows)
    np.testing.assert_allclose(ours.scores, scores, rtol=1e-4)


def test_bpr_is_implicits_with_its_bias_apart(catalogue: Catalogue, purchases: Purchases) -> None:
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    config = BprConfig(factors=4)
    model, likes = fit_bpr(catalogue, purchases, config, 7), purchases.likes(40)
    with threadpool_limits(1, "blas"):
        theirs = BayesianPersonalizedRanking(
            4, config.learning_rate, config.regularization, iterations=400, num_threads=1, random_state=7
        )
        theirs.fit(likes, show_progress=False)
        rows, scores = theirs.recommend(np.arange(24), likes, N=5)
    assert model.theta.shape == (24, 4)
    ours = model.recommend(np.arange(24), 5, exclude=likes)
    np.testing.assert_array_equal(ours.rows, rows)
    np.testing.assert_allclose(ours.scores, scores, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ranks_as_well_as_cornacs_bpr(make_catalogue, make_purchases) -> None:
    cornac = pytest.importorskip("cornac")
    catalogue = make_catalogue(n_items=80, n_cold=0)
    train = make_purchases(catalogue, n_customers=60, likes=8)
    ours = fit_bpr(catalogue, train, BprConfig(), 0).score_items(np.arange(60))
    triples = [(str(u), str(i), 1.0) for u, i in zip(train.customer, train.item, strict=True)]
    data = cornac.data.Dataset.from_uir(triples, seed=0)
    model = cornac.models.BPR(k=16, max_iter=400, learning_rate=0.05, lambda_reg=0.1, num_threads=1, seed=0).fit(data)
    theirs = np.stack([model.score(data.uid_map[str(u)]) for u in range(60)])
    place = np.array([int(name) for name in data.iid_map])

    def own(scores: np.ndarray, rows: np.ndarray) -> float:
        seen = train.seen(80).toarray()[:, rows] > 0
        shares = []
        for u in range(60):
            mine, other = scores[u, (rows % 2 == u % 2) & ~seen[u]], scores[u, (rows % 2 != u % 2) & ~seen[u]]
            shares.append((mine[:, None] > other).mean())
        return float(np.mean(shares))

    assert own(theirs, place) > 0.8
    assert own(ours[:, place], place) > own(theirs, place) - 0.05
