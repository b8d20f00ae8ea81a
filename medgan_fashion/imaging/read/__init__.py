"""imaging.read."""
