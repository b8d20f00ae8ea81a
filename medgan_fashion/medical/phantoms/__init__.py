"""medical.phantoms."""
