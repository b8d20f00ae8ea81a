"""The table of chains, and how a pipeline file, --set and --data become their arguments. Imports no torch."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from medgan_fashion.base.plain import merged

Chain = Callable[[dict[str, Any], dict[str, Path], Path, bool, int | None], None]


def _pipeline_folder() -> Path:
    """pipelines/ of the checkout, or its copy inside an installed wheel."""
    package = Path(str(files("medgan_fashion")))
    inside = package / "data" / "pipelines"
    return inside if inside.is_dir() else package.parent / "pipelines"


def find_pipeline(chain: str) -> Path:
    """The YAML file of a name, or the file itself; ValueError lists the names."""
    own, named = Path(chain), _pipeline_folder() / f"{chain}.yaml"
    if own.suffix in (".yaml", ".yml"):
        if not own.is_file():
            raise ValueError(f"no pipeline file {own}; copy one from {_pipeline_folder()}")
        return own
    if not named.is_file():
        names = ", ".join(sorted(path.stem for path in _pipeline_folder().glob("*.yaml")))
        raise ValueError(f"no chain '{chain}'; choose from {names}, or give a YAML file")
    return named


def _read(path: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML, YAMLError

    try:
        settings = YAML(typ="safe").load(path.read_text())
    except YAMLError as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(settings, dict):
        raise ValueError(f"{path} holds no settings; begin with: chain: lesions")
    return settings


def read_pipeline(path: Path) -> dict[str, Any]:
    """A pipeline file as plain data, laid over the file of the chain that it names: `chain: mammograms` alone is all
    of pipelines/mammograms.yaml.

    ValueError names the file and line where it is not YAML.
    """
    settings = _read(path)
    base = _pipeline_folder() / f"{settings.get('chain')}.yaml"
    if not base.is_file() or base.resolve() == path.resolve():
        return settings
    return merged(_read(base), settings)


def parse_settings(settings: dict[str, Any], changes: list[str]) -> dict[str, Any]:
    """Lays KEY=VALUE changes over the settings; keys are dotted, values are YAML."""
    from ruamel.yaml import YAML, YAMLError

    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise ValueError(f"--set {change}: write it as key=value, for example gan.images_seen=20000")
        node = settings
        *parents, last = key.split(".")
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise ValueError(f"--set {change}: '{parent}' holds a value, not settings")
        try:
            node[last] = YAML(typ="safe").load(value)
        except YAMLError as error:
            raise ValueError(f"--set {change}: the value is not YAML; write a list as [a, b]") from error
    return settings


def split_inputs(data: list[str]) -> dict[str, Path]:
    """NAME=PATH pairs; a bare PATH is the first input, under the name ''."""
    inputs: dict[str, Path] = {}
    for item in data:
        name, equals, path = item.partition("=")
        bare = not equals or "/" in name
        inputs["" if bare else name] = Path(item if bare else path)
    return inputs


def _only_cases(inputs: dict[str, Path], chain: str) -> Path | None:
    """The case table, of a chain that takes nothing else."""
    for name in inputs:
        if name not in ("", "cases"):
            raise ValueError(f"chain {chain} has no input '{name}'; give --data cases=PATH")
    return inputs.get("") or inputs.get("cases")


def _ablation(
    settings: dict[str, Any], inputs: dict[str, Path], out: Path, dry_run: bool, processes: int | None
) -> None:
    from medgan_fashion.base.plain import from_plain
    from medgan_fashion.medical.config import AblationConfig

    config = from_plain(AblationConfig, settings)
    table = _only_cases(inputs, config.chain)
    from medgan_fashion.cli.terminal.ablation import ablation_command

    ablation_command(table, out, config, dry_run, processes)


def _garments(
    settings: dict[str, Any], inputs: dict[str, Path], out: Path, dry_run: bool, processes: int | None
) -> None:
    from medgan_fashion.fashion.config import read_settings

    config = read_settings(settings)
    from medgan_fashion.cli.terminal.garments import garments_command

    garments_command(inputs, out, config, dry_run, processes)


def _segmentation(
    settings: dict[str, Any], inputs: dict[str, Path], out: Path, dry_run: bool, processes: int | None
) -> None:
    from medgan_fashion.base.plain import from_plain
    from medgan_fashion.medical.segmentation.config import SegmentationConfig

    config = from_plain(SegmentationConfig, settings)
    table = _only_cases(inputs, config.chain)
    from medgan_fashion.cli.terminal.segmentation import segmentation_command

    segmentation_command(table, out, config, dry_run, processes)


CHAINS: dict[str, Chain] = {
    "lesions": _ablation,
    "mammograms": _ablation,
    "lesion_segmentation": _segmentation,
    "garments": _garments,
}
