"""After the sale: sending goods back, and the merchants who look at it."""
