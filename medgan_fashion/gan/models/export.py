"""A generator for other programs: ONNX, or torch's own exported program; each file is checked before it is kept."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import to_plain
from medgan_fashion.gan.models.drawing import Draw, Drawing, Inputs, called, check_drawn, example_inputs
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.released import released

FORMAT = "medgan_fashion.export/1"
TOLERANCE = 1e-5  # of the value range: how far the file's images may lie from Model.synthesize's
TRACED = 3  # images in the batch that the file is made from


def needs(extra: str, *names: str) -> list[Any]:
    """The optional packages by name; ValueError naming the extra that brings the missing one."""
    try:
        return [import_module(name) for name in names]
    except ImportError as error:
        raise ValueError(f"this needs {error.name}: pip install 'medgan-fashion[{extra}]'") from error


def about_export(model: Model) -> dict[str, Any]:
    """What stands in the file: that its images are synthetic, and all that a program needs to draw them."""
    return {
        "format": FORMAT,
        "SyntheticData": "YES",
        "about": "draws synthetic images: say so wherever they are shown or stored",
        "inputs": {name: ["batch", *value.shape[1:]] for name, value in example_inputs(model, 1).items()},
        "latent": to_plain(model.latent),
        "classes": list(model.card.classes),
        "shape": list(model.card.shape),
        "value_range": list(model.card.value_range),
        "dtype_of_the_data": model.card.dtype,
        "fingerprint_of_the_data": model.card.fingerprint,
        "provenance": released(model.card.provenance),
        "facts": to_plain(model.facts),
    }


@contextmanager
def _quietly() -> Iterator[None]:
    """The exporters warn of their own parts' age, and of packages that no generator needs."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():  # with gradients, a deep generator would trace recomputing
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def traced(model: Model) -> Any:
    """The generator as torch.export's program, for any batch; ValueError where its code cannot be traced."""
    inputs = example_inputs(model, TRACED)
    batch = torch.export.Dim("batch", min=1)
    rest = {name: value for name, value in inputs.items() if name != "z"}
    with _quietly():
        try:
            return torch.export.export(
                Drawing(model), (inputs["z"],), rest, dynamic_shapes={name: {0: batch} for name in inputs}
            )
        except Exception as error:  # torch has a dozen kinds for code that it cannot follow
            kind = model.recipe.networks.kind
            raise ValueError(
                f"a generator of kind '{kind}' cannot be exported ({type(error).__name__}: {error}); "
                "hand on its model.safetensors"
            ) from error


def _run_onnx(path: Path) -> Draw:
    (runtime,) = needs("export", "onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = [one.name for one in session.get_inputs()]

    def draw(inputs: Inputs) -> torch.Tensor:
        return torch.from_numpy(session.run(None, {name: inputs[name].numpy() for name in wanted})[0])

    return draw


def export_onnx(model: Model, path: str | Path, tolerance: float = TOLERANCE) -> Path:
    """Writes G as one ONNX file and returns its path: inputs `z` (batch, d) float32, `label` (batch,) int64 where it
    takes classes, `given` (batch, K, H, W) where it paints over pictures; output `images` as floats in the value range,
    not cut to it. Its metadata says that they are synthetic. onnxruntime draws from the file before it is kept.

    ValueError for a missing package (extra `export`), code that cannot be traced, and a file whose images differ
    from Model.synthesize's by more than `tolerance`, a share of the value range (or 4 times the model's own rounding
    error, where that is more); nothing is left there then.
    """
    path = Path(path)
    needs("export", "onnx", "onnxscript", "onnxruntime")
    program = traced(model)
    with _quietly():
        onnx = torch.onnx.export(program, dynamo=True, verbose=False, output_names=["images"])
    assert onnx is not None
    for key, value in about_export(model).items():
        onnx.model.metadata_props[key] = value if isinstance(value, str) else json.dumps(value)

    def write(temporary: Path) -> None:
        onnx.save(temporary)
        check_drawn(model, _run_onnx(temporary), path.name, tolerance)

    write_whole(path, write)
    return path


def export_program(model: Model, path: str | Path, tolerance: float = TOLERANCE) -> Path:
    """Writes G as a torch.export program (.pt2) and returns its path. `torch.export.load(path).module()` draws
    `(z[, label=][, given=])` as `export_onnx`'s file does, without this package; about.json inside says what it is.

    Raises ValueError as `export_onnx` does.
    """
    path = Path(path)
    program = traced(model)

    def write(temporary: Path) -> None:
        held = io.BytesIO()  # by name, torch would want it to end in .pt2
        torch.export.save(program, held, extra_files={"about.json": json.dumps(about_export(model))})
        temporary.write_bytes(held.getvalue())
        drawing = torch.export.load(io.BytesIO(held.getvalue())).module()
        check_drawn(model, called(drawing), path.name, tolerance)

    with _quietly():
        write_whole(path, write)
    return path
