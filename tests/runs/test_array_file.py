"""Images from an .npz: read as they were saved, and every other file refused in one sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medgan_fashion.runs.single.inputs import read_arrays

IMAGES = np.random.default_rng(0).random((12, 1, 8, 8), dtype=np.float32)


def saved(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_images_labels_and_classes(tmp_path: Path) -> None:
    labels = np.arange(12) % 2
    found = read_arrays(saved(tmp_path / "a.npz", images=IMAGES, labels=labels, classes=["cyst", "other"]))
    np.testing.assert_array_equal(found.images, IMAGES)
    assert found.labels is not None
    np.testing.assert_array_equal(found.labels, labels)
    assert found.classes == ["cyst", "other"]
    flat = read_arrays(saved(tmp_path / "b.npz", images=IMAGES[:, 0]))
    np.testing.assert_array_equal(flat.images, IMAGES)
    assert (flat.labels, flat.classes) == (None, None)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"pixels": IMAGES}, "holds pixels but no `images`"),
        ({"images": IMAGES, "SyntheticData": "YES"}, "holds synthetic images; give real ones"),
        ({"images": 3}, r"have shape \(\); save `images` \(N, C, H, W\)"),
        ({"images": IMAGES[:0]}, r"have shape \(0, 1, 8, 8\)"),
        ({"images": np.array(["a", "b"])}, "are <U1, not real numbers"),
        ({"images": np.array([{}], dtype=object)}, "holds Python objects"),
        ({"images": np.where(IMAGES > 0.9, np.nan, IMAGES)}, "hold NaN or infinite values; remove those"),
        ({"images": IMAGES, "labels": ["a"] * 12}, "are <U1 of shape .* one whole number from 0 for each image"),
        ({"images": IMAGES, "labels": np.arange(11)}, r"shape \(11,\) for 12 images"),
        ({"images": IMAGES, "labels": 3}, r"shape \(\) for 12 images"),
        ({"images": IMAGES, "labels": -np.arange(12)}, "whole number from 0"),
        ({"images": IMAGES, "classes": "cyst"}, "save a list of names"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, arrays: dict[str, Any], words: str) -> None:
    path = saved(tmp_path / "file.npz", **arrays)
    with pytest.raises(ValueError, match=words) as caught:
        read_arrays(path)
    assert "file.npz" in str(caught.value)


def test_files_that_are_no_arrays(tmp_path: Path) -> None:
    path = tmp_path / "file.npz"
    whole = saved(tmp_path / "whole.npz", images=IMAGES).read_bytes()
    np.save(tmp_path / "one.npy", IMAGES)
    single = (tmp_path / "one.npy").read_bytes()
    for content in (b"", b"case,label\n1,cyst\n", whole[: len(whole) // 2], whole[:-4], single, single[:40]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"file\.npz is no \.npz file, or a damaged one; save `images`"):
            read_arrays(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_one_wrong_byte_anywhere_is_a_sentence_or_does_no_harm(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "file.npz", images=IMAGES, labels=np.arange(12))
    whole = bytearray((tmp_path / "file.npz").read_bytes())
    for at in range(0, len(whole), 7):
        damaged = whole.copy()
        damaged[at] ^= 0x55
        (tmp_path / "file.npz").write_bytes(damaged)
        try:
            np.testing.assert_array_equal(read_arrays(tmp_path / "file.npz").images, IMAGES)
        except ValueError as error:
            assert "file.npz" in str(error)  # noqa: PT017 - harmless bytes exist too
