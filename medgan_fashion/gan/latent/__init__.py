"""gan.latent."""
