"""A merchant's own side of the catalogue: its products, variants and prices."""
