"""Recommenders, fitted and judged.

`model` first: two tables of vectors, and for visual ones a tower. `recommenders` is the table of all; `visual` and
`towers` those on pixels. `fold_in`: a new customer. `top_k` and `lists`: what is shown. `evaluate` judges, also other
people's lists. A new recommender is a function and a line in `recommenders`.
"""
