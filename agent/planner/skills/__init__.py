"""The dialogue skills by the intent that they serve."""

from collections.abc import Callable

from ..lexicon import Intent
from ..talk import Reply, Skill, Talk
from ..wishes import Wish
from . import buying, cart, details, finding, orders, preferences, quoting, returning, smalltalk

SKILLS: dict[Intent, Callable[[Talk, Wish], Skill | Reply]] = {
    "search": finding.search,
    "more": finding.more,
    "refine": finding.refine,
    "list_categories": finding.list_categories,
    "details": details.details,
    "compare": details.compare,
    "add": cart.add,
    "change": cart.change,
    "another": cart.another,
    "fewer": cart.fewer,
    "remove": cart.remove,
    "show_cart": cart.show_cart,
    "clear_cart": cart.clear_cart,
    "quote": quoting.quote,
    "buy": buying.buy,
    "use_coupon": preferences.use_coupon,
    "drop_coupon": preferences.drop_coupon,
    "list_coupons": preferences.list_coupons,
    "deliver_to": preferences.deliver_to,
    "choose_delivery": preferences.choose_delivery,
    "list_delivery": preferences.list_delivery,
    "list_addresses": preferences.list_addresses,
    "add_address": preferences.add_address,
    "list_payment_methods": preferences.list_payment_methods,
    "pay_with": orders.pay_with_method,
    "pay": orders.pay,
    "order_status": orders.order_status,
    "list_orders": orders.list_orders,
    "cancel_order": orders.cancel_order,
    "return_order": returning.return_order,
    "account": smalltalk.account,
    "greet": smalltalk.greet,
    "ponder": smalltalk.ponder,
    "bare": smalltalk.bare,
}
