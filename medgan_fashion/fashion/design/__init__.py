"""Garments that a person would like most.

`atelier`: everything a search needs. `taste`: what recommenders say of any picture. `realism`: what keeps it a
garment. `search`, and `transfer` for whether it pleases held-out judges. `people`: for whom. `pool` and `directions`
serve the pages.
"""
