"""What models cost: read from `prices.yaml`, or from the shop's own file."""

from decimal import ROUND_CEILING, Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = Path(__file__).parent / "prices.yaml"
NANO = 10**9
"""Amounts are whole billionths of the currency: a token of the cheapest model costs many of them."""


class Price(BaseModel):
    """For a million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Decimal = Field(ge=0, le=10**6)
    output: Decimal = Field(ge=0, le=10**6)
    cached_input: Decimal | None = Field(None, ge=0, le=10**6)

    def nanos(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> int:
        """What a call costs, in billionths, rounded up."""
        cached = self.input if self.cached_input is None else self.cached_input
        whole = (input_tokens - cached_tokens) * self.input + cached_tokens * cached + output_tokens * self.output
        return int((whole * (NANO // 10**6)).to_integral_value(ROUND_CEILING))


FREE = Price(input=Decimal(0), output=Decimal(0))


class Prices(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(pattern="^[A-Z]{3}$")
    models: dict[str, Price]

    def of(self, model: str) -> Price | None:
        return next((price for pattern, price in self.models.items() if fnmatchcase(model, pattern)), None)


def read_prices(file: Path | None) -> Prices:
    """Raises ValueError, with the line that is wrong, when the file can't be used."""
    try:
        found: Any = yaml.safe_load((file or FILE).read_text(encoding="utf-8"))
        return Prices.model_validate(found)
    except (OSError, yaml.YAMLError) as wrong:
        raise ValueError(f"AGENT_PRICES can't be read: {wrong}") from wrong
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise ValueError(f"AGENT_PRICES: {'.'.join(map(str, first['loc']))}: {first['msg']}") from wrong


def written(nanos: int) -> str:
    """As people write it: `1234000000` is `1.234`."""
    return f"{Decimal(nanos).scaleb(-9):f}".rstrip("0").rstrip(".") if nanos else "0"
