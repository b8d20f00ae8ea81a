"""From probabilities to a verdict.

`metrics`, then `intervals` (over patients, partitions and seeds), then `verdict`; `secondary` tests cannot change it.
`planning`: patients for the next study. `readers`: people in the classifier's place.
"""
