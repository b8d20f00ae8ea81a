"""The chain `garments`.

`shop` joins the data, `plan` lists every task, `stages_*` say what they do, `run` is the call, `collect` and
`findings` write the results. `open`: a finished run for single steps. `forget` takes a customer out. `costs`: what it
will take.
"""
