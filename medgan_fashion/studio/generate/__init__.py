"""Behind the page Generate.

`models`: what there is and what a visitor should know of it. `archive`: pictures on the page and to take away.
"""
