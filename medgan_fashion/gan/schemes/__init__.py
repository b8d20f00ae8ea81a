"""gan.schemes."""
