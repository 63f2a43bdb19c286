"""What was proved, as JSON and as a page that needs nothing from elsewhere."""

import json
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol


class Claim(Protocol):
    """Given to a test as `claim`, to say what it did and saw."""

    def __call__(self, *, did: str, seen: str, times: int = 1, seed: int | None = None) -> None: ...


@dataclass(frozen=True)
class Proof:
    """One test, as the report tells it."""

    part: str
    claim: str
    did: str
    times: int
    seen: str
    seed: int | None
    seconds: float
    outcome: str
    test: str


def write(proofs: Iterable[Proof], folder: Path) -> None:
    found = sorted(proofs, key=lambda p: (p.part, p.claim, p.test))
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), **_machine()}
    counts = {
        "claims": len({(p.part, p.claim) for p in found}),
        "runs": sum(p.times for p in found),
        "passed": sum(p.outcome == "passed" for p in found),
        "failed": sum(p.outcome == "failed" for p in found),
        "skipped": sum(p.outcome == "skipped" for p in found),
    }
    report = {"facts": facts, "counts": counts, "proofs": [asdict(p) for p in found]}
    (folder / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    (folder / "index.html").write_text(_page(facts, counts, found), encoding="utf-8")


def _machine() -> dict[str, str]:
    return {
        "commit": _told("git", "rev-parse", "--short", "HEAD"),
        "python": platform.python_version(),
        "mariadb": _told("mariadbd", "--version"),
        "redis": _told("redis-server", "--version"),
    }


def _told(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "none"


STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1c1c1c}
h2{margin-top:2.5rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;
border-bottom:1px solid #ddd}td.n{text-align:right;white-space:nowrap}.passed{color:#137333}.failed{color:#b3261e;font-weight:700}
.skipped{color:#8a5a00;font-weight:700}summary{cursor:pointer;padding:.3rem 0}code{font-size:.9em}
"""


def _page(facts: dict[str, str], counts: dict[str, int], proofs: list[Proof]) -> str:
    told = "".join(f"<li>{escape(name)}: <code>{escape(value)}</code></li>" for name, value in facts.items())
    sums = ", ".join(f"{count} {name}" for name, count in counts.items())
    parts = "".join(_part(part, list(rows)) for part, rows in groupby(proofs, key=lambda p: p.part))
    head = f'<meta charset="utf-8"><title>What was proved</title><style>{STYLE}</style>'
    return f"<!doctype html><html lang=en><head>{head}</head><body><h1>What was proved</h1><p>{sums}</p><ul>{told}</ul>{parts}</body></html>\n"


def _part(part: str, proofs: list[Proof]) -> str:
    claims = "".join(_claim(claim, list(rows)) for claim, rows in groupby(proofs, key=lambda p: p.claim))
    return f"<h2>{escape(part)}</h2>{claims}"


def _claim(claim: str, proofs: list[Proof]) -> str:
    bad = next((p.outcome for p in proofs if p.outcome != "passed"), "passed")
    runs, seconds = sum(p.times for p in proofs), sum(p.seconds for p in proofs)
    head = f'<span class="{bad}">{bad}</span> {escape(claim)} — {runs} runs, {seconds:.0f} s'
    rows = "".join(_row(p) for p in proofs)
    columns = "<tr><th>outcome<th>done<th>times<th>seen<th>seed<th>seconds</tr>"
    return f"<details{' open' if bad != 'passed' else ''}><summary>{head}</summary><table>{columns}{rows}</table></details>"


def _row(p: Proof) -> str:
    cells: list[Any] = [p.did, p.times, p.seen, "" if p.seed is None else p.seed, f"{p.seconds:.1f}"]
    kinds = ["", "n", "", "n", "n"]
    told = "".join(f'<td class="{kind}">{escape(str(cell))}' for kind, cell in zip(kinds, cells, strict=True))
    return f'<tr><td class="{p.outcome}">{p.outcome}{told}</tr>'
