"""What a person at a terminal sees: what will happen, how far it is, what came out. May import torch.

`ablation`, `segmentation`, `garments`: a chain each; `garments_steps`: single steps on a finished run; `progress`:
bars, and what growing costs.
"""
