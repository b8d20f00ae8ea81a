"""gan.losses."""
