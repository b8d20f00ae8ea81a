"""What the sample catalogue and its customers look like: a frozen dataclass, nothing heavy imported."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleConfig:
    """A shop that was made up.

    Args:
        n_styles: garments; each comes in one or two colours, so that there are half as many items again.
        n_customers: customers whose purchases recommenders learn from.
        new_customers: further ones that no training sees; their likes stand in a file of their own.
        size: side of the pictures in pixels.
        purchases: fewest and most purchases of a customer.
        temperature: how loosely customers follow their taste, in units of utility; 0.05 is strict, 1 nearly at random.
        noise: share of purchases that have nothing to do with taste (presents, sales).
        groups: tastes that many customers share, the first ones most often.
        in_gaps: share of the groups' ideals that lie where the catalogue has nothing.
    """

    n_styles: int = 600
    n_customers: int = 400
    new_customers: int = 60
    size: int = 32
    purchases: tuple[int, int] = (8, 16)
    temperature: float = 0.13
    noise: float = 0.08
    groups: int = 8
    in_gaps: float = 0.5

    def __post_init__(self) -> None:
        least, most = self.purchases
        if min(self.n_styles, self.n_customers, self.groups) < 1 or self.new_customers < 0:
            raise ValueError("sample.n_styles, n_customers and groups must be 1 or more, new_customers 0 or more")
        if not 8 <= self.size <= 1024:
            raise ValueError(f"sample.size {self.size} must be 8 to 1024 pixels")
        if not 1 <= least <= most:
            raise ValueError(
                f"sample.purchases {list(self.purchases)} must be a fewest of 1 or more and a most above it"
            )
        if not self.temperature > 0 or not 0 <= self.noise <= 1 or not 0 <= self.in_gaps <= 1:
            raise ValueError("sample.temperature must be above 0, noise and in_gaps 0 to 1")
