"""Finds and reads a pipeline file, and lays --set and --data over it. Imports no torch."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from medgan_fashion.base.plain import merged


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
