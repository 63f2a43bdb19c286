"""What differs between the terms that were agreed to and those of now."""

from .schemas import Terms


def changes(agreed: Terms, now: Terms) -> list[str]:
    """One sentence for each part that is not the same any more; empty when all is."""
    found = [*_amounts(agreed, now), *_lines(agreed, now)]
    for part, words in PARTS.items():
        if getattr(agreed, part) != getattr(now, part):
            found.append(f"{words} is not the same any more.")
    return found or (["The terms are not the same any more."] if agreed != now else [])


PARTS = {
    "address": "The address",
    "delivery_option": "The delivery",
    "payment_method": "The payment method",
    "gift_card": "What the gift card pays",
    "coupon_codes": "The list of coupons",
    "order": "The order",
}


def _amounts(agreed: Terms, now: Terms) -> list[str]:
    before = {t.type: t for t in agreed.totals}
    after = {t.type: t for t in now.totals}
    found = [
        f"{kind.replace('_', ' ').capitalize()} was {before.get(kind, 'none')} and is {after.get(kind, 'none')}."
        for kind in before | after
        if before.get(kind) != after.get(kind)
    ]
    if agreed.charge != now.charge:
        found.append(f"The charge was {agreed.charge or 'none'} and is {now.charge or 'none'}.")
    if agreed.refund != now.refund:
        found.append(f"The refund was {agreed.refund or 'none'} and is {now.refund or 'none'}.")
    return found


def _lines(agreed: Terms, now: Terms) -> list[str]:
    before = {line.sku: line for line in agreed.lines}
    after = {line.sku: line for line in now.lines}
    return [
        f"{sku} was {_told(before.get(sku))} and is {_told(after.get(sku))}."
        for sku in before | after
        if _told(before.get(sku)) != _told(after.get(sku))
    ]


def _told(line: object) -> str:
    return f"{line.quantity} at {line.unit_price}" if line is not None else "not there"  # type: ignore[attr-defined]
