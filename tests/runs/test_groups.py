"""Groups of linked things by hand."""

import pytest

from medgan_fashion.base.groups import connected


@pytest.mark.parametrize(
    ("links", "groups"),
    [
        ([], [0, 1, 2, 3, 4]),
        ([(3, 1), (0, 2)], [0, 1, 0, 1, 2]),
        ([(4, 0), (1, 4), (3, 2), (2, 2)], [0, 0, 1, 1, 0]),  # over others, backwards and to itself
    ],
)
def test_groups_are_numbered_by_first_appearance(links: list[tuple[int, int]], groups: list[int]) -> None:
    assert connected(links, 5).tolist() == groups


def test_nothing_has_no_groups() -> None:
    assert connected([], 0).tolist() == []
