"""All that a clause can mean."""

from typing import Literal

Intent = Literal[
    "search", "more", "refine", "details", "compare", "list_categories", "list_merchants",
    "add", "want", "want_to_buy", "change", "another", "fewer", "remove", "swap", "meant", "show_cart", "clear_cart",
    "save_item", "list_saved", "unsave_item", "drop_saved",
    "use_coupon", "list_coupons", "drop_coupon", "claim_coupon", "my_coupons", "quote", "buy",
    "list_gift_cards", "gift_card_movements", "use_gift_card", "add_gift_card",
    "deliver_to", "list_addresses", "add_address", "choose_delivery", "list_delivery", "pay_with", "list_payment_methods",
    "pay", "order_status", "list_orders", "cancel_order", "cancel_line", "cancel", "redirect_order", "reorder", "received",
    "rules", "make_coupon", "returns", "return_order", "list_refunds", "withdraw_refund", "account", "sign_in",
    "watch_stock", "unwatch_stock", "list_alerts",
    "my_products", "low_stock", "stock_of", "set_stock", "add_stock", "set_price", "off_sale", "on_sale",
    "list_shipments", "to_ship", "ship", "shipped_arrived", "refund_reviews", "sales_report",
    "greet", "thanks", "bye", "how_are_you", "who_are_you", "robot", "help", "rude", "yes", "no", "leave", "ponder", "bypass", "private",
    "off_topic", "chat", "bare",
    "quote_some", "double",
    "default_address", "drop_address", "default_payment", "drop_payment", "rename", "drop_gift_card",
    "take_stock", "set_low_stock", "hide_order", "unhide_order", "price_history", "stock_movements", "add_payment",
    "approve_refund", "reject_refund", "delete_goods", "correct_tracking", "cancel_shipment", "managed_coupons", "remember", "list_preferences", "forget", "forget_all",
]  # fmt: skip
