"""Judges images (KID, FID, precision and recall, copies) and classifiers (metrics, intervals, verdict)."""
