"""fashion.run."""
