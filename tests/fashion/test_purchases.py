from pathlib import Path

import numpy as np

from medgan_fashion.fashion.data.purchases import Purchases, load_purchases, save_purchases


def some() -> Purchases:
    """Customer 0 likes items 0 and 2 and returned 1; customer 2 looked at 2; customer 1 did nothing."""
    weight = np.array([1, -0.5, 1, 0.2], dtype=np.float32)
    return Purchases(
        ("C-a", "C-b", "C-c"), np.array([0, 0, 0, 2]), np.array([0, 1, 2, 2]), weight, np.array([1, 2, np.nan, 4])
    )


def test_a_return_is_seen_but_no_like() -> None:
    purchases = some()
    np.testing.assert_allclose(purchases.likes(4).toarray(), [[1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0.2, 0]])
    assert purchases.seen(4).toarray().tolist() == [[1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    assert purchases.likes(4).dtype == np.float32


def test_take_keeps_the_customers() -> None:
    taken = some().take(some().weight > 0)
    assert len(taken) == 3
    assert taken.customers == some().customers
    assert taken.item.tolist() == [0, 2, 2]
    assert some().take([3, 0]).customer.tolist() == [2, 0]


def test_they_come_back_from_disk(tmp_path: Path) -> None:
    save_purchases(some(), tmp_path)
    loaded = load_purchases(tmp_path)
    assert loaded.customers == some().customers
    for name in ("customer", "item", "weight", "time"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(some(), name))
        assert getattr(loaded, name).dtype == getattr(some(), name).dtype
