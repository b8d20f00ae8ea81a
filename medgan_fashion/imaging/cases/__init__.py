"""imaging.cases."""
