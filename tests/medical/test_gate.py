"""The gate and the arms of equal classes inside a whole study."""

from pathlib import Path

import numpy as np

from medgan_fashion.base.plain import from_plain
from medgan_fashion.medical.arms.planted import PLANTED
from medgan_fashion.medical.arms.pools import arm_pool
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.study.run import open_study, plan_study, run_study
from medgan_fashion.report.write import write_report
from medgan_fashion.runs.engine.stage import complete
from medgan_fashion.runs.stages.folds import load_fold
from medgan_fashion.runs.stages.images import load_synthetic

PLAIN = {
    "image": {"size": [16, 16]},
    "folds": 2,
    "repeats": 1,
    "classifier_seeds": 1,
    "arms": ["real+classic", "real+classic+gated"],
    "primary": {"arm": "real+classic+gated"},
    "gan": {"images_seen": 64, "changes": {"networks": {"width": 4, "max_width": 8}}},
    "gate": {"candidates": 1},
    "classifier": {"updates": 10, "batch": 16},
    "encoder_updates": 20,
    "phantom_patients": 24,
}


def _files(run: Path, pattern: str) -> list[Path]:
    return sorted(path for path in run.glob(pattern) if not path.parent.name.startswith("."))


def test_copies_do_not_pass_the_gate(tmp_path: Path) -> None:
    config = from_plain(AblationConfig, PLAIN)
    summary = run_study(None, tmp_path, config, processes=0, synthesis=PLANTED["copies"])
    rows = summary["gate"]
    assert len(rows) == 2
    for row in rows:
        assert row["accepted"] == row["passed"] == 0
        assert row["reasons"]["near copy"] > 0
        assert sum(row["reasons"].values()) == row["candidates"]
    totals = {arm["arm"]: (arm["n_gan"], arm["pool"]) for arm in summary["arms"]}
    assert totals["real+classic+gated"] == (0.0, totals["real+classic"][1])  # classic images fill every place
    page = write_report(tmp_path).read_text()
    assert "Rejected: near copy" in page
    assert "accepted fewer synthetic images" in page
    shared = write_report(tmp_path, shareable=True).read_text()
    assert "Rejected: near copy" not in shared


def test_balanced_arms_differ_in_the_source_of_rare_images_alone(tmp_path: Path) -> None:
    table = write_liver_phantoms(tmp_path / "phantoms", patients=30)
    lines = table.read_text().splitlines()
    column = lines[0].split(",").index("label")
    seen: dict[str, int] = {}
    kept = []
    for line in lines[1:]:
        label = line.split(",")[column]
        seen[label] = seen.get(label, 0) + 1
        if label != sorted(seen)[0] or seen[label] <= 12:
            kept.append(line)
    table.write_text("\n".join([lines[0], *kept]) + "\n")
    arms = {"arm": "balanced+classic+gan", "against": "balanced+classic"}
    config = from_plain(AblationConfig, PLAIN | {"arms": list(arms.values()), "primary": arms})
    prepared, config = open_study(table, tmp_path / "run", config, 1, lambda text: None)
    plan = plan_study(tmp_path / "run", prepared.images, config)
    shares = {}
    for cell in plan.cells[:2]:
        complete(cell.task, tmp_path / "run")
        inputs = {
            k: v.folder(tmp_path / "run")
            for k, v in cell.task.inputs.items()
            if k in ("training", "classic", "synthetic")
        }
        made = arm_pool(arm=cell.arm, pool=config.pool, ratio=0.0, seed=0, **inputs)
        shares[cell.arm] = np.concatenate([part.images.labels[part.rows] for part in made.parts])
        fold = load_fold(inputs["training"])
        if "synthetic" in inputs:
            counts, rare = np.bincount(fold.labels), load_synthetic(inputs["synthetic"], fold).labels
            assert np.bincount(rare, minlength=len(counts)).tolist() == (counts.max() - counts).tolist()
            assert made.counts.gan == len(rare) > 0
    tallies = [np.bincount(labels).tolist() for labels in shares.values()]
    assert len(tallies) == 2
    assert tallies[0] == tallies[1]
    assert max(tallies[0]) - min(tallies[0]) <= 1
