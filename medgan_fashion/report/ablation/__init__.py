"""report.ablation."""
