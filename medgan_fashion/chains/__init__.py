"""Chains: what `run NAME` does, as a person at a terminal sees it."""
