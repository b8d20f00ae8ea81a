"""Classification as a learning task: what a fold's classifiers train on and what they came to.

`task` is what the study calls; `materials` (encoder, GANs, images of a training set) and `stages` are its parts.
"""
