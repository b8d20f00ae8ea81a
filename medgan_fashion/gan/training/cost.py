"""What work costs, measured on the device at hand: a step of anything, and one turn of a growing pair at a level."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from medgan_fashion.gan.networks.card import DataCard
from medgan_fashion.gan.recipe.schedules import base_grid, level_starts, shrunk
from medgan_fashion.gan.recipe.spelling import read_recipe
from medgan_fashion.gan.schemes.base import Batch
from medgan_fashion.gan.schemes.table import build_scheme
from medgan_fashion.gan.training.loop import advance
from medgan_fashion.gan.training.state import State, grow, new_state, update_average


@contextmanager
def one_thread() -> Iterator[None]:
    """As a worker has it; the caller's thread count is restored."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def seconds_per_step(
    run: Callable[[int], object], steps: int = 6, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Of `run(n)` steps: the difference between a long and a short call, once the first has paid for start-up."""
    run(1)
    took = []
    for n in (1, 1 + steps):
        started = clock()
        run(n)
        took.append(clock() - started)
    return max(took[1] - took[0], 1e-6) / steps


WARM = 1.0  # seconds: a first turn shorter than this is mostly start-up, and is timed again


@dataclass(frozen=True)
class Cost:
    """Of one level: weights of both networks in use, seconds for 1000 real images, peak bytes of a turn of `batch`
    images, and the share of them that does not grow with the batch (weights, gradients, optimizers, average)."""

    parameters: int
    seconds: float
    peak: int
    fixed: int


def _peak(device: torch.device) -> int:
    """Bytes at the highest point so far: of the device's allocator, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count the parent process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _weights(state: State) -> tuple[int, int]:
    """(numbers in use at this stage, numbers held): levels not yet grown have weights and no gradients."""
    used = sum(p.numel() for net in state.networks.values() for p in net.parameters() if p.grad is not None)
    held = sum(p.numel() for net in [*state.networks.values(), *state.average.values()] for p in net.parameters())
    return used, held


def measure_level(
    recipe: dict[str, Any], shape: tuple[int, ...], n_classes: int, level: int, batch: int, device: str
) -> Cost:
    """Plays turns on random images in the middle of the level's fade, where both of its resolutions are at work.

    Call it in a fresh process: peak memory never falls again. `recipe` is plain data.
    """
    where, row = torch.device(device), read_recipe(recipe)
    assert row.growth is not None
    before = _peak(where)
    scheme, top = build_scheme(row), base_grid(*shape[-2:])[2]
    card = DataCard(tuple(shape), (0.0, 1.0), "float32", tuple(map(str, range(n_classes))))
    state = new_state(row, card, 0, scheme, where)
    state.images_seen = level_starts(row.growth, top)[level] + (row.growth.phase(level) // 2 if level else 0)
    stage = grow(state)
    assert stage is not None
    real = shrunk(torch.rand(batch, *shape, device=where) * 2 - 1, stage)
    labels = torch.arange(batch, device=where) % n_classes if row.conditional else None
    autocast = where.type == "cuda" and torch.cuda.is_bf16_supported()

    def turn(position: int) -> float:
        started = time.perf_counter()
        last = scheme.batches - 1
        batches = [Batch(real, labels, 0, position, i == last, memory=state.memory) for i in range(scheme.batches)]
        advance(state, scheme, batches, autocast)
        update_average(state, batch * scheme.batches)
        if where.type == "cuda":
            torch.cuda.synchronize(where)
        return time.perf_counter() - started

    seconds = turn(0)  # at position 0 every lazy penalty is due
    if seconds < WARM or where.type == "cuda":
        seconds = turn(0)
    lazy = math.lcm(*(penalty.every for penalty in row.penalties)) if row.penalties else 1
    if lazy > 1:
        plain = turn(batch)
        seconds = plain + (seconds - plain) / lazy
    used, held = _weights(state)
    fixed = 4 * (held + 3 * used)  # float32: weights and averages; gradient and two moments of what is in use
    return Cost(used, seconds / (batch * scheme.batches) * 1000, max(_peak(where) - before, fixed), fixed)
