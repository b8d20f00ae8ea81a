"""fashion.design."""
