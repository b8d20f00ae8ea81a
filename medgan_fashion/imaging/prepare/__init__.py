"""imaging.prepare."""
