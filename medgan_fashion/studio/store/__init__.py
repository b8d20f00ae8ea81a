"""The database: what people said and were shown.

`schema` first, brought up to date by `migrations` through `database`; then `people`, `pictures` and `jobs`.
"""
