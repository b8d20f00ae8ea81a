"""From finished tasks to the summary's parts; reads and computes, plans nothing.

`schema` says what there is. `scores` to `comparisons` to the verdict; `own_scores` are the run's. `external`, `views`,
`screening`, `audit`, `findings`: a part each. `checklist` with its two standards (`checklists/*.yaml`) and
the answers a run can give.
"""
