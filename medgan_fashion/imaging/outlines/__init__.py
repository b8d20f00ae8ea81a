"""imaging.outlines."""
