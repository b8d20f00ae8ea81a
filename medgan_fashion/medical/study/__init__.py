"""The ablation, from configuration to summary.

`materials` (tasks of one training set), `plan` (every cell), `stages` (what the tasks do), `run` (the one call),
`collect`. `timing` says how long; `finished` opens a run again.
"""
