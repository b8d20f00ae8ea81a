"""Judges images and classifiers; pure functions on arrays.

`training` is the one function that trains any classifier, `encoder` the feature space of image figures. `classifiers`:
metrics, intervals, the verdict. `images`: one file a measure. `screening`: copies, artefacts, gate, privacy.
`ranking`: recommended lists.
"""
