"""The segmentation ablation: do synthetic images with their masks help a U-Net beyond classic augmentation?

`config`, `plan` (shares of patients x generators x amounts), `stages`, `collect`, `run`, in that order.
"""
