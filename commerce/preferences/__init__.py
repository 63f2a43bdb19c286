"""What shoppers asked the shop to remember of them."""
