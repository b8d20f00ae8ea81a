"""The one training loop: a turn of the scheme, the average, the alarms, a checkpoint; resumed by the same call."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from medgan_fashion.gan.models.model import Model, model_from_weights, save_model
from medgan_fashion.gan.recipe.schedules import Stage, batch_at, check_growth, shrunk
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.recipe.table import find_recipe
from medgan_fashion.gan.schemes.base import Batch, Scheme
from medgan_fashion.gan.schemes.table import build_scheme
from medgan_fashion.gan.training.data import (
    Describe,
    RawBatch,
    Source,
    check_data,
    checked_recipe,
    device_of,
    open_source,
)
from medgan_fashion.gan.training.state import (
    State,
    copy_weights,
    grow,
    load_checkpoint,
    new_state,
    published,
    save_checkpoint,
    update_average,
)
from medgan_fashion.gan.training.watch import Callback, Score, Watch, check, diversity, nan_alarm, note_finite

READ_FLAGS_EVERY = 50  # turns between two looks at the device's non-finite flags


@dataclass(frozen=True)
class Trained:
    """The kept model; every check's row; the alarm's sentence, if one stopped the training; whether a kill and a
    resume give the same weights (not promised for a plain iterable)."""

    model: Model
    history: list[dict[str, Any]]
    images_seen: int
    alarm: str | None
    exact_resume: bool


def advance(state: State, scheme: Scheme, batches: list[Batch], autocast: bool = False) -> dict[str, Tensor]:
    """One turn: every step on its batches (`next_batches`). Returns the loss terms, still on the device."""
    terms: dict[str, Tensor] = {}
    for step in scheme.steps:
        for name in step.freezes:
            state.networks[name].requires_grad_(False)
        for batch in batches[-step.n_repeat :]:
            with batch.addressed(step.name):
                with torch.autocast(batch.real.device.type, torch.bfloat16, enabled=autocast):
                    losses = step.loss(state.networks, batch)
                for name in step.trains:
                    state.optimizers[name].zero_grad(set_to_none=True)
                torch.stack(list(losses.values())).sum().backward()
            for name in step.trains:
                state.optimizers[name].step()
            for term, value in losses.items():
                note_finite(state.first_bad, term, value, batch.images_seen)
                terms[term] = value.detach()
        for name in step.freezes:
            state.networks[name].requires_grad_(True)
    for name, part in scheme.memory.items():
        with torch.no_grad():
            state.memory[name] = part.after(state.memory[name], state.networks, batches[-1])
    return terms


def _ready(state: State, raw: RawBatch, stage: Stage | None) -> tuple[Tensor, Tensor | None]:
    """Images in [-1, 1] at the stage's size, and labels where there are classes, on the networks' device."""
    device = next(state.networks["generator"].parameters()).device
    low, high = state.card.value_range
    images = raw[0].to(device, torch.float32, non_blocking=True).sub(low).mul(2 / (high - low)).sub(1)
    labels = None if raw[1] is None or not state.card.classes else raw[1].to(device)
    return images if stage is None else shrunk(images, stage), labels


def fetch_batch(state: State, source: Source, stage: Stage | None, ahead: int, size: int, last: bool = True) -> Batch:
    """The batch of `size` images that comes after `ahead` more; joined by labelled ones where few are."""
    position = state.images_seen + ahead
    real, labels = _ready(state, source.fetch(state.seed, position, size), stage)
    labelled = None
    if source.labelled is not None:
        images, told = _ready(state, source.labelled(state.seed, position, size), stage)
        labelled = None if told is None else (images, told)
    return Batch(real, labels, state.seed, position, last, labelled, memory=state.memory)


def next_batches(state: State, scheme: Scheme, source: Source) -> list[Batch]:
    """The batches of the next turn, at the state's address; networks that grow are brought to its stage first."""
    stage = grow(state)
    size = state.recipe.batch if stage is None else batch_at(state.recipe, stage.level)
    return [
        fetch_batch(state, source, stage, i * size, size, last=i == scheme.batches - 1) for i in range(scheme.batches)
    ]


def count_turn(state: State, batches: list[Batch]) -> int:
    """Says of a turn that it is over: the average moves, `images_seen` counts. Returns the turn's images."""
    turn = sum(len(batch.real) for batch in batches)
    update_average(state, turn)
    state.images_seen += turn
    return turn


