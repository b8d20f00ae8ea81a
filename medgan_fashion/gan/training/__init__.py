"""The one loop.

`loop` first: `advance` is a turn, `run` many, `train` the public call. `state`: everything the next turn depends on,
and its checkpoint. `data`: any kind of data as the batch at an address. `watch`: alarms, score, what is kept. `cost`:
the time of a step, and a turn of a growing pair, measured.
"""
