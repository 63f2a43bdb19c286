"""Who sells: every product, fulfillment and coupon has its merchant."""
