"""`domtok eval …`: run the cases, compare two runs, draw a report."""

import asyncio
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from loguru import logger
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from commerce.settings import ShopSettings
from commerce.shop import open_shop
from prompts import NoSuchPrompt, Prompt, PromptWrong, find_prompt

from .comparing import REDTEAM, compare, told
from .report import anchor, page
from .results import LOGS, Result, Run, RunUnreadable, load
from .schema import SCHEMA, CasesWrong, Filed, schema_text

app = typer.Typer(
    help="Know, before a customer does, whether a prompt or a model serves shoppers well.", no_args_is_help=True
)
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .drafting import Draft
    from .harness import Order
    from .suites import Playable

RUNS = Path("var/evals")
PAGE = "report.html"
DEFAULT_PROMPT = "shopper"
WITHOUT = "inspect-ai is missing: run `make eval` once, or install domtok[evals]"
RunFolder = Annotated[Path, typer.Argument(help="Folder of a run.")]


@app.command("run")
def run_cases(
    suites: Annotated[list[str] | None, typer.Argument(help="Suites, cases (`suite/case`) or tags (`tag:zh`).")] = None,
    model: Annotated[str, typer.Option(help="`planner`, or as Inspect names it: openai/gpt-4o-mini.")] = "planner",
    prompt: Annotated[str, typer.Option(help="`shopper`, `shopper@1`, or a Markdown file.")] = DEFAULT_PROMPT,
    trials: Annotated[int, typer.Option(help="How often each case is played.", min=1, max=64)] = 1,
    budget: Annotated[
        float | None, typer.Option(help="Most money to spend; no case is begun that could go beyond.")
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Of the model.", min=0, max=2)] = None,
    seed: Annotated[int, typer.Option(help="Of the worlds; the same seed makes the same ids.")] = 0,
    parallel: Annotated[int, typer.Option(help="Conversations at once.", min=1)] = 4,
    out: Annotated[
        Path | None, typer.Option(help="Folder for what comes of it.", show_default="var/evals/MODEL-PROMPT")
    ] = None,
    shopper: Annotated[str, typer.Option(help="A model that plays the shopper instead of the script.")] = "scripted",
    judge: Annotated[
        str,
        typer.Option(
            help="A model that says how it was to talk with the agent; it decides nothing.", show_default=False
        ),
    ] = "",
    replay: Annotated[
        Path | None, typer.Option(help="Folder of a run to repeat with what its model answered: no key, no network.")
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Do not go on with a run that was broken off there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Without a progress bar.")] = False,
) -> None:
    """Play cases with the agent as it is served, each on a fresh shop."""
    try:
        from .asking import NoPrice
        from .harness import Order, run, settled
        from .journal import OtherRun, trials_begun
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] != "inspect_ai":
            raise
        _give_up(WITHOUT)
    display: Any = "none" if quiet or not sys.stdout.isatty() else "rich"
    parameters = {"temperature": temperature} if temperature is not None else {}
    if replay:
        order, named = _recorded(replay, suites or [], prompt, parallel, display), f"{replay.name}-replayed"
    else:
        cases = _cases(suites or [], model=model != "planner")
        chosen = _prompt(prompt, cases)
        order = settled(
            Order(cases, chosen, model, trials, budget, seed, parallel, parameters, display, shopper, judge)
        )
        named = _folder(order.model_name, chosen.name if prompt == DEFAULT_PROMPT else prompt)
    folder = out or RUNS / named
    if not anew and (begun := trials_begun(folder)):
        typer.echo(f"{folder} was broken off after {begun} trials: going on there", err=True)
    gc.freeze()  # what is loaded stays
    logger.remove()
    logger.add(folder / LOGS / "service.log", level="WARNING", delay=True, diagnose=False)
    try:
        found = run(order, folder, anew=anew)
    except (NoPrice, OtherRun) as wrong:
        _give_up(str(wrong))
    typer.echo(_summary(found, folder))
    if found.stopped:
        raise typer.Exit(3)
    if any(not result.passed and REDTEAM in result.tags for result in found.results if result.counts):
        typer.echo("something of the red team failed", err=True)
        raise typer.Exit(1)


def _recorded(folder: Path, suites: list[str], prompt: str, parallel: int, display: Any) -> "Order":
    """The same once more, of all its cases or of some."""
    from .harness import Order
    from .journal import read_calls

    about, results = (run := _run(folder)[0]).about, run.results
    asked = about.model not in ("planner", "recorded")
    played, run_of = {result.case for result in results}, {result.suite for result in results}
    wanted = _cases(suites or sorted(run_of), model=asked)
    cases = [case for case in wanted if case.name in played]
    chosen = _prompt(f"{about.prompt}@{about.prompt_version}" if prompt == DEFAULT_PROMPT else prompt, cases)
    if chosen.hash != about.prompt_hash:
        _give_up(
            f"{folder} was run with {about.prompt}@{about.prompt_version} {about.prompt_hash}: name it with --prompt"
        )
    calls = read_calls(folder)
    return Order(
        cases,
        chosen,
        about.model,
        about.trials,
        None,
        about.seed,
        parallel,
        about.parameters,
        display,
        about.shopper,
        about.judge,
        calls,
    )


@app.command("compare")
def compare_runs(
    first: RunFolder,
    second: RunFolder,
    gate: Annotated[
        bool, typer.Option("--gate", help="Fail on a real loss or on any red-team case that is lost.")
    ] = False,
) -> None:
    """Say what got better and worse from the first run to the second, and whether the difference is real."""
    (a, a_times), (b, b_times) = _run(first), _run(second)
    for run, times, folder in ((a, a_times, first), (b, b_times, second)):
        (folder / PAGE).write_text(page(run, times), encoding="utf-8")
    found = compare(a, b, (a_times, b_times))
    folders = {_title(a, first): first, _title(b, second): second}

    def link(name: str, result: Result) -> str:
        return f"{folders[name] / PAGE}#{anchor(result)}"

    typer.echo(told(found, (_title(a, first), _title(b, second)), link))
    if gate and found.gate:
        typer.echo("\n".join(f"gate: {why}" for why in found.gate), err=True)
        raise typer.Exit(1)


@app.command("report")
def report(folders: Annotated[list[Path], typer.Argument(help="Folders of runs.", metavar="RUN…")]) -> None:
    """Draw a run as one page that opens from disk; of several one each, where the others stand beside it."""
    runs = {folder: _run(folder) for folder in folders}
    for folder, (run, times) in runs.items():
        others = [(f"{other}: {told.about.model}", told) for other, (told, _) in runs.items() if other != folder]
        (folder / PAGE).write_text(page(run, times, others), encoding="utf-8")
        typer.echo(str(folder / PAGE))


@app.command("cases")
def list_cases(
    suites: Annotated[list[str] | None, typer.Argument(help="Suites, cases or tags; all when left out.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Write the schema for editors anew instead.")] = False,
) -> None:
    """Check the files of cases, and list what is in them."""
    if schema:
        SCHEMA.write_text(schema_text(), encoding="utf-8")
    cases = _cases(suites or [])
    for case in cases:
        about = case.case.about if isinstance(case, Filed) else ""
        typer.echo(f"{case.name:48} {' '.join(case.tags):36} {about or case.wants}")
    typer.echo(f"{len(cases)} cases")


@app.command("from-thread")
def from_thread(
    thread: Annotated[str, typer.Argument(help="Id of a conversation: thr_…")],
    data: Annotated[Path | None, typer.Option(help="Folder of the embedded database.", show_default="var")] = None,
    name: Annotated[str, typer.Option(help="What the case is called.")] = "from-a-conversation",
    out: Annotated[Path | None, typer.Option(help="File to write.", show_default="the terminal")] = None,
) -> None:
    """Make a draft of a case from a conversation that was held, with the demo shopper's data in the place of its owner's."""
    from .drafting import NoSuchThread, draft_of

    async def drafted() -> "Draft":
        shop = open_shop(read_shop_settings(data))
        try:
            return await draft_of(shop.database, thread, name)
        finally:
            await shop.close()

    try:
        draft = asyncio.run(drafted())
    except (NoSuchThread, DBAPIError, OSError, ValidationError) as wrong:
        _give_up(str(wrong).splitlines()[0])
    if out is None:
        typer.echo(draft.text, nl=False)
        return
    out.write_text(draft.text, encoding="utf-8")
    typer.echo("\n".join([f"{out}: replaced {draft.replaced}; read it once more", *draft.to_do]))


def read_shop_settings(data: Path | None) -> ShopSettings:
    given: dict[str, Any] = {"data": data} if data else {}
    return ShopSettings(**given)


def _summary(run: Run, folder: Path) -> str:
    lines = [f"{result.case}: {f.blame}: {f.kind}: {f.detail}" for result in run.results for f in result.failures]
    passed, about = sum(result.passed for result in run.results), run.about
    lines.append(
        f"{passed} of {len(run.results)} passed: {about.model}, {about.prompt}@{about.prompt_version} {about.prompt_hash}"
    )
    if marks := [result.judged.mark for result in run.results if result.judged and result.judged.mark]:
        lines.append(f"{about.judge} gives {sum(marks) / len(marks):.2f} of 5 over {len(marks)} (it decides nothing)")
    costs = [result.beside for result in run.results]
    if any(cost is None or cost for cost in costs):
        told = "what is not known" if None in costs else f"{sum(cost or 0 for cost in costs):.4f}"
        lines.append(f"the models that played shoppers or judged cost {told}")
    if about.model == "recorded":
        lines.append(
            "no model was asked: recorded conversations were held once more, which tries the shop and the agent's frame"
        )
    if run.stopped:
        lines.append(f"not all was run: {run.stopped}")
    return "\n".join([*lines, f"{folder}: domtok eval report {folder} · inspect view --log-dir {folder}/logs"])


def _title(run: Run, folder: Path) -> str:
    about = run.about
    return (
        f"{folder}: {about.model}, {about.prompt}@{about.prompt_version} ({about.prompt_hash}), {about.trials} trial(s)"
    )


def _folder(model: str, prompt: str) -> str:
    return f"{model}-{Path(prompt).stem}".replace("/", "-")


def _cases(names: list[str], *, model: bool = False) -> "Sequence[Playable]":
    from .suites import playable

    try:
        return playable(names, model=model)
    except CasesWrong as wrong:
        _give_up(str(wrong))


def _prompt(wanted: str, cases: "Sequence[Playable]") -> Prompt:
    """The foreign shop has its own, as long as no other is named."""
    from .suites import is_foreign
    from .tau_retail.playing import policy_prompt

    policy = policy_prompt()
    if is_foreign(cases) and wanted in (DEFAULT_PROMPT, f"{policy.name}@{policy.version}"):
        return policy
    try:
        return find_prompt(wanted)
    except (NoSuchPrompt, PromptWrong) as wrong:
        _give_up(str(wrong))


def _run(folder: Path) -> tuple[Run, dict[str, float]]:
    try:
        return load(folder)
    except RunUnreadable as wrong:
        _give_up(str(wrong))


def _give_up(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(2)
