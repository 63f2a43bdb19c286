"""Sales figures: what was sold in a period, what of it was given back, and what sold best."""
