"""Answers that no front end loads or follows anything from: markup stands there as text, and nothing in it is hidden.

A space is put inside what would begin a link, a picture or a tag in Markdown or HTML; nothing else changes. What was said before stays
as it is when more is said, so this works on an answer that is still coming.
"""

import re

ACTIVE = re.compile(r"(?<=!)(?=\[)|(?<=\])(?=[(\[:])|(?<=<)(?=[A-Za-z/!?])")
HIDDEN = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xE0000, 0xE0080)]
)
"""Characters that show nothing, or turn what follows around."""


def inert(text: str) -> str:
    if not text.isascii():
        text = text.translate(HIDDEN)
    return ACTIVE.sub(" ", text) if "[" in text or "<" in text else text
