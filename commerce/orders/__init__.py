"""What was bought: placing, paying, following and cancelling orders."""
