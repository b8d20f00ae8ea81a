"""Segmentation as a learning task: do synthetic images with their masks help a U-Net beyond classic augmentation?

`config`, then `stages` (pairs, GANs, U-Nets), `results` (the grid and its pictures), and `task`, which the study calls.
"""
