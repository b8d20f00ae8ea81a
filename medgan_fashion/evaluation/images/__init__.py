"""evaluation.images."""
