"""The medical application: does synthesis help a classifier or a segmenter beyond classic augmentation?

`config` and `design` are the ground, then `phantoms`, `learners`, `arms` (what is trained on), `results` (what came
out), `study` (plan and call), `segmentation`, `outside` (other people's classifiers).
"""
