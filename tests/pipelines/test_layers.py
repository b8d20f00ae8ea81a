"""A user's file is laid over the file of the chain it names, and what shipped before means what it meant."""

from pathlib import Path

import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.imaging.cases.config import MammogramConfig
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.runs.pipelines import find_pipeline, parse_settings, read_pipeline

GENERAL = from_plain(AblationConfig, {})


def own(tmp_path: Path, text: str, changes: tuple[str, ...] = ()) -> AblationConfig:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return from_plain(AblationConfig, parse_settings(read_pipeline(path), list(changes)))


def named(name: str) -> AblationConfig:
    return from_plain(AblationConfig, read_pipeline(find_pipeline(name)))


def test_the_chain_s_name_alone_brings_its_door_augmentation_and_gan(tmp_path: Path) -> None:
    config = own(tmp_path, "chain: mammograms\n")
    assert config == named("mammograms")
    assert config.image.mammogram == MammogramConfig()
    assert config.gan.by_view
    assert config.case_word == "lesions"


def test_mappings_are_merged_lists_replaced_and_set_comes_last(tmp_path: Path) -> None:
    text = (
        "chain: mammograms\nimage: {size: [48, 40], mammogram: {views: [CC]}}\n"
        "arms: [real+classic, real+classic+gan]\ngan: {images_seen: 500}\n"
    )
    config = own(tmp_path, text, ("gan.images_seen=600", "folds=5"))
    assert config.image.size == (48, 40)
    assert config.image.margin == named("mammograms").image.margin
    assert config.image.mammogram == MammogramConfig(views=("CC",))
    assert config.arms == ("real+classic", "real+classic+gan")
    assert (config.gan.images_seen, config.gan.by_view, config.folds) == (600, True, 5)
    assert own(tmp_path, "chain: mammograms\nimage: {mammogram: null}\n").image.mammogram is None


def test_films_are_upright_face_left_and_have_a_dark_ground() -> None:
    films = named("mammogram_films")
    assert films.image.roi == "whole"
    assert films.image.mammogram is not None
    assert films.case_word == "breasts"
    classic = films.classic
    assert not classic.flip_horizontal
    assert not classic.flip_vertical
    assert classic.rotation <= 15
    assert classic.brightness == classic.contrast == classic.noise == 0  # these would light up the air
    assert "flip" not in films.gan.resolved().augment
    assert films.folds == named("mammograms").folds


def test_lesion_chains_mean_what_they_meant() -> None:
    """The defaults of the code are the file lesions.yaml, so that laying a file over it changes nothing."""
    lesions = named("lesions")
    assert lesions == from_plain(AblationConfig, {"title": "Lesions"})
    for name in ("demo", "lesions_paper"):
        alone = from_plain(AblationConfig, _alone(find_pipeline(name)))
        assert named(name) == alone
    assert GENERAL.image.mammogram is None
    assert not GENERAL.gan.by_view


def _alone(path: Path) -> dict:
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(path.read_text())


def test_a_file_that_is_no_settings_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("- a\n")
    with pytest.raises(ValueError, match=r"list\.yaml holds no settings"):
        read_pipeline(tmp_path / "list.yaml")


def test_views_need_one_conditional_gan() -> None:
    with pytest.raises(ValueError, match=r"gan\.by_view and gan\.per_class"):
        from_plain(AblationConfig, {"gan": {"recipe": "dcgan", "per_class": True, "by_view": True}})
