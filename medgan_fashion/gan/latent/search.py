"""Search of a latent space: climb any per-row objective from many starts, for many problems, in shared batches."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from medgan_fashion.gan.networks.latent import free_from, kept_within, latent_from, prior_term, sample_latent
from medgan_fashion.gan.recipe.spec import Latent

# (z (B, d), number of each row's problem (B,), generator) -> (B,), to be maximised; each row must depend on its own z
RowObjective = Callable[[Tensor, Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class SearchConfig:
    """How hard to search.

    From the best `starts` of `candidates` random latents, `steps` of Adam; the learning rate rises over the first
    twentieth and falls as a cosine over the last quarter of the steps. Latent noise of `noise` standard deviations
    fades out over the first three quarters (both Karras et al. 2020, the projector). `prior_weight` x
    (|z|^2 - d)^2 / 2d holds a normal z near its typical length, a unit being one squared standard deviation of
    |z|^2; `ball` keeps it within ball x sqrt(d). `batch` rows are computed at once.
    """

    starts: int = 16
    candidates: int = 256
    steps: int = 120
    learning_rate: float = 0.05
    beta2: float = 0.99
    noise: float = 0.05
    prior_weight: float = 0.1
    ball: float | None = None
    check_every: int = 10
    batch: int = 64

    def __post_init__(self) -> None:
        if not 1 <= self.starts <= self.candidates:
            raise ValueError(f"starts is {self.starts}; it must lie between 1 and candidates, {self.candidates}")
        if min(self.steps, self.check_every, self.batch) < 1:
            raise ValueError("steps, check_every and batch must be at least 1")


@dataclass(frozen=True)
class Found:
    """Per problem the z (P, R, d) of its R starts, the best first, and what was climbed, (P, R): the objective less
    the prior's term, without noise."""

    z: Tensor
    values: Tensor


def address(*parts: object) -> int:
    """A seed for the random stream at an address such as (seed, "start", problem, number)."""
    return int.from_bytes(hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=7).digest(), "big")


def _stream(device: torch.device | str, *parts: object) -> torch.Generator:
    return torch.Generator(device).manual_seed(address(*parts))


def rate_at(t: float) -> float:
    """The learning rate's factor at t in [0, 1]: linear up over 0.05, cosine down over the last 0.25."""
    return min(1.0, t / 0.05) * (0.5 - 0.5 * math.cos(math.pi * min(1.0, (1 - t) / 0.25)))


def noise_at(t: float) -> float:
    """The noise's factor at t in [0, 1]: (1 - t / 0.75)^2, then 0."""
    return max(0.0, 1 - t / 0.75) ** 2


