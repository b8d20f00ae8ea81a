"""The medical application: does synthesis help a classifier or a segmenter beyond classic augmentation?

`config` and `design` are the ground, then `phantoms`, `learners`, `arms` (what is trained on), `results` (what came
out). `planner` plans a study, `classification` and `segmentation` are what can be learned in one, `study` is the call,
`outside` other people's classifiers.
"""
