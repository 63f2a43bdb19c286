"""What a shopper means to buy: one cart each."""
