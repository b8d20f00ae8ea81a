"""Report of a run: reads results, computes nothing."""
