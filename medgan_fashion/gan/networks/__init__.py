"""gan.networks."""
