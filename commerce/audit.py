"""The audit: what must be true of a shop's books at any quiet moment, for tests, evals and operators. Each noun has its checks."""

from collections.abc import Awaitable, Callable

from .accounts import checks as of_accounts
from .aftersales import checks as of_aftersales
from .catalog import checks as of_catalog
from .confirmations import checks as of_confirmations
from .connections import Connection
from .coupons import checks as of_coupons
from .database import Database
from .gift_cards import checks as of_gift_cards
from .images import checks as of_images
from .inventory import checks as of_inventory
from .ledger import checks as of_ledger
from .orders import checks as of_orders
from .payments import checks as of_payments
from .webhooks import checks as of_webhooks

Check = Callable[[Connection], Awaitable[list[str]]]
CHECKS: list[Check] = [
    *of_accounts.CHECKS,
    *of_aftersales.CHECKS,
    *of_catalog.CHECKS,
    *of_confirmations.CHECKS,
    *of_coupons.CHECKS,
    *of_gift_cards.CHECKS,
    *of_images.CHECKS,
    *of_inventory.CHECKS,
    *of_ledger.CHECKS,
    *of_orders.CHECKS,
    *of_payments.CHECKS,
    *of_webhooks.CHECKS,
]


async def audit(database: Database) -> list[str]:
    """One sentence for each thing that is wrong; empty when the books are clean."""
    async with database.snapshot() as db:
        return [finding for check in CHECKS for finding in await check(db)]
