"""CLAIM, 2024 update (Tejani et al., Radiol Artif Intell 2024;6(4):e240300): 44 items; topics in our own words.

Numbers and topics were compared, item by item, with two public transcriptions that agree on all 44; the journal's page
itself could not be opened here.
"""

from medgan_fashion.medical.results import checklist_answers as a
from medgan_fashion.medical.results import checklist_answers as m
from medgan_fashion.medical.results.checklist_answers import items

NAME = "CLAIM"
FRONT = (
    *items("Title and abstract", ("1", "Kind of AI named", m.technique, "a title that says so")),
    *items("Title and abstract", ("2", "Summary", a.abstract, "the abstract itself")),
    *items("Introduction", ("3", "Background and clinical role", None, "background, intended use, clinical role")),
    *items("Introduction", ("4", "Aims and hypotheses", a.objective, "")),
)
DESIGN = items(
    "Study design",
    ("5", "Prospective or retrospective", None, "which of the two"),
    ("6", "Goal of the study", a.study_goal, ""),
)
DATA = items(
    "Data",
    ("7", "Sources of data", a.external_cohort, "sources, with links where they are public"),
    ("8", "Inclusion and exclusion", a.excluded, "criteria, and how cases were found"),
    ("9", "Pre-processing", a.preprocessing, ""),
    ("10", "Selection of parts", a.preprocessing, "who placed regions and chose slices, with which training"),
    ("11", "De-identification", a.pseudonyms, "what was removed before the case table"),
    ("12", "Missing data", a.excluded, "what that may have biased"),
    ("13", "Image acquisition", None, "scanners, protocols, resolution"),
)
REFERENCE = items(
    "Reference standard",
    ("14", "Definition", a.outcome, "how the classes were established, so that others could do the same"),
    ("15", "Why this one", None, "why this reference standard, and its alternatives"),
    ("16", "Source of annotations", None, "who annotated, with which qualification and instructions"),
    ("17", "Annotation of the test set", None, "how test cases were annotated, with which software"),
    ("18", "Variation between and within readers", None, "how it was measured, and how readers were reconciled"),
)
PARTITIONS = (
    *items("Data partitions", ("19", "Assignment", a.partition, "")),
    *items("Data partitions", ("20", "Level of separation", a.disjoint, "")),
    *items("Testing data", ("21", "Intended sample size", a.sample_size, "why this size")),
)
MODEL = items(
    "Model",
    ("22", "Architecture", m.architecture, ""),
    ("23", "Software", m.versions, ""),
    ("24", "Initial weights", m.initialisation, ""),
)
TRAINING = items(
    "Training",
    ("25", "Training, augmentation, hyperparameters", m.building, ""),
    ("26", "Choice of the final model", m.final_model, ""),
    ("27", "Ensembles", m.ensembling, ""),
)
EVALUATION = items(
    "Evaluation",
    ("28", "Measures of performance", m.measures, "comparison with published models"),
    ("29", "Significance and uncertainty", m.uncertainty, ""),
    ("30", "Robustness", m.robustness, ""),
    ("31", "Explainability", m.explained, ""),
    ("32", "Internal testing", a.internal_testing, ""),
    ("33", "External testing", a.external_or_none, "where there was none: why"),
    ("34", "Trial registration", None, "register and number, or why none was needed"),
)
RESULTS = items(
    "Results",
    ("35", "Included and excluded", a.counted, "a flow chart from the hospital's records on"),
    ("36", "Characteristics by partition", a.counted, "age, sex and clinical characteristics"),
    ("37", "Performance and uncertainty", m.performance, "performance in groups of people"),
    ("38", "Diagnostic accuracy with precision", m.performance, ""),
    ("39", "Analysis of failures", m.failures, "what wrong cases have in common, seen by a clinician"),
)
REST = (
    *items("Discussion", ("40", "Limitations", a.limitations, "limitations of the data")),
    *items(
        "Discussion", ("41", "Implications for practice", None, "intended use, clinical role, what stands in the way")
    ),
    *items("Other information", ("42", "Full protocol", a.objective, "where the protocol can be read")),
    *items("Other information", ("43", "Availability", None, "where software, models and data can be got")),
    *items("Other information", ("44", "Funding", None, "sources, and what funders did")),
)
CLAIM = (*FRONT, *DESIGN, *DATA, *REFERENCE, *PARTITIONS, *MODEL, *TRAINING, *EVALUATION, *RESULTS, *REST)
