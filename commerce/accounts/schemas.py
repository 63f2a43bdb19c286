"""Inputs and views of accounts, sessions and addresses."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, SecretStr

from ..ids import Id, Slug
from ..views import Input, Line, OthersText, Page, View
from .rules import check_country, check_phone, normal_email, read_moment

Email = Annotated[str, Field(max_length=254), AfterValidator(normal_email)]
Role = Literal["guest", "customer", "merchant", "admin"]
SHORTEST_PASSWORD = 15
"""Where a password is all that is asked for (NIST SP 800-63B-4, 3.1.1.2)."""
LONGEST_PASSWORD = 128
NewPassword = Annotated[
    SecretStr,
    Field(
        min_length=SHORTEST_PASSWORD,
        max_length=LONGEST_PASSWORD,
        description="15 to 128 characters of any kind, such as a few words; not one that is easily guessed.",
    ),
]
Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_PASSWORD)]


class CreateAccount(Input):
    email: Email = Field(description="Unique, whatever the case.")
    name: Line = Field(min_length=1, max_length=100, description="How the shop addresses the shopper.")
    password: NewPassword


class AccountView(View):
    account: str
    email: str | None
    name: OthersText
    role: Role
    merchant: Slug | None = Field(None, description="The merchant that a person of role `merchant` works for.")
    created_at: datetime


class SignIn(Input):
    email: Email
    password: Password


class RefreshSession(Input):
    refresh_token: SecretStr = Field(min_length=1, max_length=1000)


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


class OpenSessionView(View):
    """A device on which somebody is signed in."""

    session: Id
    device: OthersText
    created_at: datetime
    used_at: datetime = Field(description="When it last got new tokens; it may have been used a little later.")
    current: bool = Field(description="Whether this is the session that asks.")


class EndSession(Input):
    session: Id


class EndSessions(Input):
    others_only: bool = Field(False, description="Keep the session that asks.")


class SessionsEnded(View):
    ended: int = Field(description="How many sessions were signed out.")


class ChangeName(Input):
    name: Line = Field(min_length=1, max_length=100, description="How the shop addresses the shopper.")


class ChangeEmail(Input):
    email: Email = Field(description="The new address, unique in the shop whatever the case.")
    password: Password


class ChangePassword(Input):
    current_password: Password
    new_password: NewPassword


class CloseAccount(Input):
    password: Password


class AccountClosed(View):
    closed: bool = True


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


class UpdateAddress(Input):
    address: Id = Field(description="The address to change, from list_addresses.")
    recipient: Line | None = Field(None, min_length=1, max_length=100, description="Who receives it.")
    phone: Annotated[Line, AfterValidator(check_phone)] | None = Field(
        None, min_length=3, max_length=40, description="For the carrier."
    )
    line1: Line | None = Field(None, min_length=1, max_length=200, description="Street and number.")
    line2: Line | None = Field(None, max_length=200, description="Flat, floor, building.")
    city: Line | None = Field(None, min_length=1, max_length=100, description="City or town.")
    region: Line | None = Field(None, max_length=100, description="State or province.")
    postal_code: Line | None = Field(None, max_length=20, description="Postal or ZIP code.")
    country: Annotated[Line, AfterValidator(check_country)] | None = Field(
        None, min_length=2, max_length=2, description="ISO 3166-1 alpha-2 code."
    )
    default: bool = Field(False, description="Make it the one that is used when a checkout names none.")


class DeleteAddress(Input):
    address: Id = Field(description="The address to forget, from list_addresses.")


class AddressDeleted(View):
    address: Id
    default: Id | None = Field(description="The address that is the default now; null when none is left.")


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


class BanAccount(Input):
    account: Id
    reason: Line = Field(min_length=1, max_length=300, description="Shown to the person who is banned.")
    until: Annotated[AwareDatetime, BeforeValidator(read_moment)] | None = Field(
        None, description="When the ban ends by itself; leave out for one without an end."
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
