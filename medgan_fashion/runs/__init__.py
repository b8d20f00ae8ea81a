"""Run folders: stages that are computed once, by whichever process claims them.

`engine`: how. `pipelines`: which settings. `stages`: those that every image chain shares. `single`: one model, without
a study.
"""
