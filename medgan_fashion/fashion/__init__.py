"""The fashion application: what would this customer like to wear?

`config` is the ground. Then `data` (a shop's tables), `recommend`, `design`, `restyle`, `sample` (a shop whose tastes
are known), and `run` (the chain). A row number stands for an item or customer everywhere inside; IDs appear at the
door and in exports.
"""
