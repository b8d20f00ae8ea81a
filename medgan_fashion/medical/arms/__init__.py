"""medical.arms."""
