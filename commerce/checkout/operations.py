"""Use cases of the checkout: a quote that can be looked at, changed, and then placed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlmodel import col

from ..cart.records import CartItemRow
from ..cart.refusals import CartEmpty, NotInCart
from ..context import Context
from ..gift_cards.balances import must_pay
from ..operation import Effect, Who, operation
from .delivery import Offered, check_option, offered
from .quoting import Wishes, quote
from .records import CheckoutRow
from .refusals import CheckoutClosed, CheckoutExpired, CheckoutNotFound
from .rules import price_changes
from .schemas import (
    CheckoutStatus,
    CheckoutView,
    CreateCheckout,
    DeliveryOptionList,
    DeliveryOptionRates,
    GetCheckout,
    ListDeliveryOptions,
    Quote,
    UpdateCheckout,
)

OPEN = ("incomplete", "ready_for_complete")
ACCOUNT: Any = bindparam("account")
IN_CART = (
    select(col(CartItemRow.sku), col(CartItemRow.quantity))
    .where(col(CartItemRow.account) == ACCOUNT)
    .order_by(col(CartItemRow.added_at), col(CartItemRow.sku))
)
MINE = select(CheckoutRow).where(col(CheckoutRow.id) == bindparam("checkout"), col(CheckoutRow.account) == ACCOUNT)
MINE_LOCKED = MINE.with_for_update()
GIVE_UP_OLDER = (
    update(CheckoutRow)
    .where(col(CheckoutRow.account) == bindparam("of"), col(CheckoutRow.status).in_(OPEN))
    .values(status="canceled")
)
NEW = insert(CheckoutRow)
NO_GIFT_CARD = "none"


@operation(Effect.READ, "GET /delivery-options", who=Who.ANYONE)
async def list_delivery_options(ctx: Context, asked: ListDeliveryOptions) -> DeliveryOptionList:
    """How orders can be delivered, what a parcel costs and how many days it takes; of one country, where it is named."""
    found = await offered(ctx, asked.country or "", asked.region)
    return DeliveryOptionList(items=[_rates(ctx, option) for option in found], next_cursor=None)


@operation(Effect.WRITE, "POST /checkouts", who=Who.CUSTOMER, creates=True)
async def create_checkout(ctx: Context, asked: CreateCheckout) -> CheckoutView:
    """Quote the cart, or some of it: lines, coupons, delivery, totals. Buys nothing; it takes the place of an earlier open checkout."""
    quantities = await _wanted(ctx, asked.skus)
    shown = await quote(
        ctx,
        Wishes(
            quantities,
            asked.address,
            None,
            asked.coupon_codes,
            asked.delivery_option,
            asked.payment_method,
            asked.gift_card,
        ),
    )
    await ctx.run(GIVE_UP_OLDER, of=ctx.caller.account)
    row: dict[str, Any] = {
        "id": ctx.new_id("chk"),
        "account": ctx.caller.account,
        "status": status_of(shown),
        "quote": shown.model_dump(mode="json"),
        "created_at": ctx.now,
        "expires_at": ctx.now + timedelta(minutes=ctx.shop.settings.checkout_minutes),
    }
    await ctx.run(NEW, **row)
    facts = {"checkout": row["id"], "status": row["status"], "order": None, "expires_at": row["expires_at"]}
    return CheckoutView.model_validate(row["quote"] | facts)


async def _wanted(ctx: Context, skus: Sequence[str] | None) -> dict[str, int]:
    """How many of what, from the cart; the rest of it stays there."""
    rows = await ctx.rows(IN_CART, account=ctx.caller.account)
    if not rows:
        raise CartEmpty()
    held = {row.sku: row.quantity for row in rows}
    if skus is None:
        return held
    for sku in skus:
        if sku not in held:
            raise NotInCart(sku)
    return {sku: quantity for sku, quantity in held.items() if sku in skus}


@operation(Effect.READ, "GET /checkouts/{checkout}", who=Who.CUSTOMER)
async def get_checkout(ctx: Context, asked: GetCheckout) -> CheckoutView:
    """A checkout as it was last shown."""
    return await _view(ctx, asked.checkout)


@operation(Effect.WRITE, "PATCH /checkouts/{checkout}", who=Who.CUSTOMER)
async def update_checkout(ctx: Context, asked: UpdateCheckout) -> CheckoutView:
    """Change address, coupons, delivery or payment of a checkout, and quote it anew at the prices of now.

    With nothing but its id it only renews the prices; `messages` tell what changed.
    """
    row = await open_checkout(ctx, asked.checkout)
    before = Quote.model_validate(row.quote)
    if asked.delivery_option:
        await check_option(ctx, asked.delivery_option)
    if asked.gift_card and asked.gift_card != NO_GIFT_CARD:
        await must_pay(ctx, asked.gift_card)
    renewed = await quote(ctx, _wishes(before, asked), lenient=asked.coupon_codes is None)
    renewed = renewed.model_copy(update={"messages": [*price_changes(before, renewed), *renewed.messages]})
    values = {
        "quote": renewed.model_dump(mode="json"),
        "status": status_of(renewed),
        "expires_at": ctx.now + timedelta(minutes=ctx.shop.settings.checkout_minutes),
    }
    await ctx.run(update(CheckoutRow).where(col(CheckoutRow.id) == asked.checkout).values(**values))
    return await _view(ctx, asked.checkout)


async def my_checkout(ctx: Context, checkout: str) -> Row[Any]:
    """Locked where the database locks rows; refuses one that is not the caller's."""
    row = await ctx.row(MINE_LOCKED, checkout=checkout, account=ctx.caller.account)
    if row is None:
        raise CheckoutNotFound(checkout)
    return row


