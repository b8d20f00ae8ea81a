"""Writes the stored files of each format, with the code of the commit that it is run on.

A format's files are made once, by the first release that has it, and kept: running this again would only show that
today's code reads its own files.

python tests/gan/stored/make_stored.py FOLDER   (the files here: commit a8626e8, torch 2.13, CPU)
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from medgan_fashion.gan import load_model, save_latent_encoder, train, train_latent_encoder
from medgan_fashion.gan.recipe.table import Recipe, changed_recipe

SIZE = {"networks": {"width": 4, "max_width": 8}, "latent": {"size": 4}, "batch": 4}
SEEN = 24  # images, of the stored checkpoint


def stored_images() -> tuple[np.ndarray, np.ndarray]:
    """(24, 1, 8, 8) float32 in [0, 1] and labels (24,), by whole numbers only: the same on every machine."""
    n, row, column = np.ogrid[:24, :8, :8]
    shades = (7 * n + 3 * row + 5 * column + 4 * (n % 2) * (row // 4)) % 16
    return (shades[:, None] / 15).astype(np.float32), np.arange(24) % 2


def stored_recipe(name: str = "small") -> Recipe:
    """The row as the stored files have it."""
    growth = {"growth": {"phase_images": [4], "batches": [4]}} if name.startswith("progan") else {}
    return changed_recipe(name, SIZE | growth)


def go_on(out: Path, images_seen: int, name: str = "small"):
    """Trains the stored recipe on the stored images in `out`, or goes on from its checkpoint."""
    images, labels = stored_images()
    return train(
        stored_recipe(name), images, labels=labels, classes=["even", "odd"], images_seen=images_seen, out=out,
        device="cpu", progress=False, check_every=8, provenance={"training_rows": "made by whole numbers"},
    )  # fmt: skip


def main(folder: Path) -> None:
    """Makes the files in `folder` and expected.safetensors, what they gave on that day."""
    z = torch.linspace(-1.5, 1.5, 16).reshape(4, 4)
    y = torch.tensor([0, 1, 0, 1])
    expected = {}
    for name, file in {"small": "model_1", "progan_small": "model_1_grown"}.items():
        out = folder / name
        go_on(out, SEEN, name)
        (out / "model.safetensors").replace(folder / f"{file}.safetensors")
        model = load_model(folder / f"{file}.safetensors")
        images = model.synthesize(z, y)
        expected[f"{file}.images"] = images.detach()
        expected[f"{file}.logits"] = model.discriminate(images, y).logits.detach()
    (folder / "small" / "checkpoint.pt").replace(folder / "checkpoint_1.pt")
    model = load_model(folder / "model_1.safetensors")
    encoder = train_latent_encoder(model, 64, width=2, batch=16)
    save_latent_encoder(encoder, folder / "latent_encoder_1.safetensors")
    expected["latent_encoder_1.z"] = encoder(model.synthesize(z, y), y)
    (folder / "again").mkdir()
    shutil.copy(folder / "checkpoint_1.pt", folder / "again" / "checkpoint.pt")
    more = go_on(folder / "again", 2 * SEEN).model.synthesize(z, y).detach()
    expected["checkpoint_1.images"] = more
    save_file({"z": z, **{key: value.contiguous() for key, value in expected.items()}}, folder / "expected.safetensors")
    for name in ("small", "progan_small", "again"):
        shutil.rmtree(folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
