"""The small notation of phrases, as patterns: `(a|b)` one of these, `[a|b]` one or nothing, `...` some words."""

import re

from .words import has_cjk


def _choice(piece: str) -> str:
    return re.sub(r"\((?!\?)", "(?:", piece)


def _pieces(phrase: str) -> list[str]:
    """The phrase cut at the spaces that no bracket holds."""
    out, depth = [""], 0
    for c in phrase:
        depth += (c in "([") - (c in ")]")
        if c == " " and not depth:
            out.append("")
        else:
            out[-1] += c
    return [piece for piece in out if piece]


def spaced(phrase: str) -> str:
    out, begun = "", False
    for piece in _pieces(phrase):
        if piece == "...":
            out += r"(?: \S+){0,8}?"
        elif piece[0] == "[":
            if piece[-1] != "]":
                raise ValueError(f"nothing may follow the bracket in {piece!r}")
            inner = _choice(piece[1:-1])
            out += f"(?: (?:{inner}))?" if begun else f"(?:(?:{inner}) )?"
        else:
            out, begun = out + (" " if begun else "") + _choice(piece), True
    return out


def solid(phrase: str) -> str:
    optional = re.sub(r"\[([^\]]*)\]", lambda m: f"(?:{m[1]})?" if has_cjk(m[1]) else m[0], _choice(phrase))
    return optional.replace("...", ".{0,12}?")
