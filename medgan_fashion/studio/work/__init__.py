"""studio.work."""
