"""Makes a case table from a folder.

`make_cases` is the call: it asks `folders`, `labels` (a table of labels), `outlined`, `readers` (several opinions),
`mini_mias`, `cbis_ddsm`, `film_archive`; `writer` writes what was found and what was not used. `dataset_cards`: public
data sets. A new source is a file that gives pairs of Found and Region.
"""
