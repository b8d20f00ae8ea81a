"""imaging.mammograms."""
