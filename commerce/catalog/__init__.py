"""What is sold: categories, products, variants, and finding them."""
