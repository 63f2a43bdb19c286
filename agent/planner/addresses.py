"""An address out of what was typed: name, phone, street, city, region, postal code and country, in the order of either language."""

import re

from .lexicon import CODES, language
from .words import has_cjk, neat

_PHONE = re.compile(
    r"(?:(?:phone|tel|telephone|mobile|cell|call|number|电话|手机|手机号|联系电话)[ :.,是]*(?:is |number )?)?(?<![A-Za-z0-9])(\+?\(?\d[\d ()-]{6,18}\d)",
    re.I,
)
_POSTAL = re.compile(
    r"(?:(?:postal code|postcode|zip code|zip|邮编|邮政编码)[ :是]*)?(?<![\d-])(\d{5}(?:-\d{4})?|\d{6}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)(?![\d-])"
)
_LEADS = re.compile(
    r"^.*?(?:address|地址)(?:[^:,]{0,12}?(?::|\bis\b|是|for\b(?= [A-Z])))|^.*?:|^.*?地址,|^(?:please |can you |and |also )*(?:add|save|put|new|enter|create)\b[^,:]*?\baddress(?:es)?\b,?",
    re.I,
)
_NAMED = re.compile(
    r"^(?:(?:the )?(?:recipient|name|for|to|attn)\b(?: is)?|(?:收件人|收货人|姓名|名字|收)(?:是|叫)?)[ :]*", re.I
)
_REGION = re.compile(r"^[A-Z]{2}$")
_CHINESE = re.compile(r"^(?P<region>[^省市区\d]{2,8}(?:省|自治区))?(?P<city>[^省市区县\d]{2,8}市)(?P<line>.+)$")


def address_in(typed: str) -> dict[str, str] | None:
    """The shop's fields; None where one that it needs was not said, or the number is a carrier's."""
    text = re.sub(r"[。!]+$", "", neat(typed))
    if any(language(code).any_of(language(code).tracking_lead).search(text.lower()) for code in CODES):
        return None
    lead = _LEADS.match(text)
    text = text[lead.end() :] if lead else text
    found: dict[str, str] = {}
    text = _taken(_PHONE, text, found, "phone", least=7)
    text = _taken(_POSTAL, text, found, "postal_code")
    parts = [part.strip(" .:;") for part in re.split(r"[,;\n]", text)]
    parts = [part for part in (_NAMED.sub("", part) for part in parts) if part]
    found["country"], parts = _country(parts)
    found |= _placed(parts)
    needed = ("recipient", "phone", "line1", "city", "country")
    return found if all(found.get(field) for field in needed) else None


def _taken(pattern: re.Pattern[str], text: str, found: dict[str, str], field: str, least: int = 0) -> str:
    for match in pattern.finditer(text):
        if sum(map(str.isdigit, match[1])) >= least:
            found[field] = match[1].strip()
            return f"{text[: match.start()]},{text[match.end() :]}"
    return text


def _country(parts: list[str]) -> tuple[str, list[str]]:
    """By its name or its two letters at the end; an address in Chinese is in China, one of a known state in the States."""
    known = {name: code for language_code in CODES for name, code in language(language_code).countries.items()}
    for part in parts:
        code = known.get(part.lower(), "").split(" ")[0]
        if code and " " not in known[part.lower()]:
            return code, [other for other in parts if other != part]
    if len(parts) > 3 and _REGION.match(parts[-1]):
        return parts[-1], parts[:-1]
    if any(has_cjk(part) for part in parts):
        return "CN", parts
    return ("US" if any(_REGION.match(part.split(" ")[-1]) for part in parts[2:]) else ""), parts


def _placed(parts: list[str]) -> dict[str, str]:
    for part in parts:
        if chinese := _CHINESE.match(part.replace(" ", "")):
            others = [other for other in parts if other != part]
            fields = {"city": chinese["city"], "line1": chinese["line"], "region": chinese["region"] or ""}
            return {k: v for k, v in {**fields, "recipient": others[0] if others else ""}.items() if v}
    at = next((i for i, part in enumerate(parts) if i and any(map(str.isdigit, part))), 1)
    if len(parts) < at + 2:
        return {}
    fields = {"recipient": parts[at - 1], "line1": parts[at]}
    rest = parts[at + 1 :]
    *city, last = rest[-1].split(" ")
    if city and _REGION.match(last):
        rest = [*rest[:-1], " ".join(city), last]
    region = {"region": rest[-1]} if len(rest) > 1 else {}
    flat = {"line2": rest[0]} if len(rest) > 2 else {}
    return {**fields, **flat, "city": rest[-2] if region else rest[0], **region}
