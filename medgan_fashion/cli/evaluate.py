"""Commands that judge images: evaluate-images."""

from pathlib import Path
from typing import Literal


def evaluate_images(
    real: Path,
    fake: Path,
    held_out: Path | None = None,
    labels_from: Literal["folders", "none"] = "folders",
    size: tuple[int, int] | None = None,
    out: Path | None = None,
    seed: int = 0,
    updates: int = 400,
) -> None:
    """Measure generated images against real ones: every measure beside the same of reals against reals.

    Args:
        real: folder of pictures (sub-folders are classes), .npz with `images`, or case table (CSV).
        fake: the same, or what `generate` wrote.
        held_out: other real images that the generator did not see; fakes are then compared with these.
        labels_from: folders = sub-folders, an .npz's labels, a table's or generate's classes; none = leave them aside.
        size: height and width to bring pictures to, cut around their centre; default: as they are (tables: 64x64).
        out: JSON file to write all figures to.
        seed: everything random follows from it.
        updates: of every classifier that is trained; fewer are faster and see less.
    """
    import json
    from dataclasses import asdict

    from medgan_fashion.base.files import write_whole
    from medgan_fashion.evaluation.images.report import Effort, as_table, measure_set
    from medgan_fashion.runs.single.inputs import read_sources

    if updates < 1:
        raise ValueError(f"--updates is {updates}; give 1 or more")
    if out is not None:  # before the work, not after it
        out.parent.mkdir(parents=True, exist_ok=True)
    given = read_sources(real, fake, held_out, size=size, labels_from=labels_from)
    effort = Effort(updates=updates)
    found = measure_set(
        given.real, given.fake, held_out=given.held_out, n_classes=len(given.classes), effort=effort, seed=seed
    )
    print("\n".join(as_table(found)))
    if out is not None:
        text = json.dumps({"classes": given.classes, "seed": seed, **asdict(found)}, indent=1)
        write_whole(out, lambda part: part.write_text(text))
        print(out)
