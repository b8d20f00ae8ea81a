"""Broods, crosses, strips and turns: of the right family, each with its lineage."""

import numpy as np
import torch

from medgan_fashion.studio.garments.breeding import (
    BROOD,
    STRIP,
    TURNS,
    begun,
    children,
    cross,
    film_strip,
    turned,
    words_of,
)
from medgan_fashion.studio.garments.workshop import Workshop


def test_every_set_knows_its_parents_and_the_same_seed_gives_the_same(workshop: Workshop) -> None:
    category = workshop.opened.catalogue.categories[workshop.draws()[0]]
    first = begun(workshop, category, "lively", seed=5)
    again = begun(workshop, category, "lively", seed=5)
    assert all(np.array_equal(a.z, b.z) for a, b in zip(first, again, strict=True))
    a, b = first[:2]
    sets = {
        "child": children(workshop, a, "gentle", seed=1),
        "cross": cross(workshop, a, b, seed=2),
        "film": film_strip(workshop, a, b),
        "turn": turned(workshop, a, np.eye(len(a.z), dtype=np.float32)[0], "colour", "blue"),
    }
    for op, made in sets.items():
        assert {picture.op for picture in made} == {op}
        assert len({picture.id for picture in made}) == len(made) == {"film": STRIP, "turn": len(TURNS)}.get(op, BROOD)
        assert len({picture.job for picture in made}) == 1
        assert {picture.parents for picture in made} == {(a.id, b.id) if op in ("cross", "film") else (a.id,)}
        assert all(words_of(picture) for picture in made)
    assert np.allclose(sets["film"][0].z, a.z, atol=1e-5)
    assert np.allclose(sets["film"][-1].z, b.z, atol=1e-5)
    assert np.allclose(sets["turn"][2].z, a.z, atol=1e-5)


def test_livelier_children_lie_farther_away(workshop: Workshop) -> None:
    category = workshop.opened.catalogue.categories[workshop.draws()[0]]
    parent = begun(workshop, category, "calm", seed=0)[0]

    def away(variety: str) -> float:
        made = children(workshop, parent, variety, seed=3)
        return float(torch.tensor(np.stack([p.z - parent.z for p in made])).norm(dim=1).mean())

    assert away("calm") < away("gentle") < away("lively") < away("wild")
