"""What steadies two opponents beside the objective: terms of their losses, and what those terms must remember."""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from medgan_fashion.gan.losses.objectives import Objective, empty_logits
from medgan_fashion.gan.losses.penalties import feature_distance, orthogonal
from medgan_fashion.gan.networks.layers import DiscriminatorOutput
from medgan_fashion.gan.recipe.spec import Recipe, Regularization
from medgan_fashion.gan.schemes.base import Batch, Memory, Networks, Remembered

OPPONENTS = ("generator", "discriminator")


def noised(row: Regularization, images: Tensor, batch: Batch, purpose: str) -> Tensor:
    """Instance noise (Arjovsky and Bottou 2017; Sonderby et al. 2017) of an sd that falls to 0 in a straight line."""
    sd = row.instance_noise * max(0.0, 1 - batch.images_seen / row.noise_images)
    if sd == 0:
        return images
    generator = batch.generator(f"{purpose} noise")
    return images + sd * torch.randn(images.shape, generator=generator, device=images.device)


def replayed(fakes: Tensor, batch: Batch) -> tuple[Tensor, Tensor | None]:
    """Fakes and their labels, each with probability 1/2 a past one, once there are any (Shrivastava et al. 2017)."""
    if "replay" not in batch.memory:
        return fakes, batch.labels
    past, generator = batch.memory["replay"], batch.generator("replay")
    filled = past["count"].clamp(max=len(past["images"]))
    draws = torch.rand(2, len(fakes), generator=generator, device=fakes.device)
    old, chosen = (draws[0] < 0.5) & (filled > 0), (draws[1] * filled).long()
    images = torch.where(old.view(-1, *[1] * (fakes.ndim - 1)), past["images"][chosen], fakes)
    return images, None if batch.labels is None else torch.where(old, past["labels"][chosen], batch.labels)


def replay(size: int) -> Memory:
    """The last fakes and their labels; once full, each new one takes the place of one drawn at random."""

    def start(networks: Networks, shape: tuple[int, ...]) -> Remembered:
        device = next(networks["generator"].parameters()).device
        return {
            "images": torch.zeros(size, *shape, device=device),
            "labels": torch.zeros(size, dtype=torch.long, device=device),
            "count": torch.zeros((), dtype=torch.long, device=device),
        }

    def after(past: Remembered, networks: Networks, batch: Batch) -> Remembered:
        """Fresh fakes fill the empty places, then take the place of one drawn at random."""
        fakes = batch.shared["fakes"].detach().float()
        order = past["count"] + torch.arange(len(fakes), device=fakes.device)
        drawn = torch.randint(size, (len(fakes),), generator=batch.generator("keep"), device=fakes.device)
        place = torch.where(order < size, order, drawn)
        # two fakes may have drawn one place: the later one takes it, with its own label
        taker = torch.full((size,), -1, device=fakes.device)
        taker = taker.scatter_reduce(0, place, torch.arange(len(fakes), device=fakes.device), "amax")
        new = taker >= 0
        images = torch.where(new.view(-1, *[1] * (fakes.ndim - 1)), fakes[taker], past["images"])
        labels = past["labels"] if batch.labels is None else torch.where(new, batch.labels[taker], past["labels"])
        return {"images": images, "labels": labels, "count": past["count"] + len(fakes)}

    return Memory(start, after)


def _state(network: nn.Module) -> Remembered:
    return {k: v.detach() for k, v in network.state_dict().items()}


def _snapshots(row: Regularization) -> Memory:
    """Rings of past discriminators, every tensor stacked along a new first axis."""

    def start(networks: Networks, shape: tuple[int, ...]) -> Remembered:
        state = _state(networks["discriminator"])
        rings = {k: v.new_zeros((row.replay_critics, *v.shape)) for k, v in state.items()}
        return rings | {" count": torch.zeros((), dtype=torch.long)}

    def after(past: Remembered, networks: Networks, batch: Batch) -> Remembered:
        count = int(past[" count"])
        if batch.images_seen < count * row.snapshot_images:
            return past
        rings = {k: v.clone() for k, v in past.items()}
        for k, v in _state(networks["discriminator"]).items():
            rings[k][count % row.replay_critics] = v
        return rings | {" count": past[" count"] + 1}

    return Memory(start, after)


def _past_critic(batch: Batch) -> Remembered | None:
    past = batch.memory["critics"]
    filled = min(int(past[" count"]), len(next(iter(past.values()))))
    if filled == 0:
        return None
    chosen = int(torch.randint(filled, (), generator=batch.generator("critic"), device=batch.real.device))
    return {k: v[chosen].clone() for k, v in past.items() if k != " count"}


