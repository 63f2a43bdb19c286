"""Puts the demo world's data in the place of a person's: what the shop knows of them, and whatever looks like it."""

import re
from collections import Counter
from dataclasses import dataclass, field

from commerce.ids import SPEAKABLE

HOLE, HOLES = "\ue000{}\ue001", re.compile("\ue000(\\d+)\ue001")
LEAST = 3
"""Shorter pieces, such as the letters of a state, are words of everyday too."""
PATTERNS = (
    ("link", re.compile(r"\b(?:https?://|www\.)[^\s<>，。]+", re.I), "https://shop.example/"),
    ("e-mail address", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "ada@example.com"),
    ("id", re.compile(r"\b[a-z]{2,4}_[0-9A-HJKMNP-TV-Z]{26}\b"), "id_of_the_demo"),
    ("gift card", re.compile(rf"\b(?:[{SPEAKABLE}]{{4}}[- ]?){{3}}[{SPEAKABLE}]{{4}}\b", re.I), "2222-3333-4444-5555"),
    ("token", re.compile(r"\b(?:tok|sk|pk|whsec|Bearer)[_ -]\w[\w.-]{3,}|\beyJ[\w.-]{8,}"), "tok_succeeds"),
    ("token", re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_]{24,}(?![\w-])"), "tok_succeeds"),
    ("card number", re.compile(r"(?<![\w$.-])\d(?:[ -]?\d){12,18}(?![\w-])"), "4242 4242 4242 4242"),
    ("phone number", re.compile(r"(?<![\w$.-])\+?\(?\d(?:[\s().-]{0,2}\d){7,14}(?![\w-])"), "+1 415 555 0134"),
)


@dataclass
class Replacing:
    """What is known of a person, each with what stands in for it, and how often which kind was replaced."""

    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Text → kind and stand-in."""
    replaced: Counter[str] = field(default_factory=Counter)

    def know(self, kind: str, text: str | None, stand_in: str) -> None:
        """The same text is known once, as what it was known for first; its kinds of writing are alike."""
        if text and len(text.strip()) >= (2 if _is_wide(text) else LEAST):
            self.known.setdefault(text.strip(), (kind, stand_in))

    def know_name(self, kind: str, name: str | None, stand_in: str) -> None:
        """A name, and its parts where it has some."""
        self.know(kind, name, stand_in)
        parts, others = (name or "").split(), stand_in.split()
        for at, part in enumerate(parts if len(parts) > 1 else []):
            self.know(kind, part, others[min(at, len(others) - 1)])

    def know_street(self, line: str | None, stand_in: str) -> None:
        """With its number and without."""
        self.know("address", line, stand_in)
        self.know("address", re.sub(r"^\W*\d+\w?\W+|\W+\d+\w?$", "", line or ""), re.sub(r"^\d+ ", "", stand_in))

    def __call__(self, text: str) -> str:
        """Each piece is replaced once: a stand-in is never taken for somebody's data."""
        stand_ins: list[str] = []
        kinds = [(self.known[known], re.compile(_alone(known), re.I)) for known in sorted(self.known, key=len)[::-1]]
        for (kind, stand_in), pattern in [*kinds, *(((kind, put), pattern) for kind, pattern, put in PATTERNS)]:
            text, many = pattern.subn(HOLE.format(len(stand_ins)), text)
            stand_ins.append(stand_in)
            self.replaced[kind] += many
        return HOLES.sub(lambda found: stand_ins[int(found[1])], text)

    def told(self) -> str:
        kinds = [f"{kind} ×{many}" for kind, many in sorted(self.replaced.items()) if many]
        return ", ".join(kinds) or "nothing"


def _alone(text: str) -> str:
    """As words of their own, where the writing has words."""
    left = r"(?<!\w)" if text[0].isascii() else ""
    right = r"(?!\w)" if text[-1].isascii() else ""
    return left + re.escape(text).replace(r"\ ", r"\s+") + right


def _is_wide(text: str) -> bool:
    return not text.isascii()
