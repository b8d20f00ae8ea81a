"""The screening of an ablation's GANs: copies are blocked, cards lie where their models are looked for."""

from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.medical.arms.planted import PLANTED
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.results.screening import keep_cards, pair_samples, privacy_rows
from medgan_fashion.medical.study.run import open_study, plan_study
from medgan_fashion.runs.engine.stage import complete
from medgan_fashion.runs.stages.privacy_cards import find_card

STUDY = from_plain(
    AblationConfig,
    {
        "image": {"size": [16, 16]},
        "folds": 2,
        "repeats": 1,
        "classifier_seeds": 1,
        "arms": ["real+classic", "real+classic+gan"],
        "gan": {"images_seen": 64, "changes": {"networks": {"width": 4, "max_width": 8}}},
        "encoder_updates": 5,
        "phantom_patients": 36,
    },
)


def screened(run: Path, kind: str | None, config: AblationConfig = STUDY) -> list:
    """The screenings of a study, done; `kind`: what is planted in the GANs' place."""
    prepared, config = open_study(None, run, config, 1, lambda text: None)
    plan = plan_study(run, prepared.images, config, PLANTED[kind] if kind else None)
    assert {one.task.key for one in plan.privacy} <= {task.key for task in plan.tasks}
    for one in plan.privacy:
        complete(one.task, run)
    return plan.privacy


@pytest.mark.parametrize("kind", ["copies", "truth"])
def test_planted_copies_are_blocked_and_fresh_truth_is_not(kind: str, tmp_path: Path) -> None:
    planned = screened(tmp_path, kind)
    rows = privacy_rows(planned, tmp_path)
    assert [(row["name"], row["fold"], row["by"]) for row in rows] == [("GAN", 0, "patient"), ("GAN", 1, "patient")]
    for row in rows:
        assert (row["outcome"] == "blocked") == (kind == "copies"), row["reasons"]
        assert row["counts"]["training_patients"] == row["counts"]["held_out_patients"] == 18
        assert row["model_sha256"] is None
    keep_cards(planned, tmp_path)
    assert not (tmp_path / "results").exists()  # no model stands behind these images
    samples = pair_samples(planned, tmp_path)
    assert samples["f1_privacy_synthetic"].shape == samples["f1_privacy_train"].shape == (24, 16, 16)
    same = (samples["f1_privacy_synthetic"] == samples["f1_privacy_train"]).all(axis=(1, 2))
    assert same.all() == (kind == "copies")
    assert (np.diff(samples["f0_privacy_distance"]) >= 0).all()


def test_every_gan_of_a_run_has_a_card_that_its_file_finds(tmp_path: Path) -> None:
    per_class = from_plain(
        AblationConfig,
        {
            "image": {"size": [16, 16]},
            "folds": 2,
            "repeats": 1,
            "classifier_seeds": 1,
            "arms": ["real+classic", "real+classic+gan"],
            "encoder_updates": 5,
            "phantom_patients": 24,
            "gan": {
                "recipe": "dcgan",
                "per_class": True,
                "images_seen": 64,
                "changes": {"networks": {"width": 4, "max_width": 8}},
            },
            "privacy": {"fewest_patients": 3},
        },
    )
    planned = screened(tmp_path, None, per_class)
    assert [one.name for one in planned] == ["GAN, class 0", "GAN, class 1", "GAN, class 2"] * 2
    keep_cards(planned, tmp_path)
    models = sorted((tmp_path / "stages" / "train_gan").glob("*/model.safetensors"))
    assert len(models) == 6
    for model in models:
        card = find_card(model)
        assert card is not None
        counts = card["counts"]
        assert counts["training_patients"] + counts["held_out_patients"] == 8  # of 24, those of its class
        assert card["rules"]["fewest_patients"] == 3
        assert card["membership"] is not None
