"""studio.medical."""
