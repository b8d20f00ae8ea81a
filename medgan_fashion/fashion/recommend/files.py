"""A recommender as one safetensors file: tables, the tower's weights, and plain metadata. No pickle."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from medgan_fashion.base.files import write_whole
from medgan_fashion.fashion.recommend.model import FactorModel, Prior
from medgan_fashion.fashion.recommend.recommenders import Neighbourhood
from medgan_fashion.fashion.recommend.towers import rebuild

FORMAT = "medgan_fashion.recommender/1"
_TABLES = ("theta", "phi", "bias", "known", "mean", "covariance", "trained")
_SPARSE = ("data", "indices", "indptr")


def _tensor(array: Any) -> Tensor:
    return torch.from_numpy(np.require(array, requirements=["C", "W"]))


def _factor_tensors(model: FactorModel) -> dict[str, Tensor]:
    trained = np.ones(len(model.customers), bool) if model.trained is None else model.trained
    tables = (model.theta, model.phi, model.bias, model.known, model.prior.mean, model.prior.covariance, trained)
    tensors = {name: _tensor(table) for name, table in zip(_TABLES, tables, strict=True)}
    if model.tower is not None:
        weights = model.tower.network.state_dict()
        tensors |= {f"tower.{name}": tensor.cpu().contiguous() for name, tensor in weights.items()}
    return tensors


def _neighbour_tensors(model: Neighbourhood) -> dict[str, Tensor]:
    tensors = {"known": _tensor(model.known)}
    for table in ("likes", "alike"):
        tensors |= {f"{table}.{part}": _tensor(getattr(getattr(model, table), part)) for part in _SPARSE}
    return tensors


def save_recommender(model: FactorModel | Neighbourhood, path: str | Path) -> None:
    """Writes the model whole or not at all; equal models are equal files."""
    about: dict[str, Any] = {"name": model.name, "customers": model.customers, "items": model.items}
    if isinstance(model, Neighbourhood):
        about["kind"], tensors = "neighbourhood", _neighbour_tensors(model)
    else:
        about["kind"], tensors = "factors", _factor_tensors(model)
        about["tower"] = None if model.tower is None else model.tower.card
    write_whole(Path(path), lambda temporary: save_file(tensors, temporary, {FORMAT: json.dumps(about)}))


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    if not path.is_file():
        raise ValueError(f"no recommender at {path}; give the path of a file that save_recommender wrote")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file ({error}); give a recommender of this package") from error
    if FORMAT not in metadata:
        known = ", ".join(metadata) or "none"
        raise ValueError(f"{path} is not a recommender: it needs metadata {FORMAT} and has {known}")
    return json.loads(metadata[FORMAT]), tensors


def _neighbourhood(about: dict[str, Any], arrays: dict[str, Any]) -> Neighbourhood:
    from scipy.sparse import csr_matrix

    n_customers, n_items = len(about["customers"]), len(about["items"])
    shapes = {"likes": (n_customers, n_items), "alike": (n_items, n_items)}
    tables = {name: csr_matrix(tuple(arrays[f"{name}.{p}"] for p in _SPARSE), shape=s) for name, s in shapes.items()}
    customers, items = tuple(about["customers"]), tuple(about["items"])
    return Neighbourhood(about["name"], customers, items, tables["likes"], tables["alike"], arrays["known"])


def _factors(about: dict[str, Any], arrays: dict[str, Any], tensors: dict[str, Tensor]) -> FactorModel:
    theta, phi, bias, known, mean, covariance, trained = (arrays[name] for name in _TABLES)
    if len(theta) != len(about["customers"]) or len(phi) != len(about["items"]) or theta.shape[1] != phi.shape[1]:
        raise ValueError(f"its tables {theta.shape} and {phi.shape} do not fit its lists of customers and items")
    weights = {key.removeprefix("tower."): value for key, value in tensors.items() if key.startswith("tower.")}
    tower = None if about["tower"] is None else rebuild(about["tower"], weights)
    customers, items = tuple(about["customers"]), tuple(about["items"])
    prior = Prior(mean, covariance)
    return FactorModel(about["name"], customers, items, theta, phi, bias, known, prior, tower, trained)


def load_recommender(path: str | Path) -> FactorModel | Neighbourhood:
    """Reads what `save_recommender` wrote. ValueError naming the file and what is wrong with it."""
    path = Path(path)
    about, tensors = _read(path)
    arrays = {key: tensor.numpy() for key, tensor in tensors.items() if not key.startswith("tower.")}
    try:
        if about["kind"] == "neighbourhood":
            return _neighbourhood(about, arrays)
        return _factors(about, arrays, tensors)
    except KeyError as error:
        raise ValueError(
            f"{path} lacks {error}: it was cut short or written by another version; fit it again"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path} cannot be used, {error}; fit it again") from error
