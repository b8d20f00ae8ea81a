import pytest
from pydicom.dataset import Dataset

from medgan_fashion.imaging.cases.config import VIEWS, MammogramConfig
from medgan_fashion.imaging.mammograms.tags import _ASIDE_CODES, _VIEW_CODES, FilmTags, Said, film_tags
from medgan_fashion.imaging.read.picture import UnreadableError


def _tags(**tags: object) -> Dataset:
    dataset = Dataset()
    for key, value in tags.items():
        setattr(dataset, key, value)
    return dataset


def _code(value: str, scheme: str, modifier: Dataset | None = None) -> Dataset:
    item = _tags(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning="x")
    if modifier is not None:
        item.ViewModifierCodeSequence = [modifier]
    return item


SPOT, MAGNIFIED = _code("R-102D7", "SRT"), _code("399163009", "SCT")
DISPLACED, ROLLED = _code("R-102D5", "SNM3"), _code("399197002", "SCT")


@pytest.mark.parametrize(
    ("value", "scheme", "view"),
    [
        ("399162004", "SCT", "CC"),
        ("R-10242", "SRT", "CC"),
        ("R-10242", "SNM3", "CC"),
        ("399368009", "SCT", "MLO"),
        ("R-10226", "99SDM", "MLO"),
        ("399192008", "SCT", "XCCL"),
        ("R-1024B", "SRT", "XCCM"),
        ("12345", "SCT", ""),
    ],
)
def test_view_code(value: str, scheme: str, view: str) -> None:
    assert film_tags(_tags(ViewCodeSequence=[_code(value, scheme)]), Said()).view == view


def test_every_view_has_a_code_and_every_code_is_known_to_pydicom() -> None:
    from pydicom.sr.codedict import codes

    assert set(_VIEW_CODES.values()) == set(VIEWS)
    assert set(_VIEW_CODES) == set(codes.cid4014.dir())
    assert set(_ASIDE_CODES) < set(codes.cid4015.dir())


def test_code_before_position_before_misused_orientation_and_the_table_before_all() -> None:
    code = [_code("399162004", "SCT")]
    assert film_tags(_tags(ViewCodeSequence=code, ViewPosition="MLO"), Said()).view == "CC"
    assert film_tags(_tags(ViewPosition="MLO", PatientOrientation="CC"), Said()).view == "MLO"
    assert film_tags(_tags(PatientOrientation="MLO"), Said()).view == "MLO"
    assert film_tags(_tags(PatientOrientation=["A", "F"]), Said()).view == ""
    assert film_tags(_tags(ViewCodeSequence=code), Said(view=" mlo ")).view == "MLO"


@pytest.mark.parametrize(
    ("dataset", "aside"),
    [
        (_tags(ViewCodeSequence=[_code("399162004", "SCT", SPOT)]), "spot compression view"),
        (_tags(ViewCodeSequence=[_code("399162004", "SCT", MAGNIFIED)]), "magnification view"),
        (_tags(ViewCodeSequence=[_code("399162004", "SCT", DISPLACED)]), "implant displaced view"),
        (_tags(ViewModifierCodeSequence=[SPOT]), "spot compression view"),
        (_tags(ViewCodeSequence=[_code("399162004", "SCT", ROLLED)]), ""),
        (_tags(ViewCodeSequence=[_code("G-8310", "SRT")]), "specimen"),
        (_tags(EstimatedRadiographicMagnificationFactor=1.5), "magnification view"),
        (_tags(EstimatedRadiographicMagnificationFactor=1.08), ""),
        (_tags(BreastImplantPresent="YES"), "implant"),
        (_tags(BreastImplantPresent="NO", PartialView="NO"), ""),
        (_tags(PartialView="YES"), "partial view"),
        (_tags(ImageLaterality="B"), "both breasts on one film"),
    ],
)
def test_what_is_set_aside(dataset: Dataset, aside: str) -> None:
    assert film_tags(dataset, Said()).aside == aside


def test_image_laterality_before_laterality() -> None:
    assert film_tags(_tags(ImageLaterality="R"), Said()).laterality == "R"
    assert film_tags(_tags(Laterality="L"), Said()).laterality == "L"
    assert film_tags(_tags(ImageLaterality="", Laterality="L"), Said()).laterality == "L"
    assert film_tags(_tags(), Said()) == FilmTags("", "", "presentation", "")


def test_contradictory_laterality_needs_a_word_from_the_table() -> None:
    dataset = _tags(ImageLaterality="R", Laterality="L")
    with pytest.raises(UnreadableError, match=r"\(0020,0062\) says R .*\(0020,0060\) says L: .*column laterality"):
        film_tags(dataset, Said())
    assert film_tags(dataset, Said(laterality="left")).laterality == "L"


@pytest.mark.parametrize("said", [Said(view="MOL"), Said(laterality="X")])
def test_unknown_words_of_the_table(said: Said) -> None:
    with pytest.raises(UnreadableError, match=r"column (view|laterality) says"):
        film_tags(_tags(), said)


def test_kind_by_intent_then_by_class() -> None:
    for_processing = "1.2.840.10008.5.1.4.1.1.1.2.1"
    assert film_tags(_tags(PresentationIntentType="FOR PROCESSING"), Said()).kind == "processing"
    assert film_tags(_tags(SOPClassUID=for_processing), Said()).kind == "processing"
    both = _tags(SOPClassUID=for_processing, PresentationIntentType="FOR PRESENTATION")
    assert film_tags(both, Said()).kind == "presentation"
    assert film_tags(_tags(SOPClassUID="1.2.840.10008.5.1.4.1.1.1.2"), Said()).kind == "presentation"


def test_wanted_views_must_exist() -> None:
    with pytest.raises(ValueError, match="'AP'"):
        MammogramConfig(views=("CC", "AP"))
    with pytest.raises(ValueError, match="window -1"):
        MammogramConfig(window=-1)
