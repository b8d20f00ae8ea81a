"""A real garment, drawn and moved towards a taste.

`mask` and `quality` measure, `invert` draws a photo and says how faithfully, `walk` moves it.
"""
