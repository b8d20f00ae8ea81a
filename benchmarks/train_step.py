"""Images per second of a training step against the loop that tutorials show, alternating in one process.

python benchmarks/train_step.py [--device cuda] [--channels 32 64] [--rounds 5]

Same networks, objective, optimizer settings and data on both sides. The tutorial's step is the usual one: D on
reals, D on detached fakes, then D again on the same fakes for G, with every weight left trainable and `.item()` on
each loss. The ratio above 1 is ours.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from medgan_fashion.gan.recipe.networks import DCGANConfig
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.recipe.table import RECIPES
from medgan_fashion.gan.schemes.base import Batch
from medgan_fashion.gan.schemes.table import build_scheme
from medgan_fashion.gan.training.data import Describe, open_source
from medgan_fashion.gan.training.loop import advance
from medgan_fashion.gan.training.state import new_state


def ours(recipe: Recipe, images: torch.Tensor, device: torch.device, autocast: bool) -> Callable[[int], None]:
    """Turns of the project's loop."""
    source = open_source(images.numpy(), Describe(value_range=(-1.0, 1.0), device=device))
    scheme = build_scheme(recipe)
    state = new_state(recipe, source.card, 0, scheme, device)

    def turns(n: int) -> None:
        for _ in range(n):
            real, _ = source.fetch(0, state.images_seen, recipe.batch)
            advance(state, scheme, [Batch(real.to(device), None, 0, state.images_seen)], autocast)
            state.images_seen += recipe.batch

    return turns


def tutorial(recipe: Recipe, images: torch.Tensor, device: torch.device) -> Callable[[int], None]:
    """The plain loop on copies of the same networks."""
    source = open_source(images.numpy(), Describe(value_range=(-1.0, 1.0)))
    state = new_state(recipe, source.card, 0, build_scheme(recipe), device)
    g, d = (copy.deepcopy(state.networks[name]) for name in ("generator", "discriminator"))
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in (g, d))
    data = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(images), recipe.batch, shuffle=True, drop_last=True
    )
    stream = iter(data)

    def logits(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
        return net(x).logits

    def step() -> None:
        nonlocal stream
        batch = next(stream, None)
        if batch is None:
            stream = iter(data)
            batch = next(stream)
        real = batch[0].to(device)
        ones, zeros = torch.ones(len(real), 1, device=device), torch.zeros(len(real), 1, device=device)
        d.zero_grad()
        loss_real = bce(logits(d, real), ones)
        loss_real.backward()
        fake = g(torch.randn(len(real), recipe.latent.size, device=device))
        loss_fake = bce(logits(d, fake.detach()), zeros)
        loss_fake.backward()
        opt_d.step()
        g.zero_grad()
        loss_g = bce(logits(d, fake), ones)
        loss_g.backward()
        opt_g.step()
        _ = loss_real.item() + loss_fake.item(), loss_g.item()

    def turns(n: int) -> None:
        for _ in range(n):
            step()

    return turns


def rate(turns: Callable[[int], None], n: int, batch: int, device: torch.device) -> float:
    """Images per second over n turns."""
    started = time.perf_counter()
    turns(n)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return n * batch / (time.perf_counter() - started)


def compare(channels: int, size: int, device: torch.device, rounds: int, turns: int, autocast: bool) -> str:
    """One row of the table: medians over alternating rounds, and the median of the paired ratios."""
    recipe = replace(RECIPES["dcgan"], networks=DCGANConfig(width=channels), batch=64)
    images = torch.rand(512, 1, size, size) * 2 - 1
    sides = {"ours": ours(recipe, images, device, autocast), "tutorial": tutorial(recipe, images, device)}
    for side in sides.values():
        side(2)
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        order = list(sides) if number % 2 else list(sides)[::-1]  # neither side always goes first
        for name in order:
            rates[name].append(rate(sides[name], turns, recipe.batch, device))
    ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["tutorial"], strict=True))
    a, b = (statistics.median(rates[name]) for name in ("ours", "tutorial"))
    precision = "bf16" if autocast else "f32"
    return (
        f"{size}x{size}  {channels:>3} channels  {precision}  ours {a:8.0f}/s  tutorial {b:8.0f}/s  ratio {ratio:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--channels", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    for size in args.sizes:
        for channels in args.channels:
            for autocast in (False, True) if device.type == "cuda" else (False,):
                print(compare(channels, size, device, args.rounds, args.turns, autocast), flush=True)
    if device.type == "cuda":
        print(f"peak device memory {torch.cuda.max_memory_allocated() / 2**20:.0f} MB")
    else:
        import resource

        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
