"""The merchants' side of orders: the parts that each of them ships."""
