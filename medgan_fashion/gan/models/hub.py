"""Models to a folder with a model card, to a model hub, and back: safetensors only, private unless said otherwise."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from medgan_fashion.base.files import write_whole
from medgan_fashion.gan.models.export import needs, released
from medgan_fashion.gan.models.model import Model, load_model, save_model

WEIGHTS, CARD = "model.safetensors", "README.md"
LICENCE = "TO BE FILLED IN by whoever publishes: the training images' owners have a say"
TEXT = """---
license: other
license_name: to-be-filled-in
library_name: medgan-fashion
tags: [gan, synthetic, image-generation]
---

# A generator of synthetic images

**Everything it draws is synthetic.** Say so wherever its images are shown or stored; never take them for pictures of
real people, patients or goods. Research software, not a medical device.

Written by medgan_fashion {version}. The file holds weights and JSON, no code:

```python
from medgan_fashion.gan import from_pretrained

images = from_pretrained("FOLDER OR REPOSITORY").generate(16, seed=1)
```

| what | |
|---|---|
{table}

{notes}A model can remember its training images. A hash tells their owners which they were, and nobody else.

Licence: {licence}
"""


def _version() -> str:
    try:
        return version("medgan-fashion")
    except PackageNotFoundError:
        return "not installed"


def _facts(model: Model) -> dict[str, object]:
    """The rows of the card's table. Of the data only hashes are named."""
    card, facts, provenance = model.card, model.facts, released(model.card.provenance)
    recipe = model.recipe
    return {
        "recipe": f"networks {recipe.networks.kind}, objective {recipe.objective}, {recipe.scheme}",
        "images (channels, height, width)": card.shape,
        "value range": card.value_range,
        "classes": ", ".join(card.classes) or "none",
        "latent": f"{recipe.latent.size} numbers, {recipe.latent.prior}",
        "training images": card.n or "",
        "fingerprint of the training images": card.fingerprint,
        "training rows (hash)": provenance.get("training_rows", ""),
        "provenance (sha256)": provenance.get("provenance_sha256", ""),
        "started from (sha256)": (facts.get("started_from") or {}).get("sha256", "random weights"),
        "images seen": facts.get("images_seen", ""),
        "weights selected by": (facts.get("selected") or {}).get("by", ""),
        "alarm": facts.get("alarm") or "none",
    }


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|") or "unknown"


def model_card(model: Model, licence: str = LICENCE, notes: Sequence[str] = ()) -> str:
    """The card in Markdown: that the images are synthetic, what drew them and from which data, the licence's place.

    `notes`: sentences to add, such as the outcome of a privacy screening.
    """
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in _facts(model).items())
    said = "".join(f"{note}\n\n" for note in notes)
    return TEXT.format(version=_version(), table=table, notes=said, licence=licence)


def save_pretrained(model: Model, folder: str | Path, *, licence: str = LICENCE, notes: Sequence[str] = ()) -> Path:
    """Writes model.safetensors and its card README.md into `folder`; returns the folder. Of what the training recorded
    on its data, only hashes go along (`export.released`). Needs no optional package and no network."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = model_card(model, licence, notes)
    kept = replace(model.card, provenance=released(model.card.provenance))
    save_model(Model(model.recipe, kept, model.networks, model.facts), folder / WEIGHTS)
    write_whole(folder / CARD, lambda part: part.write_text(text, encoding="utf-8"))
    return folder


def from_pretrained(
    name: str | Path,
    *,
    revision: str | None = None,
    token: str | None = None,
    cache_dir: str | Path | None = None,
    device: str | torch.device = "cpu",
) -> Model:
    """The model in a folder that `save_pretrained` wrote, or in a hub's repository "owner/name" (at `revision`, a
    commit or tag; the newest otherwise). Only safetensors are read; nothing that is downloaded is run.

    Raises ValueError for a folder without a model, a repository that cannot be had, and a file that is no model.
    """
    if Path(name).is_dir():
        return load_model(Path(name) / WEIGHTS, device)
    (hub,) = needs("hub", "huggingface_hub")
    try:
        path = hub.hf_hub_download(str(name), WEIGHTS, revision=revision, token=token, cache_dir=cache_dir)
    except Exception as error:  # the client raises a dozen kinds: offline, forbidden, no such name
        raise ValueError(
            f"{name} is no folder, and {WEIGHTS} could not be had from a repository of that name "
            f"({type(error).__name__}: {' '.join(str(error).split())[:200]}); check the name and your access"
        ) from error
    return load_model(path, device)


def push_to_hub(
    model: Model,
    repo_id: str,
    *,
    private: bool = True,
    token: str | None = None,
    message: str = "Add a model",
    licence: str = LICENCE,
    notes: Sequence[str] = (),
) -> str:
    """Uploads what `save_pretrained` writes to the hub's repository "owner/name"; returns where the commit stands.

    A new repository is private unless said otherwise; one that exists stays as visible as it is. Nothing else is sent:
    two files, without names, paths or pseudonyms of the training data. `token`: None takes the one you logged in with.
    """
    (hub,) = needs("hub", "huggingface_hub")
    api = hub.HfApi(token=token, library_name="medgan-fashion")
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(model, folder, licence=licence, notes=notes)
        api.create_repo(repo_id, private=private, exist_ok=True)
        sent = api.upload_folder(
            repo_id=repo_id, folder_path=folder, commit_message=message, allow_patterns=[WEIGHTS, CARD]
        )
    return str(sent.commit_url)
