"""The medical application: classic augmentation, downstream classifiers, phantoms, the ablation."""
