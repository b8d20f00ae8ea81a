"""The segmentation ablation: do synthetic images with their masks help a U-Net beyond classic augmentation?"""
