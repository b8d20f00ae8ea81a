"""Designs and inversions per minute: all problems in shared batches, one problem at a time, one row at a time.

python benchmarks/latent.py [--model model.safetensors] [--problems 8] [--steps 40] [--rounds 3] [--device cpu]

A design maximises a small CNN's score of G(z), differentiable to the pixels; an inversion looks for the z of a picture
that the generator made. The three sides do the same work on the same problems, alternating in one process; the
ratio is the median over rounds of each side's rate to that of one row at a time. Without --model a small colour
generator is trained on noise and stripes first: enough for timing.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from medgan_fashion.gan import InversionConfig, Model, SearchConfig, invert, load_model, sample_latent, search_latents
from medgan_fashion.gan import train as train_gan

Work = Callable[[slice, int], object]  # (which problems, rows at once)


@dataclass(frozen=True)
class Side:
    """One way to go through the problems: `problems` per call, `batch` rows at once."""

    name: str
    problems: int
    batch: int


def stripes(side: int, n: int = 64) -> Tensor:
    """(n, 3, side, side) images in [0, 1]: sine waves of random colour and period, with noise."""
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(side) * rng.uniform(0.2, 1.5, (n, 1)))[:, None, None, :] * rng.random((n, 3, 1, 1))
    return torch.from_numpy((0.5 + 0.4 * wave + 0.1 * rng.random((n, 3, side, side))).astype(np.float32))


def scorer(channels: int) -> nn.Module:
    """A CNN of three convolutions and a linear score, random and frozen."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        for before, after in ((channels, 32), (32, 64), (64, 64)):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.ReLU()]
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 1))


def designing(model: Model, search: SearchConfig, device: torch.device) -> Work:
    low, high = model.card.value_range
    network = scorer(model.card.shape[0]).to(device)

    def objective(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        y = problem % len(model.card.classes) if model.recipe.conditional else None
        return network((model.synthesize(z, y) - low) / (high - low))[:, 0]

    def work(chosen: slice, batch: int) -> object:
        n, config = chosen.stop - chosen.start, replace(search, batch=batch)
        return search_latents(objective, model.latent, n, config, seed=0, first=chosen.start, device=device)

    return work


def inverting(model: Model, search: SearchConfig, n: int, device: torch.device) -> Work:
    y = model.labels(None, n)
    y = None if y is None else y.to(device)
    z = sample_latent(model.latent, n, torch.Generator().manual_seed(1)).to(device)
    with torch.no_grad():
        targets = model.synthesize(z, y).clamp(*model.card.value_range)

    def work(chosen: slice, batch: int) -> object:
        config = InversionConfig(search=replace(search, batch=batch))
        return invert(model, targets[chosen], None if y is None else y[chosen], config=config)

    return work


def rate(work: Work, side: Side, n: int, device: torch.device) -> float:
    """Problems per minute."""
    started = time.perf_counter()
    for i in range(0, n, side.problems):
        work(slice(i, min(i + side.problems, n)), side.batch)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return 60 * n / (time.perf_counter() - started)


def compare(name: str, work: Work, n: int, rounds: int, rows: int, device: torch.device) -> list[str]:
    """The table's rows for one kind of work: medians over alternating rounds and of the paired ratios."""
    sides = [Side("shared batches", n, rows), Side("one problem at a time", 1, rows), Side("one row at a time", 1, 1)]
    work(slice(0, 1), rows)
    rates: dict[str, list[float]] = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 else sides[::-1]:
            rates[side.name].append(rate(work, side, n, device))
    slowest = rates[sides[-1].name]
    lines = []
    for side in sides:
        ratio = statistics.median(a / b for a, b in zip(rates[side.name], slowest, strict=True))
        lines.append(f"| {name} | {side.name} | {statistics.median(rates[side.name]):.1f} | {ratio:.2f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a model.safetensors; without it a small generator is trained first")
    parser.add_argument("--size", type=int, default=32, help="side of the images of that small generator")
    parser.add_argument("--problems", type=int, default=8)
    parser.add_argument("--starts", type=int, default=4)
    parser.add_argument("--candidates", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=64, help="rows at once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    if args.model:
        model = load_model(args.model)
    else:
        labels = np.arange(64) % 4
        model = train_gan("small", stripes(args.size), labels=labels, images_seen=320, progress=False).model
    model.to(device)
    search = SearchConfig(starts=args.starts, candidates=args.candidates, steps=args.steps, learning_rate=0.1)
    print(
        f"{model.card.shape}, {args.starts} starts of {args.candidates}, {args.steps} steps, {args.threads} thread(s)\n"
    )
    print("| work | how | per minute | ratio |\n|---|---|---:|---:|")
    works = {"design": designing(model, search, device), "inversion": inverting(model, search, args.problems, device)}
    for name, work in works.items():
        for line in compare(name, work, args.problems, args.rounds, args.batch, device):
            print(line, flush=True)


if __name__ == "__main__":
    main()
