"""Cases of merchants."""

from tests.parity.case import Case, nothing

CASES = {
    "list_merchants": Case(nothing, {}, {"cursor": "nonsense"}),
    "get_merchant": Case(nothing, {"merchant": "harbor-home"}, {"merchant": "nobody"}),
}
