"""The command line's functions: their signatures are the flags, their docstrings the help. Imports no torch."""
