"""runs.engine."""
