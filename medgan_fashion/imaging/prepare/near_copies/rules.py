"""From which similarity on two pictures are one: a rule for each use. Imports no torch.

The scale is that of `search.most_similar`, in [-1, 1]. How alike pictures of different patients are differs with the
kind of picture (ultrasound 0.6, whole brain slices 0.9), so each rule begins from what they reach in the same
search. The rules are in order: what the audit would call one picture the door has grouped, and what the screening would
call a copy the gate has refused. Their rates of error: docs/near_copies.md, by benchmarks/near_copies.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

TO_SD = 1.4826  # of a normal distribution: standard deviation over median absolute deviation


@dataclass(frozen=True)
class CopyRule:
    """`sds` standard deviations beyond what pictures of other patients reach; within `least` and `most`."""

    sds: float
    least: float
    most: float

    def threshold(self, others: ArrayLike) -> float:
        """The similarity above which two pictures are one, from how alike a picture and its nearest of another patient
        are (N,). On Fisher's scale (atanh), where they spread evenly, by median and median deviation: a few copies
        among the patients move neither. `most` where there are no two patients to compare."""
        known = np.asarray(others, dtype=np.float64)
        scale = np.arctanh(np.clip(known[known > -1], 0, 0.999))  # -1: nobody to be compared with
        if not len(scale):
            return self.most
        middle = np.median(scale)
        far = middle + self.sds * TO_SD * np.median(np.abs(scale - middle))
        return float(np.clip(np.tanh(far), self.least, self.most))


# round, smooth masses of different patients reach 0.92, re-encoded, brighter or shifted pictures stay above 0.96
GROUP = CopyRule(3.5, 0.94, 0.97)  # a false join costs little, a missed one is a leak
AUDIT = CopyRule(4.0, 0.95, 0.975)
GATE = CopyRule(4.0, 0.90, 0.94)  # a refused candidate costs little
SCREEN = CopyRule(4.0, 0.94, 0.97)  # blocks a model, so it must be surer than the gate
GARMENT = CopyRule(4.0, 0.90, 0.999)  # catalogue photos on one ground are alike by nature: only beyond all of them
