"""Measures of a set of images: a file each, a function on arrays or features.

`kid`, `fid`, `precision_recall`, `inception_score`, `swd`, `diversity`, `two_sample`, `smoothness`. `report` asks all
of them about two sets, `judge` those of one fold of a study. A new measure is a file here and a row in `report`.
"""
