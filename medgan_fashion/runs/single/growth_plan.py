"""What growing will cost on this machine, level by level, and the batches that fit: measured, kept, and taken."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import torch

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import differences, from_plain, to_plain
from medgan_fashion.gan.recipe.schedules import base_grid, batch_at
from medgan_fashion.gan.recipe.spelling import first_spelling
from medgan_fashion.gan.recipe.table import Recipe
from medgan_fashion.gan.training.cost import Cost, measure_level

SHARE = 0.8  # of the memory that is free: what a plan may fill
NEVER = 99  # the level from which nothing is recomputed
PROBE = 2**20  # pixels of a measured batch on a CPU: enough to fill its caches many times over


@dataclass(frozen=True)
class LevelPlan:
    """One level: its grid, weights of both networks in use, seconds for 1000 images, megabytes at `batch`, the
    batch that fits, and whether activations are recomputed to make it fit."""

    level: int
    height: int
    width: int
    parameters: int
    seconds: float
    megabytes: int
    batch: int
    recompute: bool


def free_memory(device: str) -> int:
    """Bytes that a training may count on."""
    if device.startswith("cuda"):
        return torch.cuda.mem_get_info(device)[0]
    lines = Path("/proc/meminfo").read_text().splitlines() if Path("/proc/meminfo").exists() else []
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")]
    return found[0] if found else 4 * 2**30


def level_cost(
    recipe: Recipe, shape: tuple[int, ...], n_classes: int, level: int, batch: int, device: str, *, recompute_from: int
) -> Cost | None:
    """What a turn of a level costs, measured in a process of its own (peak memory never falls again); None when the
    system or the device had no memory for it. Activations from level `recompute_from` on are computed again."""
    row = replace(recipe, networks=replace(recipe.networks, recompute_from=recompute_from))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(measure_level, to_plain(row), shape, n_classes, level, batch, device).result()
        except (BrokenProcessPool, MemoryError):
            return None
        except RuntimeError as error:
            if "memory" not in str(error) and "ALLOC_FAILED" not in str(error):
                raise
            return None


def _fitting(cost: Cost, probe: int, wanted: int, budget: float) -> int:
    """The largest of wanted, wanted/2, wanted/4, ... whose turn fits; 0 where not even a single image does."""
    each = max(cost.peak - cost.fixed, 1) / probe
    batch = wanted
    while batch and cost.fixed + each * batch > budget:
        batch //= 2
    return batch


def _try_level(
    recipe: Recipe, place: tuple[tuple[int, ...], int, int, str], probe: int, budget: float, recompute_from: int
) -> tuple[Cost | None, int, int]:
    """The cost, the batch it was measured at, and the batch that fits; smaller batches where the first finds no
    memory. `place`: shape, number of classes, level, device."""
    shape, n_classes, level, device = place
    while probe:
        cost = level_cost(recipe, shape, n_classes, level, probe, device, recompute_from=recompute_from)
        if cost:
            return cost, probe, _fitting(cost, probe, batch_at(recipe, level), budget)
        probe //= 2
    return None, 0, 0


def _plan_level(
    recipe: Recipe, shape: tuple[int, ...], n_classes: int, level: int, device: str, budget: float, first: int
) -> LevelPlan:
    """`first`: the lowest level already known to need recomputation."""
    h0, w0, _ = base_grid(*shape[-2:])
    height, width, wanted = h0 * 2**level, w0 * 2**level, batch_at(recipe, level)
    probe = wanted if device.startswith("cuda") else max(1, min(wanted, PROBE // (height * width)))
    place, again = (shape, n_classes, level, device), first <= level
    cost, measured, batch = _try_level(recipe, place, probe, budget, first)
    if not again and batch < min(wanted, 4):
        # a batch below four leaves the minibatch deviation little to compare: recompute before going there
        again = True
        cost, measured, batch = _try_level(recipe, place, probe, budget, level)
    if cost is None or batch == 0:
        needed = f"{cost.peak / 2**20:,.0f} MB for a batch of {measured}" if cost else "more than this machine has"
        raise ValueError(
            f"level {level} ({height}x{width}) needs {needed}, and {budget / 2**20:,.0f} MB may be used; "
            "take a smaller --size, lower networks.width, or a device with more memory"
        )
    used = cost.fixed + (cost.peak - cost.fixed) / measured * batch
    return LevelPlan(level, height, width, cost.parameters, cost.seconds, round(used / 2**20), batch, again)


def plan_growth(
    recipe: Recipe,
    shape: tuple[int, ...],
    n_classes: int,
    device: str,
    *,
    budget: float | None = None,
    tell: Callable[[LevelPlan], None] = lambda level: None,
) -> list[LevelPlan]:
    """Measures one turn of every level, from the base grid to (C, H, W) = `shape`, each in a process of its own.

    `budget`: bytes that may be used; default: a share of what is free now. `tell` sees each level when known.

    Raises ValueError when not even one image of a level fits.
    """
    levels: list[LevelPlan] = []
    for level in range(base_grid(*shape[-2:])[2] + 1):
        room = SHARE * free_memory(device) if budget is None else budget
        levels.append(_plan_level(recipe, shape, n_classes, level, device, room, _first_recomputed(levels)))
        tell(levels[-1])
    return levels


def _first_recomputed(levels: list[LevelPlan]) -> int:
    return next((level.level for level in levels if level.recompute), NEVER)


def planned(recipe: Recipe, levels: list[LevelPlan]) -> Recipe:
    """The recipe with the plan's batches and recomputation."""
    assert recipe.growth is not None
    growth = replace(recipe.growth, batches=tuple(level.batch for level in levels))
    return replace(recipe, growth=growth, networks=replace(recipe.networks, recompute_from=_first_recomputed(levels)))


def kept_plan(
    path: Path, recipe: Recipe, shape: tuple[int, ...], device: str, measure: Callable[[], list[LevelPlan]]
) -> list[LevelPlan]:
    """The plan in `path`, or a new one from `measure`, written there: a resumed training must find the same batches.

    A plan is for a recipe, a shape and a kind of device, whatever the length of its phases. Another one's gives way
    to a new one; ValueError that shows the difference when a training already rests on it.
    """
    about = {"recipe": first_spelling(recipe), "shape": list(shape), "device": device.partition(":")[0]}
    about["recipe"]["growth"].pop("phase_images")
    if path.exists():
        data = json.loads(path.read_text())
        changed = differences({key: data[key] for key in about}, about)
        if not changed:
            return [from_plain(LevelPlan, level, stored=True) for level in data["levels"]]
        if (path.parent / "checkpoint.pt").exists():
            raise ValueError(f"{path} plans another training ({'; '.join(changed)}); choose another out folder")
    levels = measure()
    text = json.dumps({**about, "levels": [asdict(level) for level in levels]}, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda part: part.write_text(text) and None)
    return levels
