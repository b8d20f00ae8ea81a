"""medical.results."""
