"""A model's generator alone, as `(z, label, given) -> images`, and the check of what else draws in its name."""

import copy
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.latent import sample_latent
from medgan_fashion.gan.recipe.schedules import full_size

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
        raise ValueError(f"this model has no generator_back: its recipe plays {model.recipe.game}, one way")
    pair = replace(model.recipe.networks, given=model.card.shape[0] - model.recipe.networks.given)
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
    if k := model.recipe.networks.given:
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
