"""studio.store."""
