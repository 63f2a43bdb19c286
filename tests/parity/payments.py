"""Cases of payments."""

from tests.parity.case import Case, nothing

CASES = {
    "list_payment_methods": Case(nothing, {}, {"account": "acc_1"}),
}
