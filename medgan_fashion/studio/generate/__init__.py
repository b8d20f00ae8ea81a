"""studio.generate."""
