"""report.garments."""
