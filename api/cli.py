"""The command line: serve, worker, chat, seed, migrate, doctor, jobs, usage, user, prompt, eval."""

import asyncio
import gc
import os
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="DomTok: a shop that can be talked to.", no_args_is_help=True, add_completion=False)

Data = Annotated[Path | None, typer.Option(help="Folder of the embedded database.", show_default="var")]


def _settings(data: Path | None) -> Any:
    """Ends with a line for each variable that is wrong."""
    from pydantic import ValidationError

    from .server import read_settings

    try:
        return read_settings(**({"data": data} if data else {}))
    except ValidationError as wrong:
        prefix = {"ShopSettings": "SHOP_", "AgentSettings": "AGENT_", "ApiSettings": "API_"}[wrong.title]
        for error in wrong.errors(include_url=False, include_input=False):
            name = str(error["loc"][0]).upper()
            typer.echo(f"{name if name.startswith('OPENAI_') else prefix + name}: {error['msg']}", err=True)
        raise typer.Exit(1) from None


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    data: Data = None,
    demo: Annotated[bool, typer.Option("--demo", help="Fill the shop with demo goods when it is empty.")] = False,
) -> None:
    """Run the shop: REST, chat and the page."""
    gc.disable()  # until it serves: what is loaded stays, and looking through it costs a quarter of the start
    from .serving import serve_forever

    sys.exit(serve_forever(_settings(data), host, port, demo))


@app.command()
def worker(data: Data = None) -> None:
    """Do the work behind the scenes, beside servers that leave it to workers. Several at once are fine."""
    from .working import work_apart

    sys.exit(asyncio.run(work_apart(_settings(data))))


@app.command()
def chat(
    data: Data = None,
    url: Annotated[str, typer.Option(help="A running shop; without it, the one of the data folder.")] = "",
    email: Annotated[
        str, typer.Option(help="Who shops; in a demo shop the demo shopper when left out, else a guest.")
    ] = "",
) -> None:
    """Shop by talking, in the terminal."""
    from .terminal import talk

    sys.exit(asyncio.run(talk(_settings(data), url, email)))


@app.command()
def seed(
    data: Data = None,
    folder: Annotated[
        Path | None,
        typer.Option("--from", help="Folder with shop.yaml and products/*.yaml.", show_default="the demo shop"),
    ] = None,
) -> None:
    """Make what is missing of a shop's goods, and bring prices and texts up to date. Running it again changes nothing."""
    from .operating import seed_shop

    sys.exit(asyncio.run(seed_shop(_settings(data), folder)))


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database schema up to date."""
    from .operating import migrate_shop

    sys.exit(asyncio.run(migrate_shop(_settings(data))))


@app.command()
def doctor(data: Data = None) -> None:
    """Check settings, stores and the shop's books."""
    from .operating import examine

    sys.exit(asyncio.run(examine(_settings(data))))


@app.command()
def jobs(
    data: Data = None,
    retry: Annotated[str, typer.Option(help="Id of a dead job that is to be done after all, or `all`.")] = "",
) -> None:
    """Show what waits behind the scenes and what was given up."""
    from .working import show_jobs

    sys.exit(asyncio.run(show_jobs(_settings(data), retry)))


class UsageBy(StrEnum):
    DAY = "day"
    SHOPPER = "shopper"
    MODEL = "model"


@app.command()
def usage(
    data: Data = None,
    by: Annotated[list[UsageBy], typer.Option(help="What to tell apart; may be given several times.")] = [  # noqa: B006
        UsageBy.DAY,
        UsageBy.MODEL,
    ],
    days: Annotated[int, typer.Option(help="How many days to look back.", min=1, max=400)] = 7,
) -> None:
    """Show what models were asked and what that cost."""
    from .spent import show_usage

    sys.exit(asyncio.run(show_usage(_settings(data), [str(column) for column in by], days)))


