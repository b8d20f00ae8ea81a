"""Somebody else's classifier on our arms.

`export_arms` writes what each arm trains and is tested on; `compare` takes the predictions back through the run's own
comparison.
"""
