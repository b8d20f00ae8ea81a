"""Every recipe's generator leaves the house and draws the same images there."""

import functools
import json
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

from medgan_fashion.gan import RECIPES, Model
from medgan_fashion.gan.models import export as export_module
from medgan_fashion.gan.models.export import Drawing, check_drawn, example_inputs, export_onnx, export_program, turned

from .tiny_models import tiny_model

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
_EXPORTED: dict[str, str] = {}  # a generator's layers -> the row that was exported with just these


@pytest.fixture(autouse=True, scope="module")
def _operators_read_once() -> Iterator[None]:
    """torch's exporter reads the sources of hundreds of operators at each call, a second's work: here at the first."""
    registry = import_module("torch.onnx._internal.exporter._registration").ONNXRegistry
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "from_torchlib", staticmethod(functools.cache(registry.from_torchlib)))
        yield


def _own(model: Model, inputs: dict[str, torch.Tensor]) -> np.ndarray:
    with torch.no_grad():
        return model.synthesize(inputs["z"], inputs.get("label"), inputs.get("given")).numpy()


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_exported(name: str, tmp_path: Path) -> None:
    model = tiny_model(name)
    layers = str(model.generator)
    if layers in _EXPORTED:  # rows that differ in their training only
        return
    _EXPORTED[layers] = name
    before = torch.get_rng_state()
    path = export_onnx(model, tmp_path / "g.onnx")
    assert torch.equal(torch.get_rng_state(), before)
    assert [file.name for file in tmp_path.iterdir()] == ["g.onnx"]
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for n in (1, 2, 7):
        inputs = example_inputs(model, n, seed=20 + n)
        fed = {one.name: inputs[one.name].numpy() for one in session.get_inputs()}
        (images,) = session.run(["images"], fed)
        assert images.shape == (n, *model.card.shape)
        # a progressive pair of this size multiplies rounding: its own images are as far from float64's
        assert np.abs(images - _own(model, inputs)).max() < (5e-5 if name.startswith("progan") else 1e-5)


@pytest.mark.parametrize("name", ["small", "small_spade", "progan_small"])
def test_a_program_draws_without_this_package(name: str, tmp_path: Path) -> None:
    model = tiny_model(name)
    path = export_program(model, tmp_path / "g.pt2")
    drawing = torch.export.load(path).module()
    inputs = example_inputs(model, 4, seed=9)
    own = _own(model, inputs)
    made = drawing(inputs.pop("z"), **inputs).detach().numpy()
    assert np.abs(made - own).max() < 1e-5
    with zipfile.ZipFile(path) as file:
        (about,) = [json.loads(file.read(one)) for one in file.namelist() if one.endswith("about.json")]
    assert about["SyntheticData"] == "YES"
    assert about["inputs"]["z"] == ["batch", 6]


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    provenance = {"training_rows": "abc12345", "patients": ["P001", "P002"], "folder": "/home/someone"}
    path = export_onnx(tiny_model("cgan", provenance=provenance), tmp_path / "g.onnx")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    assert about["SyntheticData"] == "YES"
    assert json.loads(about["classes"]) == ["a", "b", "c"]
    assert json.loads(about["value_range"]) == [0.0, 1.0]
    assert json.loads(about["latent"]) == {"size": 6, "prior": "normal"}
    assert json.loads(about["provenance"])["training_rows"] == "abc12345"
    raw = path.read_bytes()
    assert b"P001" not in raw
    assert b"someone" not in raw


def test_a_whole_range_is_the_unit_of_the_check(tmp_path: Path) -> None:
    """Images of 0 to 255 are held to the same share of their range."""
    from dataclasses import replace

    model = tiny_model("dcgan")
    model.card = replace(model.card, value_range=(0.0, 255.0), dtype="uint8")
    path = export_onnx(model, tmp_path / "g.onnx")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (images,) = session.run(None, {"z": example_inputs(model, 4)["z"].numpy()})
    assert images.dtype == np.float32
    assert images.max() > 2


def test_a_file_that_draws_something_else_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(Drawing):
        def forward(self, z, label=None, given=None):
            return super().forward(z, label, given) + 2e-5

    monkeypatch.setattr(export_module, "Drawing", Wrong)
    for write in (export_onnx, export_program):
        with pytest.raises(ValueError, match=r"g was not written: its images differ .* by 2e-05"):
            write(tiny_model("dcgan"), tmp_path / "g")
    assert list(tmp_path.iterdir()) == []


def test_the_traced_code_itself_is_held_to_the_model() -> None:
    """The allowance for rounding is the other program's alone."""
    model = tiny_model("dcgan")
    own = Drawing(model)
    check_drawn(model, lambda inputs: own(inputs["z"]) + 9e-6, "g", 1e-5)
    with pytest.raises(ValueError, match=r"by 1\.1e-05 of the value range, more than 1e-05"):
        check_drawn(model, lambda inputs: own(inputs["z"]) + 1.1e-5, "g", 1e-5)
    with pytest.raises(ValueError, match="by nan"):
        check_drawn(model, lambda inputs: own(inputs["z"]) * float("nan"), "g", 1e-5)


def test_what_cannot_be_traced_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Peeks(Drawing):
        def forward(self, z, label=None, given=None):
            return super().forward(z) if float(z.detach().sum()) > 0 else super().forward(-z)

    monkeypatch.setattr(export_module, "Drawing", Peeks)
    with pytest.raises(ValueError, match="kind 'dcgan' cannot be exported"):
        export_program(tiny_model("dcgan"), tmp_path / "g.pt2")


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no_such_exporter: pip install 'medgan-fashion\[export\]'"):
        export_module.needs("export", "no_such_exporter")


def test_the_way_back() -> None:
    model = tiny_model("cyclegan")
    back = turned(model)
    images = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    there = back.synthesize(example_inputs(back, 2)["z"], None, images)[:, :3]
    assert torch.allclose(there, model.translate(images, back=True), atol=1e-6)
    with pytest.raises(ValueError, match="no generator_back"):
        turned(tiny_model("dcgan"))
