"""Two runs side by side: rows are matched by what they are about, and each difference is a line."""

from benchmarks.compare_runs import compare


def test_figures_that_differ_are_named_and_others_are_not() -> None:
    before = {
        "created": "yesterday",
        "verdict": {"estimate": 0.006, "arm": "a", "low": None},
        "arms": [{"arm": "a", "n": 3, "per_class": [{"class": "x", "s": 0.5}]}, {"arm": "b", "n": 4}],
        "gans": [{"name": "GAN", "fold": 0, "kid": 1.0}, {"name": "GAN", "fold": 1, "kid": 2.0}],
    }
    after = {
        "created": "today",
        "verdict": {"estimate": 0.007, "arm": "a", "low": -0.1},
        "arms": [{"arm": "b", "n": 4}, {"arm": "a", "n": 3, "per_class": [{"class": "x", "s": 0.5 + 1e-12}]}],
        "gans": [{"name": "GAN", "fold": 1, "kid": 2.0}, {"name": "GAN", "fold": 0, "kid": 1.5, "drawn": 9}],
    }
    assert compare(before, after, 1e-9) == [
        "verdict/estimate: 0.006 -> 0.007 (+0.001)",
        "verdict/low: None -> -0.1",
        "gans/[name=GAN, fold=0]/kid: 1 -> 1.5 (+0.5)",
        "gans/[name=GAN, fold=0]/drawn: only after: 9",
    ]
    assert compare(before, before) == []
    assert "created: 'yesterday' -> 'today'" in compare(before, after, everything=True)
