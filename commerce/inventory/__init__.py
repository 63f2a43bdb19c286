"""How many of each variant there are, and how many are promised."""
