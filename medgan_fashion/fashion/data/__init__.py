"""A shop's tables at the door.

`tables`, then `catalogue` with `photos`, then `purchases` (pseudonyms, and the split for judging). `check` says what
cannot be used. `dvbpr_arrays`: the published data sets.
"""
