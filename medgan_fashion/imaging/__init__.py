"""Cases at the door: case tables, readers, crops, intensity, image sets and patient folds."""
