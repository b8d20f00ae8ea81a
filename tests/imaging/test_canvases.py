from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from medgan_fashion.imaging.cases.config import ImageConfig, MammogramConfig
from medgan_fashion.imaging.cases.table import Case
from medgan_fashion.imaging.prepare.canvases import Canvas, read_canvases

Write = Callable[..., Path]
BOX = (20.0, 100.0, 32.0, 32.0)


@pytest.mark.parametrize("roi", ["whole", "lesion"])
def test_quiet_darkness_is_a_note(dicom: Write, draw_film: Callable[..., np.ndarray], roi: str) -> None:
    film = np.rint(4095 * draw_film()).astype(np.uint16)
    lut = Dataset()  # says 16 bits, holds 12
    lut.add_new("LUTDescriptor", "US", [4096, 0, 16])
    lut.add_new("LUTData", "US", list(range(4096)))
    tags = {"Modality": "MG", "BitsStored": 12, "HighBit": 11}
    good, dark = dicom(film, "good.dcm", **tags), dicom(film, "dark.dcm", VOILUTSequence=[lut], **tags)
    grey = dark.with_name("grey.png")
    Image.fromarray(film).save(grey)
    config = ImageConfig((16, 16), roi="whole" if roi == "whole" else "lesion", mammogram=MammogramConfig())
    cases = [Case(n, path, "a", "p", ("p", "l"), box=BOX, laterality="L") for n, path in enumerate((good, dark, grey))]
    notes = [canvas.notes for canvas in read_canvases(cases, config) if isinstance(canvas, Canvas)]
    assert len(notes) == len(cases)
    assert notes[0] == ()
    for (note,) in notes[1:]:
        assert "darkest eighth of its range" in note
        assert "correct LUT Descriptor (0028,3002)" in note
