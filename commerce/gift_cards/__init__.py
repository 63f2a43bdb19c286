"""Gift cards: money that the shop owes to whoever holds them."""