user = typer.Typer(help="The shop's people: make the first admin, give roles, ban, lift.", no_args_is_help=True)
app.add_typer(user, name="user")
Email = Annotated[str, typer.Argument(help="Whose account it is.")]
Merchant = Annotated[str | None, typer.Option(help="The merchant to work for; goes with the role merchant.")]


class Role(StrEnum):
    CUSTOMER = "customer"
    MERCHANT = "merchant"
    ADMIN = "admin"


@user.command()
def add(
    email: Annotated[str, typer.Option(help="To sign in with.")],
    name: Annotated[str, typer.Option(help="How the shop says to them.", show_default="from the address")] = "",
    role: Role = Role.CUSTOMER,
    merchant: Merchant = None,
    data: Data = None,
) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    from . import users

    sys.exit(users.run(_settings(data), users.add(email, name, role, merchant)))


@user.command("role")
def give_role(email: Email, role: Role, merchant: Merchant = None, data: Data = None) -> None:
    """Give somebody a role; it counts from their next request on."""
    from . import users

    sys.exit(users.run(_settings(data), users.give_role(email, role, merchant)))


@user.command()
def ban(
    email: Email,
    reason: Annotated[str, typer.Option(help="Shown to the person.")],
    until: Annotated[datetime | None, typer.Option(help="When it ends by itself.", show_default="never")] = None,
    data: Data = None,
) -> None:
    """Ban somebody; all their sessions end at once."""
    from . import users

    sys.exit(users.run(_settings(data), users.ban(email, reason, until)))


@user.command()
def lift(email: Email, data: Data = None) -> None:
    """Let somebody in again who was banned."""
    from . import users

    sys.exit(users.run(_settings(data), users.lift(email)))


@user.command("list")
def list_users(
    role: Annotated[Role | None, typer.Option(help="Only this role.")] = None,
    banned: Annotated[bool, typer.Option("--banned", help="Only who is banned now.")] = False,
    data: Data = None,
) -> None:
    """List accounts, the newest first."""
    from . import users

    sys.exit(users.run(_settings(data), users.listed(role, banned)))


prompt = typer.Typer(help="What models are told: versions, what changed, and how it reads.", no_args_is_help=True)
app.add_typer(prompt, name="prompt")
Wanted = Annotated[str, typer.Argument(help="`shopper`, `shopper@1`, or a Markdown file.")]


class Language(StrEnum):
    ENGLISH = "en"
    CHINESE = "zh"


@prompt.command("list")
def list_prompts() -> None:
    """List every version with its hash."""
    from . import prompting

    prompting.listed()


@prompt.command("show")
def show_prompt(wanted: Wanted) -> None:
    """Show a prompt as it is written."""
    from . import prompting

    prompting.shown(wanted)


@prompt.command("diff")
def diff_prompts(first: Wanted, second: Wanted) -> None:
    """Show what changed from the first to the second; the exit status is 1 when something did."""
    from . import prompting

    sys.exit(prompting.differing(first, second))


@prompt.command("render")
def render_prompt(
    wanted: Wanted,
    language: Annotated[Language, typer.Option(help="Which the shopper writes.")] = Language.ENGLISH,
    shopper: Annotated[str, typer.Option(help="What the shopper is called.", show_default="an example")] = "",
    guest: Annotated[bool, typer.Option("--guest", help="The shopper has not signed in.")] = False,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="An input: NAME=VALUE, as YAML writes it.", metavar="NAME=VALUE")
    ] = None,
) -> None:
    """Show a prompt as a model or a shopper reads it."""
    from . import prompting

    prompting.rendered(wanted, language, shopper, guest, values or [])


@app.command("eval", add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def evaluate(ctx: typer.Context) -> None:
    """Play cases with the agent, and compare runs: does a prompt or a model serve shoppers well?"""
    from evals.command import app as evals  # with the whole shop behind it

    evals(ctx.args, prog_name="domtok eval")


def main() -> None:
    if wanted := os.environ.get("DOMTOK_FAULTS"):  # a test's; see commerce/faults.py
        from commerce import faults

        faults.arm(wanted)
    app()


if __name__ == "__main__":
    main()
