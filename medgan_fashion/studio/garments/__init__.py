"""Behind the three garment pages and Explore.

`workshop`: a run opened once, with pools. `offers`: what is shown and said; `searching` in the background; `tiles` on
the page; `pages` what a visitor tells; `breeding` for Explore.
"""
