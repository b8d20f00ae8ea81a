"""The command line: signatures are the flags, docstrings the help. Imports no torch.

`main` is the table of commands and what is said when one fails. One file a group of commands: `study`, `cases`,
`gans`, `garments`. `chains`: what `run NAME` calls. A new command is a function and a line in `main`.
"""
