"""Money: integers in minor units with an ISO 4217 currency, and the one place where anything is rounded."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
MINOR_DIGITS = dict.fromkeys(NO_DIGITS.split(), 0) | dict.fromkeys(THREE_DIGITS.split(), 3)
"""Digits after the decimal point (ISO 4217), where they are not two."""
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥"}
MAX_AMOUNT = 10**12

Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]


class Money(BaseModel):
    """An amount in minor units (`1299` is $12.99) and its ISO 4217 currency."""

    model_config = ConfigDict(frozen=True)

    amount: int = Field(description="In minor units: 1299 is 12.99.")
    currency: str = Field(description="ISO 4217 code.", examples=["USD"])

    def __str__(self) -> str:
        digits = MINOR_DIGITS.get(self.currency, 2)
        number = f"{Decimal(abs(self.amount)).scaleb(-digits):,.{digits}f}"
        sign = "-" if self.amount < 0 else ""
        symbol = SYMBOLS.get(self.currency)
        return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {self.currency}"


def minor_units(text: str, currency: str) -> int:
    """`"12.99"` in USD is `1299`. Refuses (ValueError) more digits than the currency has."""
    shifted = Decimal(text).scaleb(MINOR_DIGITS.get(currency, 2))
    if shifted != shifted.to_integral_value():
        raise ValueError(f"{text} has more digits than {currency} allows")
    return int(shifted)


def decimal_of(amount: int, currency: str) -> str:
    """`1299` in USD is `"12.99"`: the way back from `minor_units`."""
    digits = MINOR_DIGITS.get(currency, 2)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Splits `amount` in proportion to `weights`, to the last unit: what rounding leaves over goes to the largest remainders,
    the first ones first (the method of Hare and Niemeyer)."""
    whole = sum(weights)
    if not whole:
        return [0 for _ in weights]
    shares = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % whole))
    for i in by_remainder[: amount - sum(shares)]:
        shares[i] += 1
    return shares


def share(amount: int, percent: int) -> int:
    """`percent` hundredths of `amount`, rounded half to even."""
    return portion(amount, percent * 100)


def portion(amount: int, basis_points: int) -> int:
    """`basis_points` ten-thousandths of `amount`, rounded half to even."""
    return int((Decimal(amount) * basis_points / 10_000).quantize(Decimal(1), ROUND_HALF_EVEN))
