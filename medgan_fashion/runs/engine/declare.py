"""A run folder says what it is for before the first number is computed, and refuses to become something else."""

import json
from pathlib import Path
from typing import Any

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import differences


def declare(run: Path, plain: dict[str, Any]) -> None:
    """Writes the whole configuration and the hash of the data to RUN/declared.json.

    ValueError shows what changed when the folder was declared for another configuration or other data.
    """
    path = run / "declared.json"
    if path.exists():
        changed = differences(json.loads(path.read_text()), plain)
        if changed:
            raise ValueError(f"{run} was declared for another study ({'; '.join(changed)}); choose another --out")
        return
    run.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda part: part.write_text(json.dumps(plain, indent=1)))
