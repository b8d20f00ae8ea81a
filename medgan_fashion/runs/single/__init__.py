"""runs.single."""
