"""fashion.recommend."""
