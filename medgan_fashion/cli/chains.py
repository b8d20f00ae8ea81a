"""The table of chains: what `run NAME` calls with a pipeline's settings. Imports no torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

SEGMENTATION = "lesion_segmentation"
Chain = Callable[[dict[str, Any], dict[str, Path], Path, bool, int | None], None]


def _only_cases(inputs: dict[str, Path], chain: str) -> Path | None:
    """The case table, of a chain that takes nothing else."""
    for name in inputs:
        if name not in ("", "cases"):
            raise ValueError(f"chain {chain} has no input '{name}'; give --data cases=PATH")
    return inputs.get("") or inputs.get("cases")


def _study(settings: dict[str, Any], inputs: dict[str, Path], out: Path, dry_run: bool, processes: int | None) -> None:
    from medgan_fashion.base.plain import from_plain
    from medgan_fashion.medical.config import AblationConfig
    from medgan_fashion.medical.segmentation.config import SegmentationConfig

    config = from_plain(SegmentationConfig if settings["chain"] == SEGMENTATION else AblationConfig, settings)
    table = _only_cases(inputs, config.chain)
    from medgan_fashion.cli.terminal.study import study_command

    study_command(table, out, config, dry_run, processes)


def _garments(
    settings: dict[str, Any], inputs: dict[str, Path], out: Path, dry_run: bool, processes: int | None
) -> None:
    from medgan_fashion.fashion.config import read_settings

    config = read_settings(settings)
    from medgan_fashion.cli.terminal.garments import garments_command

    garments_command(inputs, out, config, dry_run, processes)


CHAINS: dict[str, Chain] = {"lesions": _study, "mammograms": _study, SEGMENTATION: _study, "garments": _garments}
