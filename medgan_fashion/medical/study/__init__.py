"""medical.study."""
