"""What differs from one installation to the next: the search index, the payment gateway."""
