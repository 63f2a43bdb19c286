"""Working out a quote from what is true now."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlmodel import col

from ..accounts.addresses import my_address
from ..accounts.schemas import AddressView
from ..catalog.goods import line_of, sellable
from ..catalog.schemas import LineView
from ..context import Context
from ..coupons.offers import Line, Reduced, reduced
from ..coupons.rules import whole_shop
from ..coupons.viewing import scope_of
from ..gift_cards.balances import part_of
from ..payments.operations import method_view, my_payment_method
from ..views import Message
from .records import DeliveryOptionRow
from .refusals import DeliveryOptionNotFound
from .rules import Parcel, Sums, amount_of, delivery_price, totals
from .schemas import AppliedCoupon, DeliveryOptionView, Quote, QuotedGroup, QuotedLine


class Wishes(NamedTuple):
    """What a quote is asked for."""

    quantities: Mapping[str, int]
    address: str | None
    coupon_codes: Sequence[str] | None
    """None: the best combination of those that were claimed."""
    delivery_option: str | None
    payment_method: str | None
    gift_card: str | None


async def quote(ctx: Context, wishes: Wishes, *, lenient: bool = False) -> Quote:
    """Prices, coupon, delivery and sums at this moment.

    Refuses a coupon that does not apply; `lenient` leaves it out with a message instead, for a quote that is renewed.
    """
    goods = await sellable(ctx, wishes.quantities)
    plain = [line_of(ctx, goods[sku], quantity) for sku, quantity in wishes.quantities.items() if _sold(goods, sku)]
    off = await _reduced(ctx, plain, goods, wishes.coupon_codes, lenient)
    lines = _quoted(ctx, plain, off.applied.by_line)
    parcels = parcels_of(lines, goods)
    rows = await _delivery_rows(ctx)
    options = [_option(ctx, row, parcels) for row in rows]
    chosen = _chosen(options, wishes.delivery_option)
    row = next((row for row in rows if chosen and row.slug == chosen.delivery_option), None)
    address = await my_address(ctx, wishes.address)
    method = method_view(await my_payment_method(ctx, wishes.payment_method)) if wishes.payment_method else None
    sums = totals(ctx.shop.settings.currency, _sums(plain, off, chosen))
    gift = await part_of(ctx, wishes.gift_card, amount_of(sums).amount, lenient=lenient)
    return Quote(
        currency=ctx.shop.settings.currency,
        lines=lines,
        groups=[_group(ctx, parcel, row) for parcel in parcels],
        totals=sums,
        coupon_codes=off.codes,
        coupons=[_applied(ctx, row, off) for row in off.coupons],
        coupons_automatic=wishes.coupon_codes is None,
        address=address,
        delivery_option=chosen,
        delivery_options=options,
        payment_method=method,
        gift_card=gift.pays,
        messages=[
            *_goods_messages(wishes, goods),
            *_coupon_messages(off),
            *gift.messages,
            *_missing(lines, address, chosen),
        ],
    )


async def _reduced(
    ctx: Context, lines: Sequence[LineView], goods: Mapping[str, Row[Any]], codes: Sequence[str] | None, lenient: bool
) -> Reduced:
    plain = [Line(line.total.amount, line.merchant, line.product, goods[line.sku].category) for line in lines]
    off = await reduced(ctx, plain, codes)
    if off.refused and not lenient:
        raise off.refused[0]
    return off


def _quoted(ctx: Context, lines: Sequence[LineView], discounts: Sequence[int]) -> list[QuotedLine]:
    return [
        QuotedLine(**dict(line), discount=ctx.money(off), tax=ctx.money(0))
        for line, off in zip(lines, discounts, strict=True)
    ]


def _sums(lines: Sequence[LineView], off: Reduced, chosen: DeliveryOptionView | None) -> Sums:
    everywhere = sum(off.applied.by_code[row.code] for row in off.coupons if whole_shop(row))
    return Sums(
        subtotal=sum(line.total.amount for line in lines),
        items_discount=sum(off.applied.by_line) - everywhere,
        discount=everywhere,
        fulfillment=chosen.price.amount if chosen else None,
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


def _sold(goods: Mapping[str, Row[Any]], sku: str) -> bool:
    return sku in goods and bool(goods[sku].for_sale)


def parcels_of(lines: Sequence[QuotedLine], goods: Mapping[str, Row[Any]]) -> list[Parcel]:
    """One a merchant, in the order of the first line of each."""
    by_merchant: dict[str, list[QuotedLine]] = {}
    for line in lines:
        by_merchant.setdefault(line.merchant, []).append(line)
    return [_parcel(mine, goods) for mine in by_merchant.values()]


def _parcel(lines: Sequence[QuotedLine], goods: Mapping[str, Row[Any]]) -> Parcel:
    first = goods[lines[0].sku]
    return Parcel(
        merchant=first.merchant,
        name=first.merchant_name or first.merchant,
        names=first.merchant_names or {},
        skus=[line.sku for line in lines],
        subtotal=sum(line.total.amount for line in lines),
        goods=sum(line.total.amount - line.discount.amount for line in lines),
        ships_free=all(goods[line.sku].free_shipping for line in lines),
    )


def _group(ctx: Context, parcel: Parcel, option: Row[Any] | None) -> QuotedGroup:
    return QuotedGroup(
        merchant=parcel.merchant,
        name=parcel.name,
        names=parcel.names,
        skus=parcel.skus,
        subtotal=ctx.money(parcel.subtotal),
        price=ctx.money(delivery_price(option, parcel)) if option else None,
        tax=ctx.money(0),
    )


async def _delivery_rows(ctx: Context) -> Sequence[Row[Any]]:
    return await ctx.rows(
        select(DeliveryOptionRow).order_by(col(DeliveryOptionRow.position), col(DeliveryOptionRow.slug))
    )


def _option(ctx: Context, row: Row[Any], parcels: Sequence[Parcel]) -> DeliveryOptionView:
    return DeliveryOptionView(
        delivery_option=row.slug,
        name=row.name,
        names=row.names,
        price=ctx.money(sum(delivery_price(row, parcel) for parcel in parcels)),
        min_days=row.min_days,
        max_days=row.max_days,
    )


def _chosen(options: list[DeliveryOptionView], wanted: str | None) -> DeliveryOptionView | None:
    if wanted is None:
        return options[0] if options else None
    for option in options:
        if option.delivery_option == wanted:
            return option
    raise DeliveryOptionNotFound(wanted)


def _goods_messages(wishes: Wishes, goods: Mapping[str, Row[Any]]) -> list[Message]:
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


def _missing(lines: list[QuotedLine], address: AddressView | None, option: DeliveryOptionView | None) -> list[Message]:
    missing = {
        "lines": "Nothing in it is sold any more." if not lines else "",
        "address": "An address to deliver to is missing." if address is None else "",
        "delivery_option": "The shop has no delivery option." if option is None else "",
    }
    return [
        Message(type="error", code=f"missing_{part}", content=told, severity="requires_buyer_input")
        for part, told in missing.items()
        if told
    ]
