"""Sites held out whole: rows of a named hospital or scanner are only ever tested on."""

from collections.abc import Sequence
from dataclasses import replace

from medgan_fashion.imaging.cases.table import Case, CaseTable


def _check_known(table: CaseTable, sites: Sequence[str]) -> None:
    known = sorted({case.site for case in table.cases} - {""})
    if not known:
        raise ValueError(f"{table.name} has no column site, or nothing in it: fill it in, or leave external_site out")
    for site in sites:
        if site not in known:
            raise ValueError(f"external_site {site!r} is not in {table.name}: its sites are {', '.join(known)}")
    for case in table.cases:
        if not case.site and not case.external:
            raise ValueError(
                f"row {case.row} of {table.name} has no site: fill it in, or it could be of an external_site"
            )


def _check_apart(cases: Sequence[Case], table: CaseTable) -> None:
    first: dict[str, Case] = {}
    what = "patient" if table.grouping == "patient" else "picture group"
    for case in cases:
        other = first.setdefault(case.group, case)
        if other.external != case.external:
            rows = f"rows {other.row} and {case.row} of {table.name}"
            raise ValueError(f"{rows} are one {what} at an external site and elsewhere: keep one of them")


def hold_out_sites(table: CaseTable, sites: Sequence[str]) -> CaseTable:
    """The table with every row of these sites in the external cohort; rows that were external stay so.

    Raises:
        ValueError: no site is named, an unknown site, a row without one, a patient on both sides, no row left to
            train on.
    """
    if not sites:
        return table
    _check_known(table, sites)
    cases = tuple(replace(case, external=case.external or case.site in sites) for case in table.cases)
    if all(case.external for case in cases):
        raise ValueError(f"external_site leaves no row of {table.name} to train on: name fewer sites")
    _check_apart(cases, table)
    return replace(table, cases=cases)
