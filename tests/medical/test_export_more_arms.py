"""Gated and balanced arms of a real run, exported: the lists that their own classifiers train on."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.base.plain import from_plain
from medgan_fashion.medical.arms.pools import arm_pool, fill_pool
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.outside.export_arms import export_arms
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.study.finished import OpenRun, open_run
from medgan_fashion.medical.study.run import open_study
from medgan_fashion.runs.engine.declare import declare
from medgan_fashion.runs.engine.stage import complete
from tests.medical.test_gate import PLAIN

ARMS = ["real+classic", "real+classic+gated", "balanced+classic", "balanced+classic+gan"]
OPEN = {"candidates": 1.0, "quantile": 0.999, "quota": 1000.0, "artefact_sds": 1e6}  # lets some of a poor GAN pass
HALF_A_STEP = 0.5 / 65535 + 1e-7


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> OpenRun:
    folder = tmp_path_factory.mktemp("more_arms")
    table = write_liver_phantoms(folder / "phantoms", patients=24)
    header, *rows = table.read_text().splitlines()
    at = header.split(",").index("label")
    rare = min(row.split(",")[at] for row in rows)
    some = [row for row in rows if row.split(",")[at] == rare][:12]
    table.write_text("\n".join([header, *some, *(row for row in rows if row.split(",")[at] != rare)]) + "\n")
    config, run = from_plain(AblationConfig, PLAIN | {"arms": ARMS, "gate": OPEN}), folder / "run"
    prepared, config = open_study(table, run, config, 1, lambda text: None)
    declare(run, config, {"cases": prepared.images.content_hash()})
    opened = open_run(run)
    for need in (need for cell in opened.plan.cells for need in cell.task.needs()):
        complete(need, run)  # all images, and no classifier
    return opened


def test_gated_and_balanced_lists_are_what_their_classifiers_train_on(opened: OpenRun, tmp_path: Path) -> None:
    export_arms(opened, tmp_path)
    with (tmp_path / "arms.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    sources: dict[str, Counter[str]] = {arm: Counter() for arm in ARMS}
    classes = opened.images.card.classes
    patients_of = {
        (opened.images.card.pseudonyms[group], classes[label])
        for group, label in zip(opened.images.groups, opened.images.labels, strict=True)
    }
    for cell in opened.plan.cells:
        inputs = cell.task.resolved(opened.folder)
        wanted = {k: v for k, v in inputs.items() if k not in ("test", "classifier", "external")}
        images, labels, _ = fill_pool(arm_pool(**wanted).parts)
        found = [r for r in rows if (r["fold"], r["arm"], r["split"]) == (str(cell.fold + 1), cell.arm, "train")]
        assert [row["label"] for row in found] == [classes[k] for k in labels]
        for image, row in zip(images, found, strict=True):
            assert np.abs(np.asarray(Image.open(tmp_path / row["file"])) / 65535 - image[0]).max() <= HALF_A_STEP
            assert (row["source"] == "gan") == row["file"].startswith("images/synthetic")
            assert row["source"] == "gan" or (row["patient"], row["label"]) in patients_of
        sources[cell.arm].update(row["source"] for row in found)
        if cell.arm.startswith("balanced"):
            shares = Counter(row["label"] for row in found).values()
            assert max(shares) - min(shares) <= 1
    assert sources["real+classic+gated"]["gan"] > 0
    assert sources["balanced+classic+gan"]["gan"] > 0
    assert not sources["real+classic"]["gan"] + sources["balanced+classic"]["gan"]
    assert sources["real+classic+gated"].total() == sources["real+classic"].total()
