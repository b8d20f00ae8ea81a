"""gan.training."""
