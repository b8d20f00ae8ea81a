"""TRIPOD+AI 2024 (Collins et al., BMJ 2024;385:e078378): 27 items, 52 with their parts; topics in our own words.

Numbers were compared, item by item, with a public transcription of the statement's table and a filled-in checklist;
both agree on all 52; they word a few topics differently (9c, 12d, 23b, 27a, 27b). The journal's page was not read.
"""

from medgan_fashion.medical.results import checklist_answers as a
from medgan_fashion.medical.results import checklist_answers as m
from medgan_fashion.medical.results.checklist_answers import items

NAME = "TRIPOD+AI"
TITLE = (
    *items("Title and abstract", ("1", "Title", m.technique, "a title with population and outcome")),
    *items("Title and abstract", ("2", "Abstract", a.abstract, "the abstract itself (it has a checklist of its own)")),
)
INTRODUCTION = items(
    "Introduction",
    ("3a", "Background: context and reason", None, "the clinical question, and models there are already"),
    ("3b", "Background: population, purpose, users", None, "for whom, at which point of care, used by whom"),
    ("3c", "Background: known inequalities", None, "inequalities between groups of people that are known"),
    ("4", "Objectives", a.objective, ""),
)
DATA = items(
    "Methods",
    ("5a", "Data: sources", a.external_cohort, "where the data come from, and whom they represent"),
    ("5b", "Data: dates", None, "first and last date of the examinations"),
    ("6a", "Participants: setting", None, "kind of care, number and place of centres"),
    ("6b", "Participants: eligibility", None, "who was eligible"),
    ("6c", "Participants: treatments", None, "treatments before the image, where they matter"),
    ("7", "Data preparation", a.preprocessing, "quality checks before the case table, alike in all groups of people?"),
    ("8a", "Outcome: definition", a.outcome, "how and when the classes were established, and why these"),
    ("8b", "Outcome: assessors", None, "who labelled, with which training"),
    ("8c", "Outcome: blinding", None, "what the labellers did not know"),
    ("9a", "Predictors: choice", a.inputs, ""),
    ("9b", "Predictors: definition", a.preprocessing, "scanners, protocols, and when images were taken"),
    ("9c", "Predictors: assessors", None, "who placed regions and outlines, with which training"),
    ("10", "Sample size", a.sample_size, "why this size"),
    ("11", "Missing data", a.excluded, "who was left out before the case table"),
)
ANALYSIS = items(
    "Methods",
    ("12a", "Analysis: use of the data", a.partition, ""),
    ("12b", "Analysis: handling of inputs", a.preprocessing, ""),
    ("12c", "Analysis: model, building, internal validation", m.building, "why this kind of model"),
    ("12d", "Analysis: differences between clusters", a.heterogeneity, ""),
    ("12e", "Analysis: measures and plots", m.measures, ""),
    ("12f", "Analysis: updating", m.no_updating, ""),
    ("12g", "Analysis: how predictions were calculated", m.predictions, ""),
    ("13", "Class imbalance", a.imbalance, ""),
    ("14", "Fairness", None, "what was done for fairness, and why"),
    ("15", "Output of the model", m.output, ""),
    ("16", "Training against evaluation", a.external_or_none, "differences in setting, eligibility and labelling"),
    ("17", "Ethical approval", None, "committee, number, consent or waiver"),
)
OPEN = items(
    "Open science",
    ("18a", "Funding", None, "sources, and what funders did"),
    ("18b", "Conflicts of interest", None, "of every author"),
    ("18c", "Protocol", a.objective, "where a protocol can be read, or that there was none"),
    ("18d", "Registration", None, "register and number, or that there was none"),
    ("18e", "Data sharing", None, "who can get the data, and how"),
    ("18f", "Code sharing", m.versions, "where the code and the configuration can be got"),
)
PUBLIC = items(
    "Patient and public involvement", ("19", "Involvement", None, "how patients took part, or that none did")
)
RESULTS = items(
    "Results",
    ("20a", "Participants: flow", a.counted, "the flow before the case table"),
    ("20b", "Participants: characteristics", a.counted, "age, sex and clinical characteristics"),
    ("20c", "Participants: evaluation against development", a.external_or_none, "how the cohorts differ"),
    ("21", "Numbers in each analysis", a.counted, ""),
    ("22", "Full model", m.building, "where the weights can be got"),
    ("23a", "Performance with intervals", m.performance, "performance in groups of people"),
    ("23b", "Performance between clusters", a.heterogeneity, ""),
    ("24", "Results of updating", m.no_updating, ""),
)
DISCUSSION = items(
    "Discussion",
    ("25", "Interpretation", a.abstract, "what it means beside earlier studies, and for fairness"),
    ("26", "Limitations", a.limitations, "limitations of the data"),
    ("27a", "Use: poor or missing input", None, "what to do with images of poor quality"),
    ("27b", "Use: users and their skill", None, "what users must do, and know"),
    ("27c", "Use: next steps", None, "what research comes next"),
)
TRIPOD = (*TITLE, *INTRODUCTION, *DATA, *ANALYSIS, *OPEN, *PUBLIC, *RESULTS, *DISCUSSION)
