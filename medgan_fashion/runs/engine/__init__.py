"""How a run is computed.

`stage` first: a pure function to a folder, keyed by what goes in, present only when complete. `executor`: any number
of processes on one list of tasks. `declare`: what the folder is for, and how far it is.
"""
