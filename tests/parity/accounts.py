"""Cases of accounts."""

from tests.parity.case import Case, address, nothing
from tests.worlds import ADDRESS

CASES = {
    "get_account": Case(nothing, {}, {"account": "acc_1"}),
    "list_addresses": Case(nothing, {}, {"account": "acc_1"}),
    "add_address": Case(nothing, dict(ADDRESS), dict(ADDRESS) | {"country": "Nowhere"}),
    "update_address": Case(address, {"city": "Oakland", "default": True}, {"address": "adr_unknown"}),
    "delete_address": Case(address, {}, {"address": "adr_unknown"}),
    "change_name": Case(nothing, {"name": "Countess"}, {"name": ""}),
}
