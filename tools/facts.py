"""What a shop's settings say of its rules: for prompts and for whoever wants to read them."""

from commerce.settings import ShopSettings


def facts_of(settings: ShopSettings) -> dict[str, str | int]:
    """Minutes, days and names, by what prompts call them."""
    return {
        "shop": settings.name,
        "currency": settings.currency,
        "checkout_minutes": settings.checkout_minutes,
        "confirmation_minutes": settings.confirmation_minutes,
        "pay_minutes": settings.pay_minutes,
        "return_days": settings.return_days,
        "review_days": settings.review_days,
        "captured": settings.capture,
    }