def run(state: State, scheme: Scheme, source: Source, watch: Watch) -> None:
    """Turns until `watch.target` images were seen or an alarm stops the training."""
    device = next(state.networks["generator"].parameters()).device
    autocast = device.type == "cuda" and torch.cuda.is_bf16_supported()
    while state.images_seen < watch.target and state.alarm is None:
        batches = next_batches(state, scheme, source)
        terms = advance(state, scheme, batches, autocast)
        before, turn = state.images_seen, count_turn(state, batches)
        done = state.images_seen >= watch.target
        if state.images_seen // turn % READ_FLAGS_EVERY == 0 or done:
            state.alarm = nan_alarm(state.first_bad)
        if state.alarm is None and (state.images_seen // watch.every != before // watch.every or done):
            check(state, watch, terms)
        if watch.checkpoint and (done or state.alarm or time.monotonic() - watch.saved > watch.checkpoint_seconds):
            save_checkpoint(state, watch.checkpoint)
            watch.saved = time.monotonic()


def model_of(state: State) -> Model:
    """The networks as they stand (averaged where there is an average) as a model of its own, on their device."""
    return model_from_weights(
        state.recipe, state.card, copy_weights(published(state)), {"images_seen": state.images_seen, "seed": state.seed}
    )


def _resumed(state: State, folder: Path) -> Path:
    """Where the folder's checkpoint is, or will be; the state goes on from it."""
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        load_checkpoint(state, checkpoint)
    return checkpoint


def _reference(source: Source, seed: int, n: int = 128) -> tuple[Tensor, Tensor | None]:
    images, labels = source.fetch(seed, 0, n if source.card.n else 0)
    low, high = source.card.value_range
    return images.float().sub(low).mul(2 / (high - low)).sub(1).cpu(), labels


def train(
    recipe: str | Recipe,
    data: Any,
    *,
    labels: Any = None,
    images_seen: int,
    out: str | Path | None = None,
    classes: Sequence[str] | None = None,
    value_range: tuple[float, float] | None = None,
    seed: int = 0,
    device: str | torch.device | None = None,
    score: Score | None = None,
    check_every: int = 2_500,
    checkpoint_seconds: float = 30.0,
    callbacks: Sequence[Callback] = (),
    progress: bool = True,
    provenance: dict[str, Any] | None = None,
    init_from: str | Path | None = None,
) -> Trained:
    """Trains `recipe` until `images_seen` real images were shown, and keeps the best averaged weights.

    `data`: images (N, C, H, W) or (N, H, W), uint8, or floats in [0, 1] or [-1, 1] (else give `value_range`); or a
    Dataset, `batch(seed, images_seen)`, or an iterable of batches (see data.open_source). `labels`: whole
    numbers (N,) for conditional recipes. `out`: a folder for checkpoint.pt and model.safetensors; the same call
    again resumes from it bit for bit on the CPU. None writes nothing. Every `check_every` images the alarms look
    at samples, and `score` (if given) chooses which weights an alarm leaves; a healthy training keeps its last
    average. `init_from`: the file of a published model whose weights are the start; its provenance joins this one's.
    An alarm ends the training and stands in the result in words. No global random state, default or
    backend flag is touched.

    Raises ValueError for data, recipe or checkpoint that do not fit, RuntimeError when nothing healthy was kept.
    """
    where = device_of(device)
    recipe = checked_recipe(find_recipe(recipe), images_seen, seed)
    source = open_source(data, Describe(labels, classes, value_range, provenance or {}, where))
    check_data(recipe, data, labels, source)
    check_growth(recipe, source.card.shape, images_seen)
    if init_from is not None and out is not None and Path(init_from).parent.resolve() == Path(out).resolve():
        raise ValueError(
            f"init_from lies in the out folder {out}, whose model the training overwrites; choose another out"
        )
    scheme = build_scheme(recipe)
    state = new_state(recipe, source.card, seed, scheme, where, init_from)
    state.exact = source.exact
    folder = None if out is None else Path(out)
    checkpoint = None if folder is None else _resumed(state, folder)
    if progress and not source.exact:
        print("a plain iterable cannot be rewound: a resumed training will see other batches", file=sys.stderr)
    reals = _reference(source, seed)
    watch = Watch(
        images_seen, check_every, score, callbacks, progress, checkpoint, checkpoint_seconds, reals, diversity(*reals)
    )
    run(state, scheme, source, watch)
    return _finish(state, folder)


def _finish(state: State, folder: Path | None) -> Trained:
    if state.kept is None:
        raise RuntimeError(f"nothing healthy was kept: {state.alarm or 'no image was shown'}")
    selected = {k: state.kept[k] for k in ("by", "score", "images_seen")}
    facts = {
        "images_seen": state.images_seen,
        "seed": state.seed,
        "selected": selected,
        "alarm": state.alarm,
        "exact_resume": state.exact,
        "torch": torch.__version__,
    }
    if state.started_from is not None:
        facts["started_from"] = state.started_from
    model = model_from_weights(state.recipe, state.card, state.kept["weights"], facts)
    if folder is not None:
        save_model(model, folder / "model.safetensors")
    return Trained(model, state.history, state.images_seen, state.alarm, state.exact)
