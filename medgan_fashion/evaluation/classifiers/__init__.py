"""evaluation.classifiers."""
