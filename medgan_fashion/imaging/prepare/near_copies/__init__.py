"""Which pictures show the same thing: one search, one scale of similarity, a threshold for each use.

`search` finds the most similar picture in any pose. `rules`: from where on two count as one, for the door's groups, the
audit, the gate and the privacy screening. `copies`: drawn images against training images; `groups`: a set against
itself.
"""