class _Climb:
    """One search: the objective with its prior term, and how its rows are evaluated and climbed."""

    def __init__(
        self, objective: RowObjective, latent: Latent, config: SearchConfig, seed: int, device: torch.device
    ) -> None:
        self.objective, self.latent, self.config, self.seed, self.device = objective, latent, config, seed, device

    def _value(self, z: Tensor, problem: Tensor, step: object) -> Tensor:
        # the same stream whatever else is in the batch: what the objective draws once for all rows is the same too
        value = self.objective(z, problem, _stream(self.device, self.seed, "objective", step))
        if value.shape != problem.shape:
            raise ValueError(f"the objective gave {tuple(value.shape)} for {len(problem)} latents; give one value each")
        return value - self.config.prior_weight * prior_term(self.latent, z)

    @torch.no_grad()
    def clean(self, z: Tensor, problem: Tensor) -> Tensor:
        """(B,) what is climbed, without latent noise and always under the same draws; -inf where it is not finite."""
        size = self.config.batch
        parts = [self._value(z[i : i + size], problem[i : i + size], "check").float() for i in range(0, len(z), size)]
        value = torch.cat(parts)
        return torch.where(value.isfinite(), value, -torch.inf)

    def _noisy(self, u: Tensor, streams: list[torch.Generator], t: float) -> Tensor:
        scale = self.config.noise * noise_at(t)
        if scale == 0:
            return u
        drawn = torch.stack([torch.randn(u.shape[1], generator=stream) for stream in streams])
        return u + scale * drawn.to(u)

    def climb(self, z: Tensor, value: Tensor, problem: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        """The best z (B, d) seen from each start and its clean value (B,); `row` numbers the starts of a problem."""
        config, steps = self.config, self.config.steps
        streams = [_stream("cpu", self.seed, "noise", int(p), int(r)) for p, r in zip(problem, row, strict=True)]
        u = free_from(self.latent, z).clone().requires_grad_()
        optimizer = torch.optim.Adam([u], betas=(0.9, config.beta2))
        for step in range(steps):
            t = (step + 0.5) / steps
            with torch.enable_grad():
                moved = latent_from(self.latent, self._noisy(u, streams, t))
                (slope,) = torch.autograd.grad(-self._value(moved, problem, step).sum(), u)
            # a row whose slope is not finite stays where it is; the others do not notice
            u.grad = torch.where(slope.isfinite().all(1, keepdim=True), slope, 0.0)
            optimizer.param_groups[0]["lr"] = config.learning_rate * rate_at(t)
            optimizer.step()
            u.data = kept_within(self.latent, u.data, config.ball)
            if (step + 1) % config.check_every == 0 or step + 1 == steps:
                now = latent_from(self.latent, u.detach())
                reached = self.clean(now, problem)
                better = reached > value
                z, value = torch.where(better[:, None], now, z), torch.where(better, reached, value)
        return z, value


def _candidates(climb: _Climb, problem: int, start: Tensor | None) -> tuple[Tensor, Tensor]:
    """The `starts` (R, d) to climb from for one problem and their values: those given, then the best of the random
    ones; a start of no finite value is replaced by the best."""
    config = climb.config
    drawn = sample_latent(climb.latent, config.candidates, _stream("cpu", climb.seed, "candidates", problem))
    z = drawn.to(climb.device) if start is None else torch.cat([start, drawn.to(climb.device)])
    z = kept_within(climb.latent, z, config.ball)
    value = climb.clean(z, torch.full((len(z),), problem, device=climb.device))
    if not bool(value.isfinite().any()):
        raise ValueError(
            f"the objective of problem {problem} is finite at none of {len(z)} latents; look at its inputs"
        )
    given = 0 if start is None else len(start)
    order = given + value[given:].argsort(descending=True, stable=True)
    chosen = torch.cat([torch.arange(given, device=climb.device), order])[: config.starts]
    chosen = torch.where(value[chosen].isfinite(), chosen, value.argmax())
    return z[chosen], value[chosen]


def _best_first(z: Tensor, value: Tensor, n_problems: int) -> Found:
    """Rows (P x R, d) and their values (P x R,), sorted within each problem."""
    z, value = z.reshape(n_problems, -1, z.shape[-1]), value.reshape(n_problems, -1)
    order = value.argsort(dim=1, descending=True, stable=True)
    return Found(z.gather(1, order[..., None].expand_as(z)), value.gather(1, order))


def search_latents(
    objective: RowObjective,
    latent: Latent,
    n_problems: int,
    config: SearchConfig,
    *,
    seed: int,
    start: Tensor | None = None,
    first: int = 0,
    device: torch.device | str = "cpu",
) -> Found:
    """Maximises `objective(z (B, d), problem (B,), generator) -> (B,)` over z for `n_problems` problems from number
    `first` on.

    Rows of all problems and starts share batches, but each row's randomness is addressed by its problem and start,
    so a problem gives the same answer alone and among others, up to rounding, as long as the objective treats rows
    on their own (no batch statistics; see critic.FrozenCritic) and draws from its generator once for all rows: the
    generator starts afresh at each step. Only the slope in z is computed: networks inside need no freezing and
    their gradients stay as they were. `start` (n_problems, S, d) adds S <= starts points to climb from.

    Raises ValueError where the objective is finite at no candidate of a problem, or `start` has another shape.
    """
    where = torch.device(device)
    if start is not None and (start.ndim != 3 or len(start) != n_problems or not 1 <= start.shape[1] <= config.starts):
        raise ValueError(f"start has shape {tuple(start.shape)}; give ({n_problems}, 1 to {config.starts}, d)")
    climb = _Climb(objective, latent, config, seed, where)
    given = [None] * n_problems if start is None else start.detach().to(where).unbind()
    begun = [_candidates(climb, first + i, given[i]) for i in range(n_problems)]
    z, value = torch.cat([pair[0] for pair in begun]), torch.cat([pair[1] for pair in begun])
    rows = torch.arange(len(z), device=where)
    columns = (z, value, first + rows // config.starts, rows % config.starts)
    climbed = [climb.climb(*part) for part in zip(*(c.split(config.batch) for c in columns), strict=True)]
    return _best_first(torch.cat([pair[0] for pair in climbed]), torch.cat([pair[1] for pair in climbed]), n_problems)
