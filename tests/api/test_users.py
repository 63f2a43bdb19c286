"""`domtok user`: the first admin, roles, bans; run as an operator runs them."""

from pathlib import Path

from tests.api.processes import domtok

PASSWORD = "quiet heron over tin roofs\n"


def test_an_operator_makes_the_first_admin_and_bans_and_lifts(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    made = domtok("user", "add", "--email", "Boss@example.com", "--role", "admin", *data, said=PASSWORD)
    assert (made.returncode, made.stdout) == (0, "Made boss@example.com, admin.\n"), made.stderr
    assert PASSWORD.strip() not in made.stdout + made.stderr
    refused = domtok("user", "ban", "boss@example.com", "--reason", "Spam.", *data)
    assert (refused.returncode, "admins can't be banned" in refused.stderr) == (1, True)
    assert domtok("user", "role", "boss@example.com", "customer", *data).returncode == 0
    assert domtok("user", "ban", "boss@example.com", "--reason", "Spam.", *data).returncode == 0
    assert "BANNED: Spam." in domtok("user", "list", "--banned", *data).stdout
    assert domtok("user", "lift", "boss@example.com", *data).returncode == 0
    assert domtok("user", "list", "--banned", *data).stdout == "Nobody.\n"


def test_a_weak_password_and_an_unknown_account_are_told_in_a_line(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    short = domtok("user", "add", "--email", "boss@example.com", *data, said="short\n")
    assert "at least 15 characters" in short.stderr
    weak = domtok("user", "add", "--email", "boss@example.com", *data, said="password-password-1\n")
    assert weak.returncode == 1
    assert weak.stderr.startswith("This password is easily guessed")
    unknown = domtok("user", "role", "nobody@example.com", "admin", *data)
    assert unknown.returncode == 1
    assert unknown.stderr == "There is no account with the e-mail address nobody@example.com.\n"
