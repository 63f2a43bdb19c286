"""The shop: what it is, and every operation that can be done in it."""
