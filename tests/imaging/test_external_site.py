"""Sites held out whole: who is external, and every way in which that cannot be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.cases.table import hold_out_sites, read_case_table
from medgan_fashion.imaging.prepare.prepare import cached_prepare, cases_keys, prepare_cases

HEADER = "image,label,patient,site"
ROWS = ("a.png,x,1,North", "b.png,y,2,North", "c.png,x,3,South", "d.png,y,4,South", "e.png,x,5,East")
Table = Callable[..., Path]


def test_no_site_leaves_the_table_as_it_is(table: Table) -> None:
    checked = read_case_table(table(HEADER, *ROWS))
    assert hold_out_sites(checked, ()) is checked


def test_rows_of_the_sites_are_external_and_the_cohort_column_still_counts(table: Table) -> None:
    rows = [f"{row},{'external' if row.startswith('e') else ''}" for row in ROWS]
    checked = read_case_table(table(HEADER + ",cohort", *rows))
    held = hold_out_sites(checked, ["South"])
    assert [case.external for case in held.cases] == [False, False, True, True, True]
    assert [case.external for case in hold_out_sites(checked, ["South", "East"]).cases] == [
        False,
        False,
        True,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("header", "rows", "sites", "words"),
    [
        ("image,label,patient", ("a.png,x,1", "b.png,y,2"), ["North"], "no column site"),
        (HEADER, ROWS, ["West"], "external_site 'West' is not in cases.csv: its sites are East, North, South"),
        (HEADER, (*ROWS, "f.png,x,6,"), ["North"], "row 6 of cases.csv has no site"),
        (HEADER, (*ROWS, "f.png,x,1,South"), ["South"], "rows 1 and 6 of cases.csv are one patient"),
        (HEADER, ROWS, ["North", "South", "East"], "no row of cases.csv to train on"),
    ],
)
def test_what_cannot_be_held_out_is_said_in_one_sentence(
    table: Table, header: str, rows: tuple[str, ...], sites: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        hold_out_sites(read_case_table(table(header, *rows)), sites)


def test_prepared_images_carry_it_and_the_cache_keeps_both(
    table: Table, picture: Callable[..., str], tmp_path: Path
) -> None:
    for number, row in enumerate(ROWS):
        picture(row.split(",")[0], seed=number)
    path, config, cache = table(HEADER, *ROWS), ImageConfig(roi="whole", size=(16, 16)), tmp_path / "cache"
    held = cached_prepare(path, config, cache, external_sites=["South"]).images
    assert held.external.tolist() == [False, False, True, True, False]
    assert not cached_prepare(path, config, cache).images.external.any()
    assert cached_prepare(path, config, cache, external_sites=["South"]).images.external.sum() == 2
    keys = {
        cases_keys(path, config, external_sites=sites)[0] for sites in ([], ["South"], ["North"], ["North", "South"])
    }
    assert len(keys) == 4


def test_a_site_whose_files_cannot_be_read_is_no_external_cohort(
    table: Table, picture: Callable[..., str], tmp_path: Path
) -> None:
    for row in ROWS:
        picture(row.split(",")[0])
    for name in ("c.png", "d.png"):
        (tmp_path / name).write_bytes(b"no picture")
    with pytest.raises(ValueError, match="no row of external_site South"):
        prepare_cases(table(HEADER, *ROWS), ImageConfig(roi="whole"), skip_unreadable=True, external_sites=["South"])
