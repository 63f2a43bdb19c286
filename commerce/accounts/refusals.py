"""Refusals of accounts, sessions and addresses."""

from dataclasses import dataclass

from ..errors import Conflict, Forbidden, Invalid, Limited, NotFound, Unauthenticated


@dataclass(eq=False)
class EmailTaken(Conflict):
    sentence = "There is already an account with this e-mail address."
    hint = "Sign in, or register with another address."


@dataclass(eq=False)
class WrongCredentials(Unauthenticated):
    sentence = "The e-mail address and the password do not belong together."
    hint = "Check both and try again, or register."


@dataclass(eq=False)
class TooManyAttempts(Limited):
    retry_after: int
    """Seconds."""
    sentence = "Too many passwords were wrong for this account."
    hint = "Wait {retry_after} seconds and try again."


@dataclass(eq=False)
class WrongPassword(Forbidden):
    sentence = "The current password is not right."
    hint = "Check it and try again."


@dataclass(eq=False)
class PasswordWeak(Invalid):
    reason: str
    sentence = "This password is easily guessed: {reason}."
    hint = "Take another one, such as a few words that have nothing to do with each other."


@dataclass(eq=False)
class AccountBanned(Forbidden):
    reason: str
    until: str | None
    """When the ban ends by itself; null for one without an end."""
    sentence = "This account is banned {until_when}: {reason}"
    hint = "If this is a mistake, write to the shop."

    def __str__(self) -> str:
        until_when = f"until {self.until[:16].replace('T', ' ')} UTC" if self.until else "without an end"
        return self.sentence.format(until_when=until_when, reason=self.reason)


@dataclass(eq=False)
class RefreshRefused(Unauthenticated):
    sentence = "The refresh token is not valid, was already used, or has ended."
    hint = "Sign in again."


@dataclass(eq=False)
class AddressNotFound(NotFound):
    address: str
    sentence = "There is no address {address}."
    hint = "List the addresses to see which there are, or add one."


@dataclass(eq=False)
class TooManyAddresses(Conflict):
    limit: int
    sentence = "An account holds at most {limit} addresses."
    hint = "Use one of those that are saved."


@dataclass(eq=False)
class AccountNotFound(NotFound):
    account: str
    sentence = "There is no account {account}."
    hint = "List the accounts to see which there are."


@dataclass(eq=False)
class NotOneself(Forbidden):
    sentence = "Nobody does this to their own account."
    hint = "Ask another admin."


@dataclass(eq=False)
class GuestHasNoRole(Conflict):
    account: str
    sentence = "{account} is a guest, and guests have no other role."
    hint = "The person registers first; then the new account can get a role."


@dataclass(eq=False)
class AdminsAreNotBanned(Conflict):
    account: str
    sentence = "{account} is an admin, and admins can't be banned."
    hint = "Take the role away first."


@dataclass(eq=False)
class AlreadyBanned(Conflict):
    account: str
    reason: str
    until: str | None
    sentence = "{account} is banned already: {reason}"
    hint = "Lift that ban first to give another one."


@dataclass(eq=False)
class NotBanned(Conflict):
    account: str
    sentence = "{account} is not banned."
    hint = "There is nothing to lift."


@dataclass(eq=False)
class SessionNotFound(NotFound):
    session: str
    sentence = "There is no session {session}."
    hint = "List the sessions to see which are open."


@dataclass(eq=False)
class StaffStays(Conflict):
    role: str
    sentence = "This account has the role {role}, and only a customer's can be closed."
    hint = "Let an admin take the role away first."


@dataclass(eq=False)
class OrdersOpen(Conflict):
    orders: list[str]
    sentence = "The account can't be closed while there are open orders: {listed}."
    hint = "Cancel them, or wait until they are delivered and refunds are done."

    def __str__(self) -> str:
        return self.sentence.format(listed=", ".join(self.orders))
