"""Commands on a finished model: interpolate, translate, export."""

from pathlib import Path
from typing import Literal


def interpolate(
    model: Path,
    out: Path = Path("strip.png"),
    from_seed: int = 1,
    to_seed: int = 2,
    frames: int = 9,
    rows: int = 4,
    label: str | None = None,
) -> None:
    """Draw film strips between the pictures of two seeds, one walk a row, as one PNG marked as synthetic.

    Args:
        model: a model.safetensors.
        out: the PNG to write.
        from_seed: the rows begin with the pictures that `generate --n ROWS --seed FROM_SEED` draws.
        to_seed: and end with those of this seed.
        frames: pictures in a row, both ends among them.
        rows: how many walks.
        label: class name or number; without: the rows take the classes in turn.
    """
    from torch import Generator

    from medgan_fashion.gan import load_model
    from medgan_fashion.gan.latent.directions import film_strip, tiled
    from medgan_fashion.gan.networks.latent import sample_latent
    from medgan_fashion.runs.single.generate import shades, write_png
    from medgan_fashion.runs.stages.privacy_cards import find_card, in_words, release_note

    made = load_model(model)
    if made.recipe.networks.given:
        raise ValueError(f"{model} paints over given pictures, and `interpolate` has none to give it")
    if rows < 1:
        raise ValueError(f"{rows} rows were asked for; give --rows 1 or more")
    y = made.labels(int(label) if label and label not in made.card.classes and label.isdigit() else label, rows)
    ends = [sample_latent(made.latent, rows, Generator().manual_seed(seed)) for seed in (from_seed, to_seed)]
    picture = tiled(film_strip(made, *ends, n=frames, y=y)).numpy()
    out.parent.mkdir(parents=True, exist_ok=True)
    write_png(out, shades(picture[None], made.card.value_range)[0])
    print(f"{out}: {rows} x {frames} synthetic pictures, seed {from_seed} to seed {to_seed}")
    print(in_words(release_note(find_card(model), False)))


def translate(
    model: Path,
    pictures: Path,
    out: Path = Path("translated"),
    back: bool = False,
    seed: int = 0,
) -> None:
    """Paint a folder's pictures as another domain with a model of pix2pix or cyclegan; every file says it is synthetic.

    Args:
        model: a model.safetensors of a translating recipe.
        pictures: folder of the pictures to start from, as those of `train --given` were.
        out: folder to write; its files stand in the order of the pictures' names.
        back: the other way round (cyclegan).
        seed: the same seed gives the same pictures.
    """
    from medgan_fashion.runs.single.generate import translate_folder
    from medgan_fashion.runs.stages.privacy_cards import find_card, in_words, release_note

    made = translate_folder(model, pictures, out, back, seed)
    print(f"{made} synthetic images in {out}, in the order of the names in {pictures}")
    print(in_words(release_note(find_card(model), False)))


def export(
    model: Path,
    out: Path | None = None,
    format: Literal["onnx", "torch"] = "onnx",
    despite_privacy: bool = False,
) -> None:
    """Write a model's generator for other programs; the file draws the same images, and says that they are synthetic.

    Args:
        model: a model.safetensors.
        out: the file to write; default: beside the model, as .onnx or .pt2.
        format: onnx (any ONNX runtime) or torch (torch.export, without this package).
        despite_privacy: write it although the model's privacy card says blocked.
    """
    from medgan_fashion.gan import load_model
    from medgan_fashion.gan.models.export import export_onnx, export_program
    from medgan_fashion.runs.stages.privacy_cards import check_release, find_card, in_words, release_note

    made, card = load_model(model), find_card(model)
    check_release(card, despite_privacy, "--despite-privacy")
    write, suffix = (export_onnx, ".onnx") if format == "onnx" else (export_program, ".pt2")
    path = out or model.with_suffix(suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(made, path)
    print(f"{path}: checked to draw the model's own images, all synthetic")
    print(in_words(release_note(card, despite_privacy)))
