"""Films as they are meant to be seen.

`tags`: view, side, why a film is set aside. `mammogram`: modality, VOI, polarity, padding, to the share of the
presentation range. `breast`: where it lies, and the film as a canvas with the way back.
"""
