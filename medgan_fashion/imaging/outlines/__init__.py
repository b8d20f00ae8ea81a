"""Lesions drawn in files beside the pictures.

`target`: which picture an outline is drawn on. `seg`, `rtstruct`, `nifti` read one format each. `outlines` finds the
files and names what they hold.
"""
