"""Every level of a growing pair runs forward and backward: weights, memory and seconds of one training step.

    python benchmarks/progressive.py                       # the paper's networks at 1280x1024, a step of one image
    python benchmarks/progressive.py --recipe progan_small --height 320 --width 256 --batch 4

One process a level, half-way through its fade, so that both of its resolutions are at work; kept activations against
those of all levels recomputed. Prints a Markdown table.
"""

import argparse

import torch

from medgan_fashion.gan import RECIPES
from medgan_fashion.gan.recipe.schedules import base_grid
from medgan_fashion.runs.single.growth_plan import level_cost


def main() -> None:
    """Measures and prints level by level."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="progan")
    parser.add_argument("--height", type=int, default=1280)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    recipe, shape = RECIPES[given.recipe], (1, given.height, given.width)
    n_classes = 2 if recipe.conditional else 0
    h0, w0, top = base_grid(given.height, given.width)
    print(f"{given.recipe} on {given.device}, {torch.get_num_threads()} threads, a step of {given.batch}\n")
    print("| level | size | weights in use | s an image | MB | s, recomputed | MB, recomputed |")
    print("|---|---|---|---|---|---|---|")
    for level in range(top + 1):
        kept, again = (
            level_cost(recipe, shape, n_classes, level, given.batch, given.device, recompute_from=first)
            for first in (99, 1)
        )
        told = [f"{h0 * 2**level}x{w0 * 2**level}", f"{kept.parameters:,}" if kept else "-"]
        for cost in (kept, again):
            told += [f"{cost.seconds / 1000:.3f}", f"{cost.peak / 2**20:,.0f}"] if cost else ["-", "no memory"]
        print(f"| {level} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
