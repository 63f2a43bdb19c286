"""`domtok usage`: what models were asked and what that cost."""

import typer

from .server import Settings, prepare_all
from .working import opened

HEADS = ("calls", "unsettled", "input", "output", "cost")


async def show_usage(settings: Settings, columns: list[str], days: int) -> int:
    from agent.spending.prices import written
    from agent.spending.spent import spent_by

    columns = list(dict.fromkeys(columns))
    async with opened(settings) as shop:
        await prepare_all(shop)
        found = await spent_by(shop.database, columns, shop.clock(), days)
    lines = [(*columns, *HEADS)]
    for row in found:
        figures = (row.calls, row.unsettled, row.input_tokens, row.output_tokens)
        lines.append((*row.names, *(f"{figure:,}" for figure in figures), f"{written(row.nanos)} {row.currency}"))
    _print(lines, left=len(columns))
    if not found:
        typer.echo("No model was asked; the planner costs nothing.")
    return 0


def _print(lines: list[tuple[str, ...]], left: int) -> None:
    """Names to the left, figures to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = [
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        typer.echo("  ".join(cells).rstrip())
