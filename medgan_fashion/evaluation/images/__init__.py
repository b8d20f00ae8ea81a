"""Measures of a set of images: a file each, a function on arrays or features.

`kid`, `fid`, `precision_recall`, `inception_score`, `swd`, `diversity`, `two_sample`, `smoothness`. `report` asks all
of them about two sets, or about one fold of a study, beside reals or what `degrade` makes of them. A new measure is a
file here and a row in `report`.
"""
