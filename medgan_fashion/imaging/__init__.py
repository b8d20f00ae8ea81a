"""Cases at the door: from files to an ImageSet and patient folds.

From the ground up: `read` (pixels of a file), `cases` (a table and what is known of a picture), `mammograms` and
`outlines` (two kinds of depth), `prepare` (the ImageSet), `discover` (a table from a folder). `synthetic_dicom` is the
way out.
"""
