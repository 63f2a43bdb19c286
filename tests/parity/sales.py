"""Cases of sales figures."""

from tests.parity.case import Case, something_waits

CASES = {
    "get_sales_report": Case(something_waits, {"limit": 3}, {"merchant": "nobody"}, "merchant"),
}
