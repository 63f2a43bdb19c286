"""Cases of accounts."""

from tests.parity.case import Case, nothing
from tests.worlds import ADDRESS

CASES = {
    "get_account": Case(nothing, {}, {"account": "acc_1"}),
    "list_addresses": Case(nothing, {}, {"account": "acc_1"}),
    "add_address": Case(nothing, dict(ADDRESS), dict(ADDRESS) | {"country": "Nowhere"}),
}
