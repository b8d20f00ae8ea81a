"""Several readers of one lesion: kept apart, or merged into one outline and one label by a rule that has a name."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from statistics import median
from typing import Literal

import numpy as np

from medgan_fashion.base.groups import connected
from medgan_fashion.imaging.cases.found import Found, Region
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.roi import MaskCrop, crop_mask, overlap

Rule = Literal["each", "union", "majority", "intersection", "first"]
Pair = tuple[Found, Region]
SAME = 0.1  # intersection over union from which two outlines are one lesion, on a slice or on neighbouring ones
_NEXT = 1.5  # neighbouring slices lie no further apart than this many times the smallest gap


@dataclass(frozen=True)
class Merged:
    """What became of the outlines.

    Args:
        pairs: one per lesion and picture.
        dropped: (pair, reason) of outlines that no rule could merge.
        readers: for each lesion how many readers drew it.
    """

    pairs: list[Pair]
    dropped: list[tuple[Pair, str]]
    readers: list[int]


def merged_label(labels: Sequence[str]) -> str | None:
    """One class for a lesion from its readers': the median where all are numbers, else the most frequent.

    A median may be a whole grade that lies between the readers' (3 and 5 make 4), but no half one.

    Returns:
        None for a tie: two classes equally often, or a median of two grades that is none.
    """
    try:
        numbers = {float(label): label for label in labels}
        middle = median(float(label) for label in labels)
    except ValueError:
        ranks = Counter(labels).most_common(2)
        return None if len(ranks) > 1 and ranks[0][1] == ranks[1][1] else ranks[0][0]
    if middle in numbers:
        return numbers[middle]
    whole = all(value.is_integer() for value in (middle, *numbers))
    return str(int(middle)) if whole else None


def merged_mask(masks: Sequence[MaskCrop], rule: Rule) -> MaskCrop:
    """One mask from those of several readers of one picture; majority is more than half of them.

    Raises:
        UnreadableError: no pixel is left.
    """
    votes = np.sum([mask.full() for mask in masks], axis=0)
    least = {"union": 1, "intersection": len(masks), "majority": len(masks) // 2 + 1}
    try:
        return masks[0] if rule == "first" else crop_mask(votes >= least[rule])
    except UnreadableError:
        reason = f"its readers' outlines have no pixel left by {rule}: choose another rule, or correct them"
        raise UnreadableError(reason, "choose another rule") from None


def _reader(region: Region) -> Hashable:
    """Who drew an outline: the named reader, else a file, else each lesion ID or row has a reader of its own."""
    return region.reader or (region.source, region.lesion or region.row)


def _stack(found: Found) -> tuple[str, ...]:
    """What holds pictures that may show one lesion: a series, or the picture alone."""
    return (found.patient, found.uids[1]) if found.z is not None and found.uids and found.uids[1] else (found.name,)


def _height(found: Found) -> float:
    """Position through the slices in mm, as exact as files are."""
    return round(found.plane.height if found.plane else found.z or 0.0, 2)


def _linked(pairs: Sequence[Pair]) -> Iterator[tuple[int, int]]:
    """Pairs of outlines of one stack that show one lesion."""
    heights = [_height(found) for found, _ in pairs]
    gap = _NEXT * min((b - a for a, b in pairwise(sorted(set(heights)))), default=0.0)
    for (i, (one, a)), (j, (other, b)) in combinations(enumerate(pairs), 2):
        named = a.lesion and (a.lesion, _reader(a)) == (b.lesion, _reader(b))
        near = one.name == other.name or abs(heights[i] - heights[j]) <= gap
        if named or (near and a.inside and b.inside and overlap(a.inside, b.inside) >= SAME):
            yield i, j


def lesions(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Outlines grouped into lesions, in order of first appearance.

    Two are one where their masks share a tenth of their union on one picture or on neighbouring slices of a series,
    or where one reader gave them one lesion ID; and so on from each to the next.
    """
    stacks: dict[tuple[str, ...], list[Pair]] = {}
    for pair in pairs:
        stacks.setdefault(_stack(pair[0]), []).append(pair)
    groups = []
    for stack in stacks.values():
        group = connected(_linked(stack), len(stack))
        groups += [[stack[i] for i in np.flatnonzero(group == one)] for one in range(group.max() + 1)]
    return groups


def _one_per_reader(regions: Sequence[Region]) -> list[MaskCrop]:
    """Each reader's mask on one picture: all that the reader drew there."""
    by_reader: dict[Hashable, list[MaskCrop]] = {}
    for region in regions:
        if region.inside is not None:
            by_reader.setdefault(_reader(region), []).append(region.inside)
    return [masks[0] if len(masks) == 1 else merged_mask(masks, "union") for masks in by_reader.values()]


def _merge(group: Sequence[Pair], name: str, rule: Rule, merged: Merged) -> None:
    """Adds one lesion to what was merged."""
    votes = dict.fromkeys((_reader(region), region.label) for _, region in group)
    label = merged_label([vote for _, vote in votes])
    if label is None:
        said = ", ".join(sorted(vote for _, vote in votes))
        merged.dropped.extend(
            (pair, f"a tie between its readers' labels ({said}): decide, or drop it") for pair in group
        )
        return
    merged.readers.append(len({reader for reader, _ in votes}))
    for picture in dict.fromkeys(found.name for found, _ in group):
        here = [pair for pair in group if pair[0].name == picture]
        try:
            mask = merged_mask(_one_per_reader([region for _, region in here]), rule)
        except UnreadableError as error:
            merged.dropped.extend((pair, error.reason) for pair in here)
            continue
        found, region = here[0]
        region = replace(
            region, columns={}, lesion=name, label=label, inside=mask, numbered=not found.patient, reader=""
        )
        merged.pairs.append((replace(found, label=label), region))


def merge_readers(pairs: Sequence[Pair], rule: Rule) -> Merged:
    """Merges outlines of several readers into one per lesion and picture; lesions are numbered within a patient.

    Raises:
        ValueError: an outline is missing.
    """
    if not all(region.inside for _, region in pairs):
        raise ValueError("--readers merges outlines, and there are none: give polygons in --labels, or --outlines")
    merged, counts = Merged([], [], []), Counter[str]()
    for group in lesions(pairs):
        patient = group[0][0].patient or group[0][0].name
        counts[patient] += 1
        _merge(group, str(counts[patient]), rule, merged)
    return merged


# ---------------------------------------------------------------------------------------------------------------------
# Rows of several readers in a case table: kept apart, or merged; and what is said of them.


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
