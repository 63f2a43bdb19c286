"""How a merchant's goods sell."""

import re

from ..clause import number, number_pattern
from ..reading import languages_of
from ..replies import money, name_of, numbered
from ..talk import Reply, Skill, Talk, call
from ..turns import Json
from ..wishes import Wish

_BEST = 5


def sales_report(talk: Talk, wish: Wish) -> Skill:
    view = yield from call("get_sales_report", **(period_in(wish.text) or period_in(talk.text)))
    days = talk.say("sales_day" if view["since"] == view["until"] else "sales_days", **_days(view))
    if not view["orders"]:
        return Reply(talk.say("sales_none", days=days))
    sold = {"orders": view["orders"], "units": view["units"], "gross": money(view["gross"])}
    lines = [talk.say("sales", days=days, **sold)]
    if view["refunded"]["amount"] or view["units_back"]:
        back = {"units": view["units_back"], "refunded": money(view["refunded"]), "net": money(view["net"])}
        lines.append(talk.say("sales_back", **back))
    return Reply("\n".join([*lines, *_best(talk, view["best_sellers"])]))


def _days(view: Json) -> Json:
    return {"since": view["since"], "until": view["until"]}


def _best(talk: Talk, sellers: list[Json]) -> list[str]:
    lines = [
        talk.say("sales_line", name=name_of(talk, one), units=one["units"], amount=money(one["amount"]))
        for one in sellers[:_BEST]
    ]
    return [talk.say("sales_best"), numbered(lines)] if lines else []


def period_in(text: str) -> Json:
    """As the shop takes it; nothing where no time is named."""
    said = text.lower()
    for spoken in languages_of(text):
        if found := spoken.any_of(spoken.last_days).search(said):
            for unit, days in spoken.durations.items():
                if named := re.search(rf"({number_pattern(spoken.code)})? ?(?:{unit})(?![a-z])", found.group()):
                    return {"days": days * (int(number(named.group(1), spoken)) if named.group(1) else 1)}
        for period, phrases in spoken.periods.items():
            if spoken.any_of(phrases).search(said):
                return {"period": period}
    return {}


def beside_its_time(text: str) -> str:
    """What a clause says besides the time that it names."""
    left = text.lower()
    for spoken in languages_of(text):
        for phrases in (spoken.last_days, *spoken.periods.values(), spoken.around_times):
            left = spoken.any_of(phrases).sub(" ", left)
    return " ".join(re.findall(r"\w+", left))
