"""The table of chains, and how a pipeline file, --set and --data become their arguments. Imports no torch."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

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


def read_pipeline(path: Path) -> dict[str, Any]:
    """A pipeline file as plain data; ValueError names the file and line where it is not YAML."""
    from ruamel.yaml import YAML, YAMLError

    try:
        settings = YAML(typ="safe").load(path.read_text())
    except YAMLError as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(settings, dict):
        raise ValueError(f"{path} holds no settings; begin with: chain: lesions")
    return settings


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


def _lesions(
    settings: dict[str, Any], inputs: dict[str, Path], out: Path, dry_run: bool, processes: int | None
) -> None:
    from medgan_fashion.gan.plain import from_plain
    from medgan_fashion.medical.lesions_config import LesionsConfig

    config = from_plain(LesionsConfig, settings)
    for name in inputs:
        if name not in ("", "cases"):
            raise ValueError(f"chain lesions has no input '{name}'; give --data cases=PATH")
    from medgan_fashion.chains.lesions import lesions_command

    lesions_command(inputs.get("") or inputs.get("cases"), out, config, dry_run, processes)


CHAINS: dict[str, Chain] = {"lesions": _lesions}
