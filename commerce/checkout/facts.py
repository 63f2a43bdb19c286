"""What a quote depends on: goods, address, delivery, tax, read in one statement and so true in one moment."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, exists, select
from sqlmodel import col

from ..accounts.addresses import MINE_NAMED, Whereabouts, address_view, whereabouts
from ..accounts.refusals import AddressNotFound
from ..accounts.schemas import AddressView
from ..adapters.taxes import Taxes, TaxRate
from ..catalog.goods import SELLABLE
from ..context import Context
from ..coupons.records import CouponClaimRow
from ..functions import as_json
from .delivery import OPTIONS, Offered, offers
from .tax import region_key


class Facts(NamedTuple):
    goods: Mapping[str, Any]
    """By SKU, what `catalog.goods.sellable` tells; those that do not exist are missing."""
    address: AddressView | None
    options: list[Offered]
    """Those that go there, in their order."""
    rates: list[TaxRate]
    """None without an address."""
    has_claimed: bool
    """Whether there are coupons that may apply by themselves."""


async def read_facts(ctx: Context, skus: Collection[str], address: str | None, last_known: AddressView | None) -> Facts:
    """`address`: None is the default one. `last_known`: where it was when it was last looked at, which saves looking first;
    who has moved is asked about once more. Refuses an address that is not the caller's."""
    there = last_known or await whereabouts(ctx, address)
    found = await _facts_at(ctx, skus, there)
    if found.address and there and _place(found.address) != _place(there):
        found = await _facts_at(ctx, skus, found.address)
    return found


async def _facts_at(ctx: Context, skus: Collection[str], there: AddressView | Whereabouts | None) -> Facts:
    country, region = _place(there)
    row = await ctx.row(
        _statement(ctx.shop.taxes),
        skus=list(skus),
        account=ctx.caller.account,
        address=there.address if there else "",
        country=country,
        region=region_key(region),
    )
    assert row is not None
    if there and not row.address:
        raise AddressNotFound(there.address)
    return Facts(
        goods={fact["sku"]: SimpleNamespace(**fact) for fact in row.goods or []},
        address=address_view(row.address[0]) if there else None,
        options=offers([SimpleNamespace(**fact) for fact in row.options or []]),
        rates=[TaxRate(**fact | {"on_delivery": bool(fact["on_delivery"])}) for fact in row.rates or [] if there],
        has_claimed=bool(row.has_claimed),
    )


@lru_cache(maxsize=16)
def _statement(taxes: Taxes) -> Select[Any]:
    return select(
        as_json(SELLABLE).label("goods"),
        as_json(MINE_NAMED).label("address"),
        as_json(OPTIONS).label("options"),
        as_json(taxes.rates).label("rates"),
        exists().where(col(CouponClaimRow.account) == bindparam("account")).label("has_claimed"),
    )


def _place(address: AddressView | Whereabouts | None) -> tuple[str, str]:
    return (address.country, address.region) if address else ("", "")
