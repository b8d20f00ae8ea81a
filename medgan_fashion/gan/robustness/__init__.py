"""gan.robustness."""