async def open_checkout(ctx: Context, checkout: str) -> Row[Any]:
    """A checkout that can still be changed and placed."""
    row = await my_checkout(ctx, checkout)
    if row.status not in OPEN:
        raise CheckoutClosed(checkout, row.status)
    if row.expires_at <= ctx.now:
        raise CheckoutExpired(checkout)
    return row


async def renewed_quote(ctx: Context, shown: Quote) -> Quote:
    """The same wishes at the prices of now."""
    same = _wishes(shown, UpdateCheckout(checkout="same", coupon_codes=shown.coupon_codes))
    return await quote(ctx, same, lenient=True)


def status_of(shown: Quote) -> CheckoutStatus:
    return "incomplete" if any(m.type == "error" for m in shown.messages) else "ready_for_complete"


def _wishes(before: Quote, asked: UpdateCheckout) -> Wishes:
    """What was asked, and for what was left out, what was there."""
    method = before.payment_method.payment_method if before.payment_method else None
    delivery = before.delivery_option.delivery_option if before.delivery_option else None
    address = before.address.address if before.address else None
    card = before.gift_card.gift_card if before.gift_card else None
    return Wishes(
        quantities={line.sku: line.quantity for line in before.lines},
        address=asked.address or address,
        last_known=before.address if asked.address in {None, address} else None,
        coupon_codes=_codes(before, asked),
        delivery_option=asked.delivery_option or delivery,
        payment_method=asked.payment_method or method,
        gift_card=None if asked.gift_card == NO_GIFT_CARD else asked.gift_card or card,
    )


def _codes(before: Quote, asked: UpdateCheckout) -> list[str] | None:
    if asked.coupon_codes is not None:
        return asked.coupon_codes
    return None if before.coupons_automatic else before.coupon_codes


async def _view(ctx: Context, checkout: str) -> CheckoutView:
    row = await ctx.row(MINE, checkout=checkout, account=ctx.caller.account)
    if row is None:
        raise CheckoutNotFound(checkout)
    return CheckoutView.model_validate(
        row.quote | {"checkout": row.id, "status": row.status, "order": row.order_number, "expires_at": row.expires_at}
    )


def _rates(ctx: Context, found: Offered) -> DeliveryOptionRates:
    return DeliveryOptionRates(
        delivery_option=found.option.slug,
        name=found.option.name,
        names=found.option.names,
        price=ctx.money(found.price),
        free_from=None if found.free_from is None else ctx.money(found.free_from),
        min_days=found.option.min_days,
        max_days=found.option.max_days,
    )
