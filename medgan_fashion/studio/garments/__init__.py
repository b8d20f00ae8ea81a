"""studio.garments."""
