"""Rules of accounts: what an e-mail address, a phone number, a country may be."""

import re
from datetime import UTC, datetime

from email_validator import EmailNotValidError, validate_email

COUNTRY = re.compile(r"^[A-Za-z]{2}$")
PHONE = re.compile(r"^\+?[0-9 ()./-]{3,40}$")


def normal_email(text: str) -> str:
    """The address in one spelling, so that one mailbox can't hold two accounts by its case."""
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError as wrong:
        raise ValueError(str(wrong)) from None


def check_phone(text: str) -> str:
    if not PHONE.match(text) or not any(c.isdigit() for c in text):
        raise ValueError("must be a phone number: digits, spaces and + ( ) - . /")
    return text


def check_country(text: str) -> str:
    if not COUNTRY.match(text):
        raise ValueError("must be a two-letter country code, such as US or CN")
    return text.upper()


def read_moment(value: object) -> object:
    """A time as JSON writes it, in UTC; one without a zone is left for the field to refuse."""
    if not isinstance(value, str):
        return value
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, OverflowError):
        raise ValueError("must be a time with its zone, such as 2030-01-31T12:00:00Z") from None
