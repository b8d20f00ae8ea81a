"""runs.stages."""
