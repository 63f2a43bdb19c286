"""Text that others wrote, made safe to stand in a prompt: one line, no hidden characters, capped, and marked as data."""

import re
import unicodedata

OPEN, CLOSE = "«", "»"
LONGEST = 160
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that show nothing: controls, bidirectional marks, tags, private use."""
IGNORABLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that show nothing either (Default_Ignorable_Code_Point): they can carry words that only a model reads."""


def fenced(text: str, longest: int = LONGEST) -> str:
    """`«Red enamel mug»`. What stands between the marks is data, whatever it says; the marks can't be closed from inside."""
    shown = unicodedata.normalize("NFKC", text)
    shown = "".join(" " if IGNORABLE.match(c) or unicodedata.category(c) in HIDDEN else c for c in shown)
    shown = re.sub(r"\s+", " ", shown.replace(OPEN, "<").replace(CLOSE, ">")).strip()
    if len(shown) > longest:
        shown = shown[: longest - 1] + "…"
    return f"{OPEN}{shown}{CLOSE}"
