"""One GAN core and two applications on it: honest medical ablations and fashion design."""

__version__ = "0.1.0"
