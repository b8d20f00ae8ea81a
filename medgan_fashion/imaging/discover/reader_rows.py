"""Rows of several readers in a case table: kept apart, or merged; and what is said of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from medgan_fashion.imaging.cases.found import Found, Region
from medgan_fashion.imaging.discover.readers import SAME, Merged, Rule, merge_readers
from medgan_fashion.imaging.read.mask_crop import overlap

Pair = tuple[Found, Region]
Dropped = list[tuple[Pair, str]]


def _owner(found: Found) -> str:
    return found.patient or found.name


def _two_labels(pairs: Sequence[Pair]) -> dict[int, str]:
    """Reasons by place in the list, for outlines and rows whose lesion has another class elsewhere."""
    firsts: dict[tuple[str, ...], Region] = {}
    wrong: dict[tuple[str, ...], str] = {}
    keys = [
        (_owner(found), region.lesion, region.reader) if region.lesion and (region.row or region.source) else ()
        for found, region in pairs
    ]
    for key, (_, region) in zip(keys, pairs, strict=True):
        first = firsts.setdefault(key, region)
        if key and first.label != region.label:
            where = f"rows {first.row} and {region.row}" if region.row else "two outlines"
            wrong[key] = f"{where} give its lesion two labels: correct one, or merge readers by --readers"
    return {n: wrong[key] for n, key in enumerate(keys) if key in wrong}


def _own_lesion(found: Found, region: Region, reader: int) -> str:
    """A lesion ID of a reader's own; without IDs slices of one patient and label are one lesion, as in any case table.

    A number stands for the reader's name, which is nobody's business in a table of cases; 0 where there is none.
    """
    if not reader:
        return region.lesion
    return f"{region.lesion or (region.label if found.slice else found.name)} reader {reader}"


def _each(pairs: Sequence[Pair]) -> Merged:
    """Every reader's outline as a lesion of its own."""
    reasons = _two_labels(pairs)
    readers = list(dict.fromkeys(region.reader for _, region in pairs if region.reader))
    kept = []
    for n, (found, region) in enumerate(pairs):
        if n not in reasons:
            number = readers.index(region.reader) + 1 if region.reader else 0
            kept.append((found, replace(region, lesion=_own_lesion(found, region, number))))
    return Merged(kept, [(pairs[n], reason) for n, reason in reasons.items()], [])


def _overlapping(pairs: Sequence[Pair]) -> int:
    """How many outlines share a tenth of their union with another one on the same picture."""
    by_picture: dict[str, list[Region]] = {}
    for found, region in pairs:
        by_picture.setdefault(found.name, []).append(region)
    alike: set[int] = set()
    for regions in by_picture.values():
        for a, b in combinations(regions, 2):
            if a.inside and b.inside and overlap(a.inside, b.inside) >= SAME:
                alike |= {id(a), id(b)}
    return len(alike)


def _said(pairs: Sequence[Pair], merged: Merged, rule: Rule) -> list[str]:
    if rule == "each":
        count = _overlapping(pairs)
        cure = "if they are several readers', --readers majority makes them one"
        return [f"{count} outlines overlap another one of the same picture: {cure}"] if count else []
    counts = ", ".join(f"{n} for {count}" for n, count in sorted(Counter(merged.readers).items()))
    sizes = f"{len(pairs)} outlines became {len(merged.pairs)} of {len(merged.readers)} lesions"
    return [f"readers merged by {rule}: {sizes}; readers per lesion: {counts or 'none'}"]


def settle_readers(
    pairs: Sequence[Pair], rule: Rule, left: list[tuple[str, str]], rows: list[tuple[int, str]]
) -> tuple[list[Pair], list[str]]:
    """Lays the rule on outlines of several readers.

    Args:
        pairs: pictures with lesions, from a label table or from files of outlines.
        rule: each, or how to merge.
        left: takes sources and pictures that are left over.
        rows: takes rows of the label table that are left over.

    Returns:
        The pairs, and lines for the user.

    Raises:
        ValueError: there is nothing to merge.
    """
    merged = _each(pairs) if rule == "each" else merge_readers(pairs, rule)
    for (_, region), reason in merged.dropped:
        left += [(region.source, reason)] if region.source else []
        rows += [(region.row, reason)] if region.row else []
    used = {found.name for found, _ in merged.pairs}
    lost = dict.fromkeys(found.name for found, _ in pairs if found.name not in used)
    left += [(name, "all that is drawn on it or said of it is left over, with its reason") for name in lost]
    return merged.pairs, _said(pairs, merged, rule)
