"""A generator for other programs: alone as `(z, label, given) -> images`, as ONNX or as torch's exported program."""

import copy
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import to_plain
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.card import released
from medgan_fashion.gan.networks.latent import sample_latent
from medgan_fashion.gan.recipe.schedules import full_size

# ---------------------------------------------------------------------------------------------------------------------
# A model's generator alone, as `(z, label, given) -> images`, and the check of what else draws in its name.


CHECKED = (1, 5)  # batches that are looked at
ROUNDING = 4  # times the model's own rounding error may be met by another program's

Inputs = dict[str, Tensor]
Draw = Callable[[Inputs], Tensor]


class Drawing(nn.Module):
    """`(z (N, d)[, label (N,)][, given (N, K, H, W)]) -> images (N, C, H, W)`, floats in the data's value range, as
    Model.synthesize gives them. Holds a copy of the model's generator, on the CPU."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.generator = copy.deepcopy(model.generator).cpu().eval()
        self.shape, (self.low, self.high) = model.card.shape, model.card.value_range

    def forward(self, z: Tensor, label: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        handed = () if given is None else ((given - self.low) * (2 / (self.high - self.low)) - 1,)
        images = full_size(self.generator(z, label, *handed), self.shape)
        return (images + 1) * ((self.high - self.low) / 2) + self.low


def turned(model: Model) -> Model:
    """A CycleGAN's model with its second translator in the first's place: exported, it paints the way back."""
    if "generator_back" not in model.networks:
        raise ValueError(f"this model has no generator_back: its recipe plays {model.recipe.scheme}, one way")
    pair = replace(model.recipe.networks, given=model.card.shape[0] - model.recipe.given)
    networks = {
        "generator": model.networks["generator_back"],
        "generator_back": model.networks["generator"],
        "discriminator": model.networks["discriminator_back"],
        "discriminator_back": model.networks["discriminator"],
    }
    return Model(replace(model.recipe, networks=pair), model.card, networks, model.facts)


def example_inputs(model: Model, n: int, seed: int = 0) -> Inputs:
    """What a file of this model is fed, by name: z from the prior, `label` where G takes classes, `given` where it
    paints over pictures (noise within the value range)."""
    stream = torch.Generator().manual_seed(seed)
    inputs = {"z": sample_latent(model.latent, n, stream)}
    if model.recipe.networks.condition_g != "none":
        inputs["label"] = torch.arange(n) % len(model.card.classes)
    if k := model.recipe.given:
        low, high = model.card.value_range
        inputs["given"] = low + (high - low) * torch.rand(n, k, *model.card.shape[1:], generator=stream)
    return inputs


def called(draw: Callable[..., Tensor]) -> Draw:
    """A function of z by position and the rest by name, as one of inputs by name."""
    return lambda inputs: draw(inputs["z"], **{name: value for name, value in inputs.items() if name != "z"})


@torch.no_grad()
def check_drawn(model: Model, draw: Draw, name: str, tolerance: float) -> None:
    """ValueError where `draw` does not give the model's own images, for a batch of one and of several: to `tolerance`
    of the value range, or to 4 times the model's rounding error (float32 against float64) where that is more."""
    low, high = model.card.value_range
    device = next(model.generator.parameters()).device
    itself, exact = called(Drawing(model)), called(Drawing(model).double())
    for n in CHECKED:
        inputs = example_inputs(model, n, seed=n)
        y, given = inputs.get("label"), inputs.get("given")
        own = model.synthesize(inputs["z"].to(device), None if y is None else y.to(device), given).cpu()

        def apart(images: Tensor, own: Tensor = own) -> float:
            return float((images - own).abs().max()) / (high - low)

        rounding = apart(exact({k: v.double() if v.is_floating_point() else v for k, v in inputs.items()}))
        allowed = max(tolerance, ROUNDING * rounding)
        # what was traced must be the model, to the word: only the other program may round in its own way
        for found, most in ((apart(itself(inputs)), tolerance), (apart(draw(inputs)), allowed)):
            if not found <= most:  # also where it is no number
                raise ValueError(
                    f"{name} was not written: its images differ from the model's by {found:.2g} of the value range, "
                    f"more than {most:.2g}; hand on the model.safetensors, or give a higher tolerance"
                )


# ---------------------------------------------------------------------------------------------------------------------
# A generator for other programs: ONNX, or torch's own exported program; each file is checked before it is kept.


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
