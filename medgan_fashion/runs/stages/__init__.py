"""Stages that every image chain shares.

`folds`: exactly their rows, scaled by training rows alone. `images`: encoder, GAN, synthetic images bound to those
rows. `privacy_cards`: a model's card, and what it forbids.
"""
