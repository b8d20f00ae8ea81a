import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.config import WARN, settings
from pydicom.errors import BytesLengthException

from medgan_fashion.imaging.cases.found import Found
from medgan_fashion.imaging.discover.film_archive import FilmRules, with_tags
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.mammograms.mammogram import read_mammogram
from medgan_fashion.imaging.mammograms.tags import Said
from medgan_fashion.imaging.read.dicom import guarded
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import picture_shape, read_image

Write = Callable[..., Path]
STORED = np.arange(400, dtype=np.uint16).reshape(20, 20)


def _all_doors(path: Path) -> list[Callable[[], object]]:
    return [
        lambda: read_image(path),
        lambda: read_mammogram(path, Said()),
        lambda: with_tags(Found(path, "x"), FilmRules()),
        lambda: picture_shape(path),
    ]


def _replace(path: Path, old: bytes, new: bytes) -> None:
    assert path.read_bytes().count(old) == 1
    assert len(old) == len(new)
    path.write_bytes(path.read_bytes().replace(old, new))


def _deflate(path: Path) -> None:
    """Makes a file a cut Deflated Explicit VR Little Endian one, whose name stands in the File Meta Information."""
    import pydicom
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    data.save_as(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "error", [zlib.error, BytesLengthException, NotImplementedError, OverflowError, IndexError, TypeError]
)
def test_damage_becomes_a_reason(error: type[Exception]) -> None:
    with pytest.raises(UnreadableError, match=r"^this: that$"), guarded("this", "that"):
        raise error("SMITH")


def test_reasons_and_want_of_memory_pass() -> None:
    with pytest.raises(UnreadableError, match="why: how"), guarded():
        raise UnreadableError("why", "how")
    with pytest.raises(MemoryError), guarded():
        raise MemoryError


def test_a_cut_deflated_file(dicom: Write) -> None:
    path = dicom(STORED, Modality="MG")
    _deflate(path)
    for door in _all_doors(path):
        with pytest.raises(UnreadableError, match="damaged DICOM file"):
            door()


def test_decimal_commas(dicom: Write, tmp_path: Path) -> None:
    path = dicom(STORED, Modality="MG", ImagerPixelSpacing=["0.07", "0.07"])
    _replace(path, b"0.07\\0.07", b"0,07\\0,07")
    for door in _all_doors(path)[:2]:
        with pytest.raises(UnreadableError, match="a tag of the image"):
            door()
    (tmp_path / "archive" / "a").mkdir(parents=True)
    dicom(STORED, "archive/a/good", PatientID="1")
    bad = dicom(STORED, "archive/a/bad", PatientID="2", ImagePositionPatient=["0.0", "0.0", "1.5"])
    _replace(bad, b"0.0\\0.0\\1.5", b"0,0\\0,0\\1,5")
    left = make_cases(tmp_path / "archive", tmp_path / "cases.csv")
    assert left.written == {"a": 1}
    assert [name for name, _ in left.files] == ["a/bad"]


@pytest.mark.filterwarnings("ignore::UserWarning")  # of pixels' length, without a value
def test_random_damage_of_the_header_is_always_told(dicom: Write) -> None:
    tags = {
        "WindowCenter": [200, 90],
        "WindowWidth": [400, 9],
        "PatientOrientation": ["A", "F"],
        "PixelPaddingValue": 0,
    }
    path = dicom(STORED, Modality="MG", ImagePositionPatient=[0, 0, 1], ImagerPixelSpacing=[0.07, 0.07], **tags)
    whole, draw = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(60):
        damaged = np.frombuffer(whole, np.uint8).copy()
        damaged[draw.integers(132, len(whole) - STORED.nbytes, 3)] = draw.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        for door in _all_doors(path):
            try:
                door()
            except UnreadableError:
                refused += 1
    assert refused > 20


def test_no_identifier_is_warned_of_and_the_setting_returns(dicom: Write, tmp_path: Path) -> None:
    (tmp_path / "archive" / "a").mkdir(parents=True)
    path = dicom(STORED, "archive/a/x", PatientID="1", StudyInstanceUID="1.2.33.4")
    _replace(path, b"1.2.33.4", b"1.2.03.4")  # a leading zero: pydicom warns, which is an error in these tests
    assert make_cases(tmp_path / "archive", tmp_path / "cases.csv").written == {"a": 1}
    assert settings.reading_validation_mode == WARN


def test_the_setting_returns_with_the_last_of_several_threads() -> None:
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()
    seen = []

    def second() -> None:
        first_in.wait(5)
        with guarded():
            second_in.set()
            first_out.wait(5)
            seen.append(settings.reading_validation_mode)

    thread = threading.Thread(target=second)
    thread.start()
    with guarded():
        first_in.set()
        second_in.wait(5)
    first_out.set()
    thread.join()
    assert (seen, settings.reading_validation_mode) == ([0], WARN)
