from pathlib import Path

import pytest

from medgan_fashion.imaging.discover import dataset_cards
from medgan_fashion.imaging.discover.dataset_cards import (
    DatasetCard,
    dataset_card,
    fetch_dataset,
    list_datasets,
    parse_card,
    verify_dataset,
)


def test_every_card_is_whole() -> None:
    cards = list_datasets()
    assert [card.name for card in cards] == [
        *("brain_tumor_mri", "busi_breast_ultrasound", "cbis_ddsm", "clothing_by_sender", "fashion_products"),
        *("lidc_ct", "mini_mias"),
    ]
    for card in cards:
        assert card.address.startswith("https://")
        assert card.checksums == "SHA256SUMS"
        assert card.licence
        assert card.quirks


def test_unknown_names_and_keys() -> None:
    with pytest.raises(ValueError, match="brain_tumor_mri"):
        dataset_card("brain")
    with pytest.raises(ValueError, match="colour"):
        parse_card("colour: red\n", "x.yaml")
    with pytest.raises(ValueError, match="no YAML"):
        parse_card("a: [", "x.yaml")


def test_nothing_is_downloaded_without_an_address(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"https://doi\.org/10\.6084.*CC BY 4\.0"):
        fetch_dataset("brain_tumor_mri", tmp_path)


def test_checksums_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = dict.fromkeys(("what", "licence", "citation", "address", "layout", "value_range", "groups"), "x")
    card = DatasetCard("tiny", **text, quirks=(), make_cases="", checksums="SHA256SUMS", counts={"a": 1})
    monkeypatch.setattr(dataset_cards, "list_datasets", lambda: (card,))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(b"hello")
    assert verify_dataset("tiny", tmp_path) == 1
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  a/1.png\n")
    assert verify_dataset("tiny", tmp_path) == 1
    (tmp_path / "a" / "1.png").write_bytes(b"hallo")
    with pytest.raises(ValueError, match="has changed"):
        verify_dataset("tiny", tmp_path)
    (tmp_path / "a" / "1.png").unlink()
    with pytest.raises(ValueError, match=r"lacks a/1\.png"):
        verify_dataset("tiny", tmp_path)
    (tmp_path / "SHA256SUMS").unlink()
    with pytest.raises(ValueError, match="0 pictures instead of 1"):
        verify_dataset("tiny", tmp_path)


def test_real_copies(shared_data: Path) -> None:
    assert verify_dataset("lidc_ct", shared_data / "lidc_ct") == 17
    assert verify_dataset("busi_breast_ultrasound", shared_data / "busi_breast_ultrasound") == 408
    assert verify_dataset("cbis_ddsm", shared_data / "cbis_ddsm_roi") == 4
    assert verify_dataset("mini_mias", shared_data / "mini_mias") == 3
