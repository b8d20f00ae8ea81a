import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.imaging.mammograms.breast import find_breast, otsu, reduce_film
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import read_image

Draw = Callable[..., np.ndarray]


def test_otsu_cuts_in_the_middle_of_a_gap() -> None:
    assert otsu(np.array([0.1] * 30 + [0.9] * 10, dtype=np.float32)) == pytest.approx(0.5, abs=0.01)


def test_reduction_averages() -> None:
    film = np.random.default_rng(0).random((520, 300)).astype(np.float32)
    small, step = reduce_film(film)
    assert (step, small.shape) == (3, (174, 100))
    np.testing.assert_allclose(small[:173], film[:519].reshape(173, 3, 100, 3).mean(axis=(1, 3)), rtol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("pad", [0, 40])
@pytest.mark.parametrize("air", [0.0, 0.03])
def test_box_and_chest_wall_of_a_drawn_breast(draw_film: Draw, side: str, pad: int, air: float) -> None:
    film = draw_film(side, air=air, pad=pad)
    breast = find_breast(film)
    assert breast.chest_wall == side
    truth = (pad + (0 if side == "left" else 80), 24, 120, 192)
    np.testing.assert_allclose(breast.box, truth, atol=5)
    edge = breast.box[0] if side == "left" else breast.box[0] + breast.box[2]
    assert edge == pytest.approx(pad + (0 if side == "left" else 200), abs=1)
    assert breast.cut == ((True, False, False, False) if side == "left" else (False, False, True, False))


def test_weight_keeps_the_whole_breast_and_nothing_far_from_it(draw_film: Draw) -> None:
    film = draw_film()
    weight = find_breast(film).weight
    assert (weight[film > 0.05] == 1).all()
    assert not weight[:15].any()
    assert not weight[:, 135:].any()


def test_labels_tape_and_white_borders_are_air(draw_film: Draw) -> None:
    film = draw_film(shape=(240, 240))
    plain = find_breast(film)
    film[10:40, 190:230] = 1.0  # a label
    film[:, 236:] = 0.9  # tape along the edge
    film[118:121, 140:236] = 0.9  # a thread of tape that touches the breast
    film[-3:] = 1.0  # the scanner's white border
    dressed = find_breast(film)
    np.testing.assert_allclose(dressed.box, plain.box, atol=10)  # a thread's root, like a nipple, may stay
    assert not dressed.weight[10:40, 190:].any()
    assert not dressed.weight[118:121, 165:].any()


def test_pixels_of_any_scale_give_the_same_box(draw_film: Draw) -> None:
    film = draw_film()
    np.testing.assert_allclose(find_breast(np.float32(0.1) * film + np.float32(0.2)).box, find_breast(film).box, atol=3)


@pytest.mark.parametrize("name", ["noise", "speck", "smooth", "tissue", "ramp"])
def test_a_film_without_a_breast(name: str, draw_film: Draw) -> None:
    random = np.random.default_rng(0)
    speck = np.zeros((200, 200))
    speck[90:100, 90:100] = 1
    films = {
        "noise": random.random((200, 200)),
        "speck": speck,
        "smooth": random.random((8, 8)).repeat(25, axis=0).repeat(25, axis=1),
        "tissue": draw_film()[80:160, :80],
        "ramp": np.tile(np.linspace(0, 1, 200), (200, 1)),
    }
    with pytest.raises(UnreadableError, match=r"a film without a breast .*image\.roi lesion"):
        find_breast(films[name].astype(np.float32))


def test_all_real_films(shared_data: Path, tmp_path: Path) -> None:
    with tarfile.open(shared_data / "mini_mias/mini_mias.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    films = sorted(tmp_path.rglob("*.pgm"))
    assert len(films) == 22
    for path in films:
        breast = find_breast(read_image(path).pixels[0] / 255)
        # films are padded to squares: the breast's straight side lies towards the padding, odd numbers right
        assert breast.chest_wall == ("right" if int(path.stem[3:]) % 2 else "left"), path.stem
        share = float((breast.weight == 1).mean())
        assert 0.25 < share < 0.55, path.stem
        assert breast.cut[1], path.stem
