"""fashion.restyle."""
