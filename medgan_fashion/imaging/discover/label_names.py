"""What columns of label tables are usually called, and what is said where several could be meant."""

import re
from collections.abc import Sequence

# as they stand without spaces and signs, in small letters
LABELS = (
    *("label", "class", "classname", "diagnosis", "pathology", "malignancy", "finding", "category", "birads"),
    *("assessment", "groundtruth", "target", "severity", "outcome", "histology"),
)
LESIONS = (
    *("lesion", "lesionid", "lesionnumber", "nodule", "noduleid", "nodulenumber", "massid", "findingid"),
    *("abnormalityid", "roi", "roiid", "tumorid", "tumourid", "annotationid"),
)
READERS = (
    *("reader", "readerid", "radiologist", "radiologistid", "annotator", "annotatorid", "rater", "raterid"),
    *("observer", "observerid", "readingsession"),
)
PATIENTS = ("patient", "patientid", "subject", "subjectid")
POSITIONS = {
    "z": ("z", "zslice", "slicez", "zmm", "zposition", "positionz", "imagepositionpatientz", "slicelocation"),
    "instance": ("instance", "instancenumber", "imagenumber", "slicenumber", "slice", "sliceno", "sliceindex"),
}
AXIS = r"(^|[^a-z]){}(s|coords?|coordinates?|points?|pixels?|values?)?($|[^a-z])"


def plain(name: str) -> str:
    """A column's name without spaces and signs, in small letters."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def several(name: str, candidates: Sequence[str], what: str, flag: str) -> ValueError:
    """The error that lists the columns of a table among which the user must choose, and the flag to do it."""
    return ValueError(f"{name} has several columns for {what} ({', '.join(candidates)}): name one by {flag}")


def named_column(header: Sequence[str], names: Sequence[str], name: str, what: str, flag: str) -> str | None:
    """The one column with a usual name, None without one.

    Raises:
        ValueError: several.
    """
    found = [column for column in header if plain(column) in names]
    if len(found) > 1:
        raise several(name, found, what, flag)
    return found[0] if found else None
