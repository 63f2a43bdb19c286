"""All operations: importing this completes the CATALOG."""

from .accounts import addresses, administration, closing, directory, signing_in
from .accounts import operations as accounts
from .aftersales import operations as aftersales
from .bulk import operations as bulk
from .cart import operations as cart
from .cart import saving
from .catalog import operations as catalog
from .categories import operations as categories
from .checkout import administration as checkout_administration
from .checkout import operations as checkout
from .coupons import management as coupon_management
from .coupons import operations as coupons
from .fulfillments import operations as fulfillments
from .gift_cards import operations as gift_cards
from .images import operations as images
from .inventory import alerts
from .inventory import operations as inventory
from .ledger import operations as ledger
from .listings import operations as listings
from .listings import variants
from .merchants import operations as merchants
from .operation import CATALOG
from .orders import changing, receiving
from .orders import operations as orders
from .payments import operations as payments
from .payments import paying
from .preferences import operations as preferences
from .sales import operations as sales
from .webhooks import operations as webhooks

__all__ = [
    "CATALOG",
    "accounts",
    "addresses",
    "administration",
    "aftersales",
    "alerts",
    "bulk",
    "cart",
    "catalog",
    "categories",
    "changing",
    "checkout",
    "checkout_administration",
    "closing",
    "coupon_management",
    "coupons",
    "directory",
    "fulfillments",
    "gift_cards",
    "images",
    "inventory",
    "ledger",
    "listings",
    "merchants",
    "orders",
    "paying",
    "payments",
    "preferences",
    "receiving",
    "sales",
    "saving",
    "signing_in",
    "variants",
    "webhooks",
]
