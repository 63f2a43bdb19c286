"""Rules of accounts: what an e-mail address, a password, a phone number may be."""

import re

from email_validator import EmailNotValidError, validate_email
from pydantic import SecretStr

COUNTRY = re.compile(r"^[A-Za-z]{2}$")
PHONE = re.compile(r"^\+?[0-9 ()./-]{3,40}$")


def normal_email(text: str) -> str:
    """The address in one spelling, so that one mailbox can't hold two accounts by its case."""
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError as wrong:
        raise ValueError(str(wrong)) from None


def check_password(password: SecretStr) -> SecretStr:
    """Length is what counts (NIST SP 800-63B-4, 3.1.1.2); one character repeated is not a password."""
    if len(set(password.get_secret_value())) < 3:
        raise ValueError("must have at least 3 different characters")
    return password


def check_phone(text: str) -> str:
    if not PHONE.match(text) or not any(c.isdigit() for c in text):
        raise ValueError("must be a phone number: digits, spaces and + ( ) - . /")
    return text


def check_country(text: str) -> str:
    if not COUNTRY.match(text):
        raise ValueError("must be a two-letter country code, such as US or CN")
    return text.upper()
