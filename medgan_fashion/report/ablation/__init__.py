"""The ablation's page.

`page` puts `figures` and `pictures` (gate, privacy) into the templates.
"""
