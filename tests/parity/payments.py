"""Cases of payments."""

from tests.parity.case import Case, method, nothing

CASES = {
    "list_payment_methods": Case(nothing, {}, {"account": "acc_1"}),
    "choose_default_payment_method": Case(method, {}, {"payment_method": "pm_none"}),
    "remove_payment_method": Case(method, {}, {"payment_method": "pm_none"}),
}
