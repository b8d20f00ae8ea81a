"""Seeded patients whose truth is known.

`ct`: liver lesions. `mammograms`: DICOM films with masses. Each from anatomy to the files that the door reads.
"""
