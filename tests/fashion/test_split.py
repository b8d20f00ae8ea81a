import numpy as np

from medgan_fashion.fashion.data.purchases import Purchases, Split, split_purchases
from tests.fashion.door_tables import plain_catalogue


def purchases(rows: list[tuple[int, int, float, float]]) -> Purchases:
    """From (customer, item, weight, time)."""
    customer, item, weight, time = zip(*rows, strict=True)
    names = tuple(f"C-{i}" for i in range(max(customer) + 1))
    ids = np.array(customer), np.array(item)
    return Purchases(names, *ids, np.array(weight, dtype=np.float32), np.array(time, dtype=np.float64))


def pairs(part: Purchases) -> set[tuple[int, int]]:
    return set(zip(part.customer.tolist(), part.item.tolist(), strict=True))


def parts(split: Split) -> list[set[tuple[int, int]]]:
    return [pairs(part) for part in (split.train, split.validation, split.test, split.cold)]


def test_the_last_two_by_time_are_held_back() -> None:
    bought = purchases([(0, 3, 1, 10), (0, 1, 1, 40), (0, 2, 1, 30), (0, 0, 1, 20)])
    split = split_purchases(bought, plain_catalogue(), seed=0)
    assert parts(split) == [{(0, 3), (0, 0)}, {(0, 2)}, {(0, 1)}, set()]


def test_two_likes_are_too_few_to_give_any() -> None:
    bought = purchases([(0, 0, 1, 1), (0, 1, 1, 2), (1, 0, 1, 1), (1, 1, 1, 2), (1, 2, 0.2, 3)])
    split = split_purchases(bought, plain_catalogue(), seed=0)
    assert parts(split) == [{(0, 0), (0, 1), (1, 0)}, {(1, 1)}, {(1, 2)}, set()]


def test_dislikes_stay_in_training_and_count_for_nothing() -> None:
    bought = purchases([(0, 0, 1, 1), (0, 1, 1, 2), (0, 2, -1, 3), (0, 3, 0, 4)])
    split = split_purchases(bought, plain_catalogue(), seed=0)
    assert parts(split) == [{(0, 0), (0, 1), (0, 2), (0, 3)}, set(), set(), set()]


def test_held_out_items_are_in_no_training() -> None:
    bought = purchases([(0, 0, 1, 1), (0, 1, 1, 2), (0, 2, 1, 3), (0, 5, 1, 9), (0, 4, -1, 9)])
    split = split_purchases(bought, plain_catalogue(held_out=(4, 5)), seed=0)
    # the like of the cold item is judged apart, its dislike is in no part
    assert parts(split) == [{(0, 0)}, {(0, 1)}, {(0, 2)}, {(0, 5)}]


def test_unknown_times_are_the_oldest() -> None:
    nan = float("nan")
    bought = purchases([(0, 0, 1, 5), (0, 1, 1, nan), (0, 2, 1, 6), (0, 3, 1, nan)])
    split = split_purchases(bought, plain_catalogue(), seed=0)
    assert parts(split)[1:3] == [{(0, 0)}, {(0, 2)}]


def test_without_times_chance_decides_by_the_seed() -> None:
    rows = [(c, i, 1.0, float("nan")) for c in range(40) for i in range(6)]
    bought, catalogue = purchases(rows), plain_catalogue()
    split = split_purchases(bought, catalogue, seed=1)
    for part in (split.validation, split.test):
        assert part.customer.tolist() == list(range(40))
        assert len(set(part.item.tolist())) == 6
    assert not pairs(split.test) & pairs(split.validation)
    assert len(split.train) == 40 * 4
    assert parts(split_purchases(bought, catalogue, seed=1)) == parts(split)
    assert parts(split_purchases(bought, catalogue, seed=2)) != parts(split)


def test_the_order_of_rows_does_not_matter_where_times_differ() -> None:
    rows = [(c, i, 1.0, float((7 * i + c) % 11)) for c in range(5) for i in range(6)]
    there = split_purchases(purchases(rows), plain_catalogue(), seed=0)
    back = split_purchases(purchases(rows[::-1]), plain_catalogue(), seed=0)
    assert parts(there) == parts(back)


def test_nothing_to_split() -> None:
    empty = purchases([(0, 0, 1, 1)]).take(np.zeros(1, dtype=np.bool_))
    assert parts(split_purchases(empty, plain_catalogue(), seed=0)) == [set()] * 4
