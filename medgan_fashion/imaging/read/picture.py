"""What a reader returns, and the error that says why a picture cannot be used without naming its file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class UnreadableError(ValueError):
    """A picture that cannot be used; its text never holds a path, because file names often hold patient IDs.

    Args:
        reason: what is wrong.
        cure: what the user can do.
        here: this machine is at fault (a missing package, too little memory), not the file.
    """

    def __init__(self, reason: str, cure: str, *, here: bool = False) -> None:
        super().__init__(f"{reason}: {cure}")
        self.reason = reason
        self.cure = cure
        self.here = here


@dataclass(frozen=True)
class Picture:
    """A picture in stored units.

    Args:
        pixels: float32 (C, H, W).
        unit: "HU", "grey 8 bit", "grey 16 bit", "float", or what the DICOM rescale yields.
        spacing_mm: (between rows, between columns) in millimetres, or None where unknown.
    """

    pixels: NDArray[np.float32]
    unit: str
    spacing_mm: tuple[float, float] | None = None
