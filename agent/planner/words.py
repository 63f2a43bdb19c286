"""Words as the planner compares them: one spelling, tokens, stems and numbers, in English and Chinese."""

import re
import unicodedata

CJK = "㐀-鿿豈-﫿"
_CJK = re.compile(f"[{CJK}]")
_TOKEN = re.compile(rf"[a-z0-9]+(?:['.\-/][a-z0-9]+)*|[{CJK}]+")
_BESIDE_CJK = re.compile(rf"(?<=[{CJK}，。！？；：、]) +| +(?=[{CJK}，。！？；：、])")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "＄": "$"})
_CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
CHINESE_NUMBER = "[零〇一二两三四五六七八九十百千万]+"


def has_cjk(text: str) -> bool:
    return _CJK.search(text) is not None


def neat(text: str) -> str:
    """One spelling of spaces, widths and quotes; upper case is kept."""
    text = re.sub(r"[，。！？；：、（）【】]", lambda m: _PUNCTUATION[m.group()], text)
    text = unicodedata.normalize("NFKC", text.translate(_QUOTES))
    text = " ".join(text.split())
    return _BESIDE_CJK.sub("", text)


_PUNCTUATION = dict(zip("，。！？；：、（）【】", [",", ".", "!", "?", ";", ":", ",", "(", ")", "[", "]"], strict=True))


def tokens(text: str) -> list[str]:
    """Latin words and runs of Chinese characters, in order, in lower case."""
    return _TOKEN.findall(text.lower())


_IRREGULAR = {"knives": "knife", "scarves": "scarf", "shelves": "shelf", "loaves": "loaf", "leaves": "leaf"}


def stem(word: str) -> str:
    """A crude singular, enough to find `mugs` in the name of a mug."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, instead in (
        ("'s", ""),
        ("ies", "y"),
        ("ie", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def stems(text: str) -> set[str]:
    found = tokens(text)
    parts = [part for token in found for part in re.split(r"[-/]", token)]
    return {stem(word) for word in [*found, *parts]}


def likeness(text: str, words: tuple[str, ...]) -> float:
    """How much of `words` the text holds, from 0 to 1; a Chinese run counts by its pairs of characters, then by characters."""
    if not words:
        return 0.0
    have, lower = stems(text), text.lower()
    return sum(_held(word, have, lower) for word in words) / len(words)


def _held(word: str, have: set[str], lower: str) -> float:
    if not has_cjk(word):
        return float(stem(word) in have)
    if word in lower:
        return 1.0
    pairs = [word[i : i + 2] for i in range(len(word) - 1)]
    if pairs and all(pair in lower for pair in pairs):
        return 1.0
    return 0.8 * sum(c in lower for c in word) / len(word)


def chinese_number(text: str) -> int:
    """`二十三` is 23, `两百` is 200."""
    total, digit = 0, 0
    for c in text:
        if c in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[c]
        elif c == "万":
            total, digit = (total + digit) * 10000, 0
        else:
            total, digit = total + (digit or 1) * _CHINESE_UNITS[c], 0
    return total + digit
