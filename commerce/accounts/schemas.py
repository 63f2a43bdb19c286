"""Inputs and views of accounts, sessions and addresses."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from ..ids import Id, Slug
from ..views import Input, Line, OthersText, Page, View
from .rules import check_country, check_password, check_phone, normal_email

Email = Annotated[str, Field(max_length=254), AfterValidator(normal_email)]
Role = Literal["guest", "customer", "merchant", "admin"]


class CreateAccount(Input):
    email: Email = Field(description="Unique, whatever the case.")
    name: Line = Field(min_length=1, max_length=100, description="How the shop addresses the shopper.")
    password: Annotated[SecretStr, AfterValidator(check_password)] = Field(
        min_length=8, max_length=128, description="8 to 128 characters of any kind."
    )


class AccountView(View):
    account: str
    email: str | None
    name: OthersText
    role: Role
    merchant: Slug | None = Field(None, description="The merchant that a person of role `merchant` works for.")
    created_at: datetime


class SignIn(Input):
    email: Email
    password: SecretStr = Field(min_length=1, max_length=128)


class RefreshSession(Input):
    refresh_token: SecretStr = Field(min_length=1, max_length=200)


class SessionView(View):
    """Tokens of a session; the access token is sent back as `Authorization: Bearer …`."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (RFC 6750's name of the kind)
    expires_in: int = Field(description="Seconds until the access token ends.")
    account: str
    role: Role


class SignedOut(View):
    signed_out: bool = True


class AddAddress(Input):
    recipient: Line = Field(min_length=1, max_length=100, description="Who receives it.")
    phone: Annotated[Line, AfterValidator(check_phone)] = Field(
        min_length=3, max_length=40, description="For the carrier.", examples=["+1 415 555 0134"]
    )
    line1: Line = Field(min_length=1, max_length=200, description="Street and number.")
    line2: Line = Field("", max_length=200, description="Flat, floor, building.")
    city: Line = Field(min_length=1, max_length=100, description="City or town.")
    region: Line = Field("", max_length=100, description="State or province.")
    postal_code: Line = Field("", max_length=20, description="Postal or ZIP code.")
    country: Annotated[Line, AfterValidator(check_country)] = Field(
        min_length=2, max_length=2, description="ISO 3166-1 alpha-2 code.", examples=["US", "CN"]
    )
    default: bool = Field(
        False, description="Use it when a checkout names none. The first address becomes the default by itself."
    )


class AddressView(View):
    address: Id
    recipient: OthersText
    phone: OthersText
    line1: OthersText
    line2: OthersText
    city: OthersText
    region: OthersText
    postal_code: OthersText
    country: str
    default: bool


class ListAccounts(Page):
    email: Line | None = Field(None, min_length=1, max_length=254, description="How the e-mail address begins.")
    role: Role | None = Field(None, description="Only this role; guests are listed only when they are asked for.")
    banned: bool | None = Field(None, description="Only those who are banned now, or only those who are not.")


class NameAccount(Input):
    account: Id


class ChangeRole(Input):
    account: Id
    role: Literal["customer", "merchant", "admin"]
    merchant: Slug | None = Field(
        None, description="The merchant that the person works for; goes with role `merchant`."
    )
    merchant_name: Line | None = Field(
        None, min_length=1, max_length=100, description="Makes this merchant at the same time, under this name."
    )


class BanView(View):
    reason: OthersText
    since: datetime
    until: datetime | None = Field(description="When it ends by itself; null for one without an end.")


class ManagedAccountView(AccountView):
    """An account as admins see it."""

    ban: BanView | None = Field(description="Null when the account is not banned now.")
    closed_at: datetime | None


class ListAccountEvents(Page):
    account: Id


class AccountEventView(View):
    type: str = Field(description="role_changed, banned, ban_lifted, password_changed, email_changed or closed.")
    actor: str = Field(description="The account that did it; `operator` for the command line.")
    data: dict[str, OthersText]
    at: datetime
