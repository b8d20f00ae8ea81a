"""Adversarial examples, and a defence by a generator; needs a classifier and a model, and no scheme.

`attacks` first, then `defence`, then `aware`: attacks by who knows all of it. `robust_training` trains a classifier on
them. Figures: docs/defence.md.
"""
