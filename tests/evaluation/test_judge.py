"""The judge orders good and bad sets, is plain data and says why there is no FID."""

import json

import numpy as np
import pytest

from medgan_fashion.evaluation.images.report import judge_images


def sets(n, d, seed=0):
    rng = np.random.default_rng(seed)
    shifts = (0.1, 0.0, 0.0, 1.0, 2.0)
    return [rng.normal(size=(n + 10 * at, d)) + shift for at, shift in enumerate(shifts)]


def test_orders_the_sets_at_equal_n_and_is_json():
    found = judge_images(*sets(60, 4), extractor="encoder-16", seed=1)
    assert json.loads(json.dumps(found)) == found
    assert (found["n"], found["d"], found["extractor"]) == (60, 4, "encoder-16")
    for figure in ({name: value["mean"] for name, value in found["kid"].items()}, found["fid"]):
        assert figure["train"] < figure["blurred"] < figure["noisy"]
        assert figure["synthetic"] < figure["blurred"]
    assert found["precision"]["synthetic"] > found["precision"]["noisy"]
    assert found == judge_images(*sets(60, 4), extractor="encoder-16", seed=1)


def test_leaves_fid_out_and_says_why():
    found = judge_images(*sets(20, 8), extractor="e", seed=0)
    assert found["fid"] is None
    assert "at least 80 images" in found["fid_reason"]


def test_refuses_features_of_two_extractors():
    given = sets(20, 8)
    given[0] = given[0][:, :5]
    with pytest.raises(ValueError, match="do not fit"):
        judge_images(*given, extractor="e", seed=0)
