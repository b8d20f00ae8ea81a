"""evaluation.screening."""
