"""gan.models."""
