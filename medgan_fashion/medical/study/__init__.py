"""One study for every learning task, as one call.

`run` first: open, plan, compute, collect; the same call resumes. `tasks` is the table of what can be learned. `collect`
writes the results, `finished` opens them again.
"""
