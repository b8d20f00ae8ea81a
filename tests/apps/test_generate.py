"""Page 6 as a visitor meets it."""

import base64
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from medgan_fashion.report.pictures import COLOURS
from medgan_fashion.runs.stages.privacy_cards import model_hash, write_card
from medgan_fashion.studio.settings import Settings
from tests.apps.tiny_study import shared_study
from tests.report.conftest import CLASSES, make_summary
from tests.runs.planted_cards import planted_card
from tests.studio.planted_models import ROWS, plant_gan, plant_run

PAGE = Path(__file__).parents[2] / "apps" / "generate.py"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run; no test may change it."""
    return shared_study(tmp_path_factory)


def visit(monkeypatch: pytest.MonkeyPatch, home: Path, *runs: Path) -> AppTest:
    """The page, loaded."""
    for key, value in Settings(home=str(home), runs=tuple(map(str, runs))).environment().items():
        monkeypatch.setenv(key, value)
    return AppTest.from_file(str(PAGE), default_timeout=60).run()


def words(page: AppTest) -> str:
    """What is said, without the backslashes that keep it from being markup."""
    kinds = (page.markdown, page.caption, page.error, page.warning, page.info)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "")


def pictures(page: AppTest) -> list[tuple[str, str, Image.Image]]:
    """Caption, alt text and pixels of every picture."""
    found = []
    for one in page.get("image"):
        (image,) = one.proto.imgs  # type: ignore[attr-defined]
        data = base64.b64decode(image.url.removeprefix("data:image/png;base64,"))
        found.append((image.caption.replace("\\", ""), image.alt, Image.open(io.BytesIO(data)).convert("RGB")))
    return found


def archive(page: AppTest) -> zipfile.ZipFile:
    """The zip that was prepared."""
    return zipfile.ZipFile(io.BytesIO(page.session_state["archive"][1]))


def test_every_picture_says_that_it_is_synthetic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path) -> None:
    page = visit(monkeypatch, tmp_path, tiny)
    assert not page.exception
    shown = pictures(page)
    assert len(shown) == 16
    assert [caption for caption, _, _ in shown[:2]] == ["cyst · 0 · synthetic", "metastasis · 1 · synthetic"]
    for _, alt, image in shown:
        assert alt.startswith("synthetic picture")
        assert image.getpixel((1, 60)) == COLOURS["synthetic"]
        assert (np.asarray(image)[-20:] == 255).all(2).any()
    assert "never for diagnosis" in words(page)


def test_class_number_seed_and_variety(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path) -> None:
    page = visit(monkeypatch, tmp_path, tiny)
    first = pictures(page)[0][2].tobytes()
    page.selectbox(key="class-tiny, fold 1, repeat 1").set_value(3)
    page.number_input(key="n").set_value(64).run()
    shown = pictures(page)
    assert len(shown) == 64
    assert {caption.split(" · ")[0] for caption, _, _ in shown} == {"hemangioma"}
    page.selectbox(key="class-tiny, fold 1, repeat 1").set_value(0)
    page.number_input(key="n").set_value(16)
    page.number_input(key="seed").set_value(1).run()
    assert pictures(page)[0][2].tobytes() != first
    page.number_input(key="seed").set_value(0).run()
    assert pictures(page)[0][2].tobytes() == first
    page.slider(key="variety").set_value(0.3).run()
    assert pictures(page)[0][2].tobytes() != first
    page.selectbox(key="model").set_value("tiny, fold 2, repeat 1").run()
    assert not page.exception
    assert len(pictures(page)) == 16


def test_a_download_is_made_only_when_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path) -> None:
    page = visit(monkeypatch, tmp_path, tiny)
    assert not page.get("download_button")
    page.button[0].click().run()
    assert not page.exception
    assert len(page.get("download_button")) == 1
    assert len([name for name in archive(page).namelist() if name.endswith(".png")]) == 16
    page.number_input(key="zip-n-16").set_value(20)
    page.selectbox(key="zip-kind-medical").set_value("DICOM").run()
    assert not page.get("download_button")  # the other one is no longer what is asked for
    page.button[0].click().run()
    assert len([name for name in archive(page).namelist() if name.endswith(".dcm")]) == 20


def test_a_sphere_has_no_variety_and_one_class_no_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = plant_run(tmp_path / "study")
    plant_gan(run, "aa", "dcgan", (), "rows", label="*benign*", changes={"latent": {"prior": "sphere"}})
    page = visit(monkeypatch, tmp_path, run)
    assert not page.exception
    assert not page.slider
    assert len(page.selectbox) == 2  # model and files
    assert "This model draws *benign* only." in words(page)
    assert pictures(page)[0][0] == "*benign* · 0 · synthetic"


def test_near_copies_are_warned_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = plant_run(tmp_path / "study", gans=[make_summary()["gans"][0]])
    plant_gan(run, "aa", "cgan", tuple(CLASSES), ROWS)
    page = visit(monkeypatch, tmp_path, run)
    assert "1 near copy of training images" in words(page)
    assert pictures(page)[0][0] == "cyst <1 cm & thin · 0 · synthetic"


def test_a_blocked_model_asks_before_its_pictures_leave(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = plant_run(tmp_path / "study", gans=[make_summary()["gans"][0]])
    model = plant_gan(run, "aa", "cgan", tuple(CLASSES), ROWS) / "model.safetensors"
    write_card(planted_card(model, "blocked"), run / "results" / "privacy" / f"{model_hash(model)}.json")
    page = visit(monkeypatch, tmp_path, run)
    assert not page.exception
    assert "Privacy screening: blocked (9 of 10 drawn images" in words(page)
    assert page.button[0].disabled
    page.checkbox[0].check().run()
    page.button[0].click().run()
    assert not page.exception
    assert "taken away despite that" in archive(page).read("DATA_CARD.md").decode()


def test_an_unscreened_model_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = plant_run(tmp_path / "study")
    plant_gan(run, "aa", "cgan", tuple(CLASSES), ROWS)
    page = visit(monkeypatch, tmp_path, run)
    assert "Not screened for privacy." in words(page)
    assert not page.checkbox


def test_a_damaged_model_is_a_sentence_and_the_others_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = plant_run(tmp_path / "study")
    plant_gan(run, "aa", "cgan", tuple(CLASSES), ROWS)
    broken = run / "stages" / "train_gan" / "bb"
    broken.mkdir()
    (broken / "model.safetensors").write_bytes(b"no model")
    page = visit(monkeypatch, tmp_path, run)
    assert "is no model of this package" in words(page)
    assert len(pictures(page)) == 16


def test_where_no_run_was_named_a_sample_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = visit(monkeypatch, tmp_path)
    assert not page.exception
    assert "There is no model yet, so we are making a sample" in words(page)
