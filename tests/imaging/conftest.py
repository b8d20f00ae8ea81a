"""Tiny DICOM files, pictures and tables for the tests of imaging."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

KEY = "a secret text for tests only"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDGAN_FASHION_KEY", KEY)


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., str]:
    """Writes a random grey PNG of 8 or 16 bit and gives its name."""

    def write(name: str, seed: int = 0, shape: tuple[int, int] = (40, 50), bits: int = 8) -> str:
        values = np.random.default_rng(seed).integers(0, 2**bits, shape)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values.astype(np.uint8 if bits == 8 else np.uint16)).save(path)
        return name

    return write


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CSV from lines and gives its path."""

    def write(*lines: str, name: str = "cases.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def dicom(tmp_path: Path) -> Callable[..., Path]:
    """Writes a one-frame DICOM from an integer array (H, W) with further tags."""

    def write(array: np.ndarray, name: str = "x.dcm", **tags: object) -> Path:
        from pydicom.dataelem import DataElement
        from pydicom.dataset import FileDataset, FileMetaDataset
        from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = CTImageStorage
        uid = meta.MediaStorageSOPInstanceUID = generate_uid()
        data = FileDataset(str(tmp_path / name), {}, file_meta=meta, preamble=b"\0" * 128)
        data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, uid
        data.Rows, data.Columns = array.shape[-2:]
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        bits = 8 * array.dtype.itemsize
        data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
        data.PixelRepresentation = int(array.dtype.kind == "i")
        data.PixelData = array.tobytes()
        for key, value in tags.items():
            data.add(value) if isinstance(value, DataElement) else setattr(data, key, value)
        data.save_as(tmp_path / name, enforce_file_format=True)
        return tmp_path / name

    return write


@pytest.fixture
def draw_film() -> Callable[..., np.ndarray]:
    """Draws a film (H, W) in [0, 1]: half an ellipse of tissue on one side, with a fading skin, on air."""

    def draw(side: str = "left", shape: tuple[int, int] = (240, 200), air: float = 0.0, pad: int = 0) -> np.ndarray:
        y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
        radius = np.hypot(x / (0.6 * shape[1]), (y - 0.5 * shape[0]) / (0.4 * shape[0]))
        tissue = 0.5 + 0.1 * np.sin(x / 9) * np.cos(y / 13)
        film = np.where(radius < 1, tissue, air) * np.clip((1.02 - radius) / 0.06, air / 0.4, 1)
        film = np.where(radius < 1, np.maximum(film, air), air)
        if side == "right":
            film = film[:, ::-1]
        return np.pad(film, ((0, 0), (pad, pad))).astype(np.float32)

    return draw
