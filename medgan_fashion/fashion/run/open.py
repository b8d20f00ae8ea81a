"""Where a finished run keeps what the single steps (recommend, design, restyle) need, and how it is opened again."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import from_plain
from medgan_fashion.evaluation.encoder import load_encoder
from medgan_fashion.fashion.data.catalogue import Catalogue, load_catalogue, on_shelf
from medgan_fashion.fashion.data.purchases import Purchases, load_purchases
from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.recommend.files import load_recommender
from medgan_fashion.fashion.recommend.model import FactorModel, Recommender
from medgan_fashion.gan import load_model
from medgan_fashion.gan.latent.encoder import LatentEncoder, load_latent_encoder

_FILE = "parts.json"


@dataclass(frozen=True)
class Parts:
    """Folders of a run, relative to it.

    Args:
        split: training, validation, test and cold purchases; history: all that customers have had to do with.
        models: the compared recommenders by name; ensemble, held_out: those that judge pictures.
        settings: the resolved configuration, as plain data.
    """

    catalogue: str
    shelf: str
    split: tuple[str, ...]
    history: str
    encoder: str
    gan: str
    latent_encoder: str
    limits: str
    models: dict[str, str]
    ensemble: tuple[str, ...]
    held_out: tuple[str, ...]
    settings: dict[str, Any]


def write_parts(run: Path, parts: Parts) -> None:
    """Writes RUN/results/parts.json."""
    (run / "results").mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(parts), indent=1)
    write_whole(run / "results" / _FILE, lambda path: path.write_text(text))


def read_parts(run: Path) -> Parts:
    """ValueError where the run is another kind of run, or has not come to its end."""
    path = run / "results" / _FILE
    if not path.is_file():
        raise ValueError(
            f"{run} holds no finished run of garments: make one with medgan-fashion run garments --out {run}"
        )
    return from_plain(Parts, json.loads(path.read_text()), stored=True)


@dataclass(frozen=True)
class Opened:
    """A finished run, opened."""

    run: Path
    parts: Parts
    catalogue: Catalogue
    history: Purchases

    def model(self, name: str) -> Recommender:
        """A compared recommender by name; ValueError lists the names."""
        if name not in self.parts.models:
            raise ValueError(f"no recommender '{name}' in this run; it has {', '.join(self.parts.models)}")
        return load_recommender(self.run / self.parts.models[name] / "recommender.safetensors")

    def atelier(self) -> Atelier:
        """The GAN with the recommenders that judge pictures."""
        parts = self.parts
        return load_atelier(
            self.run / parts.catalogue,
            self.run / parts.shelf,
            self.run / parts.encoder,
            self.run / parts.gan,
            [self.run / folder for folder in parts.ensemble],
            [self.run / folder for folder in parts.held_out],
        )

    def latent_encoder(self) -> LatentEncoder:
        """The start of inversion."""
        return load_latent_encoder(self.run / self.parts.latent_encoder / "latent_encoder.safetensors")


def visual(folder: Path) -> FactorModel:
    """A recommender that can look at pictures, from its stage's folder."""
    model = load_recommender(folder / "recommender.safetensors")
    if not isinstance(model, FactorModel):
        raise ValueError(f"the recommender '{model.name}' has no vectors: designing needs visual ones")
    return model


def load_atelier(
    catalogue: Path, shelf: Path, encoder: Path, gan: Path, ensemble: list[Path], held_out: list[Path]
) -> Atelier:
    """The atelier from its stages' folders."""
    return Atelier(
        model=load_model(gan / "model.safetensors"),
        catalogue=on_shelf(load_catalogue(catalogue), shelf),
        ensemble=tuple(visual(folder) for folder in ensemble),
        held_out=tuple(visual(folder) for folder in held_out),
        encoder=load_encoder(encoder / "encoder.safetensors"),
    )


def open_run(run: Path) -> Opened:
    """Opens a finished run; ValueError says why it cannot be."""
    parts = read_parts(run)
    items = on_shelf(load_catalogue(run / parts.catalogue), run / parts.shelf)
    return Opened(run, parts, items, load_purchases(run / parts.history))
