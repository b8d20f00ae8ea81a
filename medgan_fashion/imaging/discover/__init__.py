"""imaging.discover."""
