"""A folder of pictures painted as another domain, each marked as synthetic: what the command `translate` does."""

from pathlib import Path

import torch

from medgan_fashion.gan import Model, load_model
from medgan_fashion.imaging.prepare.image_folder import image_files, read_pictures
from medgan_fashion.runs.single.generate import about_model, as_pngs, write_files
from medgan_fashion.runs.stages.privacy_cards import find_card, release_note


def _channels(made: Model, model: Path, back: bool) -> tuple[int, int]:
    """Channels of what is read and of what is painted; ValueError where pictures cannot hold them."""
    if made.recipe.translation is None:
        raise ValueError(f"{model} plays {made.recipe.game} and translates nothing; train pix2pix or cyclegan")
    if back and made.recipe.translation.paired:
        raise ValueError(f"{model} paints one way only; leave --back out, or train cyclegan")
    k = made.recipe.networks.given
    found = (k, made.card.shape[0] - k)
    if not set(found) <= {1, 3}:
        raise ValueError(f"{model} turns {found[0]} channels into {found[1]}, and a picture has 1 (grey) or 3 (RGB)")
    return (found[1], found[0]) if back else found


def translate_folder(model: Path, pictures: Path, out: Path, back: bool = False, seed: int = 0) -> int:
    """Paints every picture of a folder as the domain that the model arrives at, or `back` again; returns how many.

    Writes synthetic_00000.png and so on in the order of the pictures' names, which may be a patient's and stay out of
    every file, and synthetic.json. Raises ValueError for a model that translates nothing, a folder without pictures,
    a damaged picture, or an out folder that holds synthetic images already.
    """
    if (out / "synthetic.json").exists():
        raise ValueError(f"{out} already holds synthetic images; choose another --out")
    made = load_model(model)
    channels, _ = _channels(made, model, back)
    _, height, width = made.card.shape
    low, high = made.card.value_range
    images = torch.from_numpy(read_pictures(image_files(pictures)[0], (height, width), channels)).float()
    painted = made.translate(images * ((high - low) / 255) + low, back, seed).numpy()
    files = {f"synthetic_{i:05d}.png": x for i, x in enumerate(as_pngs(painted, (low, high), False))}
    about = about_model(made, model, [], seed, None) | {"privacy": release_note(find_card(model), False)}
    write_files(out, about | {"translated": "back" if back else "given to wanted"}, files)
    return len(files)
