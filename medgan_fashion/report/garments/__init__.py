"""The page of a run of garments.

`page` puts `figures` and `pictures` into the templates.
"""
