"""fashion.data."""
