"""Refusals of accounts, sessions and addresses."""

from dataclasses import dataclass

from ..errors import Conflict, Forbidden, Limited, NotFound, Unauthenticated


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
    sentence = "Too many sign-ins failed for this address."
    hint = "Wait a minute and try again."
    retry_after = 60


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
