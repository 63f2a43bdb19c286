"""Files of goods: reading them with every problem told, and writing them so that no spreadsheet runs what is in them."""

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from ..errors import problems_of
from .schemas import MAX_LINES, Format, GoodsLine, GoodsLineView, LineProblem

COLUMNS = list(GoodsLine.model_fields)
NESTED = {"names", "descriptions", "keywords", "attributes", "labels"}
"""Columns that hold JSON."""
FORMULA = re.compile(r"^'*[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet would run; an apostrophe before it makes it text."""
BOM = "\ufeff"


class Numbered(NamedTuple):
    number: int
    line: GoodsLine


class Read(NamedTuple):
    """The good lines of a file, and what is wrong with the others."""

    lines: list[Numbered]
    problems: list[LineProblem]


def read(content: bytes, format: Format) -> Read:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Read([], [LineProblem(line=1, field="file", problem="is not UTF-8")])
    found = Read([], [])
    for count, (number, values) in enumerate(_csv_rows(text) if format == "csv" else _json_rows(text), 1):
        if count > MAX_LINES:
            found.problems.append(LineProblem(line=number, field="file", problem=f"has more than {MAX_LINES} lines"))
            break
        _take(found, number, values, strict=format == "jsonl")
    return found


def _take(found: Read, number: int, values: dict[str, Any] | str, *, strict: bool) -> None:
    if isinstance(values, str):
        found.problems.append(LineProblem(line=number, field="line", problem=values))
        return
    try:
        found.lines.append(Numbered(number, GoodsLine.model_validate(values, strict=strict)))
    except ValidationError as wrong:
        found.problems.extend(LineProblem(line=number, **problem) for problem in problems_of(wrong))


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = from_json(line, allow_inf_nan=False)
        except ValueError as wrong:
            yield number, f"is not JSON: {wrong}"
            continue
        yield number, values if isinstance(values, dict) else "is not a JSON object"


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        if unknown := [name for name in head if name not in COLUMNS]:
            yield 1, f"has columns that are not known: {', '.join(unknown)[:200]}"
            return
        number = reader.line_num + 1
        for cells in reader:
            if any(cells):
                yield number, _values(head, cells)
            number = reader.line_num + 1
    except csv.Error as wrong:
        yield reader.line_num, f"is not CSV: {wrong}"


def _values(head: list[str], cells: list[str]) -> dict[str, Any] | str:
    if len(cells) != len(head):
        return f"has {len(cells)} cells, the head line {len(head)}"
    values: dict[str, Any] = {}
    for name, cell in zip(head, cells, strict=True):
        if cell == "":
            continue
        values[name] = _plain(cell.replace("\r\n", "\n"))
        if name in NESTED:
            try:
                values[name] = from_json(values[name])
            except ValueError:
                return f"{name} is not JSON"
    return values


def head(format: Format) -> str:
    return BOM + _csv_line(COLUMNS) if format == "csv" else ""


def written(line: GoodsLineView, format: Format) -> str:
    values = line.model_dump(exclude_none=True)
    if format == "jsonl":
        return json.dumps(values, ensure_ascii=False) + "\n"
    return _csv_line([_cell(name, values.get(name)) for name in COLUMNS])


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in NESTED:
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else _harmless(str(value))


def _harmless(cell: str) -> str:
    return f"'{cell}" if FORMULA.match(cell) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def _csv_line(cells: list[str]) -> str:
    out = StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
