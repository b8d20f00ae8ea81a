"""Searching and editing by a finished model.

`search` climbs any objective for many problems at once. `inversion` finds the z of an image with it, `encoder` a first
guess. `directions`: attributes as directions, with film strips and sliders.
"""
