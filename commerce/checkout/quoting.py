"""Working out a quote from what is true now."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row

from ..accounts.schemas import AddressView
from ..adapters.taxes import TaxRate
from ..catalog.goods import line_of
from ..catalog.schemas import LineView
from ..context import Context
from ..coupons.offers import Line, Reduced, reduced
from ..coupons.rules import whole_shop
from ..coupons.viewing import scope_of
from ..gift_cards.balances import part_of
from ..money import portion
from ..payments.operations import method_view, my_payment_method
from ..views import Message
from .delivery import Offered, check_option, option_view, parcels_of
from .facts import read_facts
from .rules import Parcel, Sums, amount_of, delivery_price, totals
from .schemas import AppliedCoupon, Quote, QuotedGroup, QuotedLine
from .tax import parents_of, rate_of, rate_on_delivery


class Wishes(NamedTuple):
    """What a quote is asked for."""

    quantities: Mapping[str, int]
    address: str | None
    last_known: AddressView | None
    """The address as it was, where it is the one of an earlier quote."""
    coupon_codes: Sequence[str] | None
    """None: the best combination of those that were claimed."""
    delivery_option: str | None
    payment_method: str | None
    gift_card: str | None


async def quote(ctx: Context, wishes: Wishes, *, lenient: bool = False) -> Quote:
    """Prices, coupon, delivery and sums at this moment.

    Refuses a coupon that does not apply; `lenient` leaves it out with a message instead, for a quote that is renewed.
    """
    facts = await read_facts(ctx, wishes.quantities, wishes.address, wishes.last_known)
    goods, address, rates, options = facts.goods, facts.address, facts.rates, facts.options
    plain = [line_of(ctx, goods[sku], quantity) for sku, quantity in wishes.quantities.items() if _sold(goods, sku)]
    codes = wishes.coupon_codes if facts.has_claimed else wishes.coupon_codes or []
    off = await _reduced(ctx, plain, goods, codes, lenient)
    lines = _quoted(ctx, plain, goods, off.applied.by_line, rates, await parents_of(ctx, rates))
    parcels = parcels_of(lines, goods)
    chosen = _chosen(options, wishes.delivery_option)
    if chosen is None and wishes.delivery_option and not lenient:
        await check_option(ctx, wishes.delivery_option)
    groups = [_group(ctx, parcel, chosen, rate_on_delivery(rates)) for parcel in parcels]
    method = method_view(await my_payment_method(ctx, wishes.payment_method)) if wishes.payment_method else None
    sums = totals(ctx.shop.settings.currency, _sums(lines, groups, off))
    gift = await part_of(ctx, wishes.gift_card, amount_of(sums).amount, lenient=lenient)
    return Quote(
        currency=ctx.shop.settings.currency,
        lines=lines,
        groups=groups,
        totals=sums,
        coupon_codes=off.codes,
        coupons=[_applied(ctx, row, off) for row in off.coupons],
        coupons_automatic=wishes.coupon_codes is None,
        address=address,
        delivery_option=option_view(ctx, chosen, parcels) if chosen else None,
        delivery_options=[option_view(ctx, option, parcels) for option in options],
        payment_method=method,
        gift_card=gift.pays,
        messages=[
            *_goods_messages(wishes, goods),
            *_coupon_messages(off),
            *gift.messages,
            *_missing(lines, address),
            *_not_delivered(address, options, chosen, wishes.delivery_option),
        ],
    )


async def _reduced(
    ctx: Context, lines: Sequence[LineView], goods: Mapping[str, Any], codes: Sequence[str] | None, lenient: bool
) -> Reduced:
    plain = [Line(line.total.amount, line.merchant, line.product, goods[line.sku].category) for line in lines]
    off = await reduced(ctx, plain, codes)
    if off.refused and not lenient:
        raise off.refused[0]
    return off


def _quoted(
    ctx: Context,
    lines: Sequence[LineView],
    goods: Mapping[str, Any],
    discounts: Sequence[int],
    rates: Sequence[TaxRate],
    parents: Mapping[str, str | None],
) -> list[QuotedLine]:
    quoted = []
    for line, off in zip(lines, discounts, strict=True):
        tax = portion(line.total.amount - off, rate_of(rates, goods[line.sku].category, parents))
        quoted.append(QuotedLine(**dict(line), discount=ctx.money(off), tax=ctx.money(tax)))
    return quoted


def _sums(lines: Sequence[QuotedLine], groups: Sequence[QuotedGroup], off: Reduced) -> Sums:
    everywhere = sum(off.applied.by_code[row.code] for row in off.coupons if whole_shop(row))
    prices = [group.price.amount for group in groups if group.price]
    return Sums(
        subtotal=sum(line.total.amount for line in lines),
        items_discount=sum(off.applied.by_line) - everywhere,
        discount=everywhere,
        fulfillment=sum(prices) if prices else None,
        tax=sum(line.tax.amount for line in lines) + sum(group.tax.amount for group in groups),
    )


def _applied(ctx: Context, row: Row[Any], off: Reduced) -> AppliedCoupon:
    amount = ctx.money(off.applied.by_code[row.code])
    return AppliedCoupon(coupon=row.code, name=row.name, names=row.names, scope=scope_of(row), amount=amount)


def _coupon_messages(off: Reduced) -> list[Message]:
    found = [
        Message(type="warning", code="coupon_removed", content=str(why), severity="requires_buyer_review")
        for why in off.refused
    ]
    if not off.complete:
        told = "There are too many coupons to try every combination; these are the best found."
        found.append(Message(type="info", code="coupons_not_exhaustive", content=told))
    return found


def _sold(goods: Mapping[str, Any], sku: str) -> bool:
    return sku in goods and bool(goods[sku].for_sale)


def _group(ctx: Context, parcel: Parcel, option: Offered | None, tax: int) -> QuotedGroup:
    """`tax`: on deliveries, in basis points."""
    price = delivery_price(option, parcel) if option else None
    return QuotedGroup(
        merchant=parcel.merchant,
        name=parcel.name,
        names=parcel.names,
        skus=parcel.skus,
        subtotal=ctx.money(parcel.subtotal),
        price=None if price is None else ctx.money(price),
        tax=ctx.money(portion(price or 0, tax)),
    )


def _chosen(options: list[Offered], wanted: str | None) -> Offered | None:
    """The option wanted, or the first; None where it does not go."""
    return next((option for option in options if wanted in (None, option.option.slug)), None)


def _goods_messages(wishes: Wishes, goods: Mapping[str, Any]) -> list[Message]:
    found = []
    for sku, quantity in wishes.quantities.items():
        if not _sold(goods, sku):
            gone = f"{sku} is not sold any more and was left out."
            found.append(
                Message(type="warning", code="not_sold", content=gone, severity="requires_buyer_review", sku=sku)
            )
        elif goods[sku].available < quantity:
            short = f"Only {goods[sku].available} of {sku} are left; {quantity} asked."
            found.append(
                Message(type="error", code="out_of_stock", content=short, severity="requires_buyer_input", sku=sku)
            )
    return found


def _missing(lines: list[QuotedLine], address: AddressView | None) -> list[Message]:
    missing = {
        "lines": "Nothing in it is sold any more." if not lines else "",
        "address": "An address to deliver to is missing." if address is None else "",
    }
    return [
        Message(type="error", code=f"missing_{part}", content=told, severity="requires_buyer_input")
        for part, told in missing.items()
        if told
    ]


def _not_delivered(
    address: AddressView | None, options: Sequence[Offered], chosen: Offered | None, wanted: str | None
) -> list[Message]:
    if chosen:
        return []
    where = f"to {address.region} {address.country}".replace("  ", " ") if address else "anywhere"
    told = f"The delivery option {wanted} does not go {where}." if options else f"Nothing is delivered {where}."
    return [Message(type="error", code="not_deliverable", content=told, severity="requires_buyer_input")]