def _averages() -> Memory:
    """Running means of both opponents' weights."""

    def start(networks: Networks, shape: tuple[int, ...]) -> Remembered:
        means = {f"{n}.{k}": v.detach().clone() for n in OPPONENTS for k, v in networks[n].named_parameters()}
        return means | {" count": torch.ones(())}

    def after(past: Remembered, networks: Networks, batch: Batch) -> Remembered:
        count = past[" count"] + 1
        live = {f"{n}.{k}": v.detach() for n in OPPONENTS for k, v in networks[n].named_parameters()}
        return {k: past[k] + (v - past[k]) / count.to(v.device) for k, v in live.items()} | {" count": count}

    return Memory(start, after)


def historical(networks: Networks, batch: Batch, name: str) -> Tensor:
    """||theta - mean of the past thetas||^2 of one network."""
    means = batch.memory["averages"]
    return torch.stack([(v - means[f"{name}.{k}"]).square().sum() for k, v in networks[name].named_parameters()]).sum()


def _anchors(decay: float) -> Memory:
    """Averages of D's logits on reals and fakes, as LeCam needs them."""

    def start(networks: Networks, shape: tuple[int, ...]) -> Remembered:
        device = next(networks["discriminator"].parameters()).device
        return {"real": torch.zeros((), device=device), "fake": torch.zeros((), device=device)}

    def after(past: Remembered, networks: Networks, batch: Batch) -> Remembered:
        return {k: decay * v + (1 - decay) * batch.shared[f"{k} logits"].mean() for k, v in past.items()}

    return Memory(start, after)


def lecam(batch: Batch, real: Tensor, fake: Tensor) -> Tensor:
    """E (D(x) - alpha_fake)^2 + E (D(G(z)) - alpha_real)^2 (Tseng et al. 2021, eq. 5)."""
    anchors = batch.memory["lecam"]
    return (real - anchors["fake"]).square().mean() + (fake - anchors["real"]).square().mean()


def _adaptive(row: Regularization, batches: int) -> Memory:
    """The probability of augmentation, moved by D's overfitting r = E sign(D(real)) (Karras et al. 2020, section 3)."""

    def start(networks: Networks, shape: tuple[int, ...]) -> Remembered:
        return {"p": torch.zeros((), device=next(networks["discriminator"].parameters()).device)}

    def after(past: Remembered, networks: Networks, batch: Batch) -> Remembered:
        way = (batch.shared["real logits"].sign().mean() - row.ada_target).sign()
        return {"p": (past["p"] + way * batches * len(batch.real) / row.ada_images).clamp(0, 1)}

    return Memory(start, after)


def critic_terms(
    row: Regularization, networks: Networks, batch: Batch, real: Tensor, fake: Tensor
) -> dict[str, Tensor]:
    """What steadies D; `real` and `fake` are its logits."""
    terms = {"lecam": row.lecam * lecam(batch, real, fake)} if row.lecam else {}
    if row.historical:
        terms["history of D"] = row.historical * historical(networks, batch, "discriminator")
    return terms


def generator_terms(
    row: Regularization,
    objective: Objective,
    networks: Networks,
    batch: Batch,
    images: Tensor,
    real: DiscriminatorOutput | None,
    fake: DiscriminatorOutput,
) -> dict[str, Tensor]:
    """What steadies G; `images` are fakes as D was shown them."""
    terms: dict[str, Tensor] = {}
    if row.feature_matching:
        assert real is not None
        terms["features"] = row.feature_matching * feature_distance(real.features, fake.features)
    if row.historical:
        terms["history of G"] = row.historical * historical(networks, batch, "generator")
    if row.orthogonal:
        terms["orthogonal"] = row.orthogonal * orthogonal(networks["generator"])
    past = _past_critic(batch) if row.replay_critics else None
    if past is not None:
        judged = functional_call(networks["discriminator"], past, (images, batch.labels))
        logits = judged.logits.float()
        reals = empty_logits(logits) if real is None else real.logits
        terms["past critic"] = row.adversarial * objective.g(reals, logits)
    return terms


def memories(recipe: Recipe) -> dict[str, Memory]:
    """The parts of memory that the recipe's stabilisers need."""
    row = recipe.regularization
    parts = {
        "replay": (row.replay_fakes, lambda: replay(row.replay_fakes)),
        "critics": (row.replay_critics, lambda: _snapshots(row)),
        "averages": (row.historical, _averages),
        "lecam": (row.lecam, lambda: _anchors(row.lecam_decay)),
        "ada": (row.ada_target, lambda: _adaptive(row, recipe.n_critic)),
    }
    return {name: make() for name, (wanted, make) in parts.items() if wanted}
