"""fashion.sample."""
