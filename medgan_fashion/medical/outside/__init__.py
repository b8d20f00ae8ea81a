"""medical.outside."""
