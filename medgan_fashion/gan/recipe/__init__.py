"""gan.recipe."""
