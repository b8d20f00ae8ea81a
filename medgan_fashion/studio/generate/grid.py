"""Pictures of a model for the page Generate, each visibly marked."""

from dataclasses import dataclass

from medgan_fashion.gan import Model
from medgan_fashion.report.pictures import Tile, tile
from medgan_fashion.runs.single.generate import shades
from medgan_fashion.studio.generate.archive import Order, check_order
from medgan_fashion.studio.generate.models import Listed, truncation


@dataclass(frozen=True)
class Drawn:
    """A picture in its frame with the word SYNTHETIC, and its class, "" where the model names none."""

    tile: Tile
    label: str
    number: int

    @property
    def caption(self) -> str:
        """What stands below it."""
        return f"{self.label} · {self.number} · synthetic".removeprefix(" · ")


def draw_grid(model: Model, listed: Listed, order: Order) -> list[Drawn]:
    """The pictures of an order, numbered as `make_archive` names its files. ValueError as there, and for pictures that
    are neither grey nor RGB."""
    check_order(listed, order)
    if listed.shape[0] not in (1, 3):
        raise ValueError(f"{listed.name} draws {listed.shape[0]} channels; only 1 (grey) and 3 (RGB) can be shown")
    told = order.label if listed.conditional else None
    images = model.generate(order.n, told, seed=order.seed, truncation=truncation(listed.prior, order.variety))
    numbers = model.labels(told, order.n)
    only = listed.classes[0] if len(listed.classes) == 1 else ""
    labels = [only] * order.n if numbers is None else [listed.classes[int(k)] for k in numbers]
    drawn = []
    for number, (image, label) in enumerate(zip(shades(images.numpy(), listed.value_range), labels, strict=True)):
        picture = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
        drawn.append(
            Drawn(tile(picture, "synthetic", f"synthetic picture {number}: {label or listed.name}"), label, number)
        )
    return drawn
