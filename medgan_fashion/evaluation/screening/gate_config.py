"""How synthetic images are let in: the gate's thresholds. Imports no torch."""

from dataclasses import dataclass

REASONS = ("label", "artefact", "realism", "near copy", "quota")  # in the order that the gate asks them


@dataclass(frozen=True)
class GateConfig:
    """The quality gate before synthetic images are mixed with real ones.

    Args:
        candidates: images drawn for each one that is wanted.
        quantile: share of training reals that lie as near to a real of another patient of their class as an accepted
            image must lie to a training real of its class.
        quota: no training real may be the nearest one of more than this many times its fair share of what is wanted.
        artefact_sds: robust standard deviations from the median within which low-level statistics must lie.
    """

    candidates: float = 3.0
    quantile: float = 0.95
    quota: float = 3.0
    artefact_sds: float = 3.5

    def __post_init__(self) -> None:
        if self.candidates < 1 or self.quota < 1:
            raise ValueError("gate.candidates and gate.quota must be at least 1")
        if not 0 < self.quantile < 1 or self.artefact_sds <= 0:
            raise ValueError("gate.quantile must lie between 0 and 1, and gate.artefact_sds be above 0")
