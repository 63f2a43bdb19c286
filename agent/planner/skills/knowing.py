"""What the shop remembers of a shopper, because they asked for it: remembered, shown, forgotten."""

import re

from ..lexicon import language
from ..references import closest
from ..replies import bullets, plain
from ..talk import Reply, Skill, Talk, call
from ..turns import Json
from ..wishes import Wish
from ..words import has_cjk

LONGEST = 120


def remember(talk: Talk, wish: Wish) -> Skill | Reply:
    """Word for word what the shopper said, without "remember that"."""
    said = _said(wish.text)
    if not said or len(said) > LONGEST:
        return Reply(talk.say("remember_what"), done=True)
    return _remembered(talk, said)


def _remembered(talk: Talk, said: str) -> Skill:
    yield from call("remember_preference", said=said, kind=_kind(said))
    return Reply(talk.say("remembered", said=plain(said, LONGEST)))


def _said(text: str) -> str:
    spoken = language("zh" if has_cjk(text) else "en")
    around = spoken.any_of(spoken.remember_leads, before=r"^[\s,]*", after=r"[ ,:]*")
    behind = spoken.any_of(spoken.remember_tails, before=r"[ ,]*", after=r"[ .!]*$")
    low = text.lower()
    start = match.end() if (match := around.search(low)) else 0
    end = match.start() if (match := behind.search(low)) else len(text)
    return text[start:end].strip(" ,.!:") or text.strip(" ,.!:")


def _kind(said: str) -> str:
    """What it is about, by the first kind whose words it holds."""
    spoken = language("zh" if has_cjk(said) else "en")
    low = said.lower()
    return next((kind for kind, words in spoken.preference_kinds.items() if spoken.any_of(words).search(low)), "other")


def list_preferences(talk: Talk, wish: Wish) -> Skill:
    items = (yield from call("list_preferences")).get("items", [])
    return Reply(f"{talk.say('known')}\n{_lines(items)}" if items else talk.say("known_nothing"))


def _lines(items: list[Json]) -> str:
    return bullets([f"“{plain(item.get('said', ''), LONGEST)}”" for item in items[:20]])


def forget(talk: Talk, wish: Wish) -> Skill:
    """The one that is of the kind or holds the words said; what can't be told apart is shown."""
    items = (yield from call("list_preferences")).get("items", [])
    if not items:
        return Reply(talk.say("known_nothing"), done=True)
    kind = _kind(re.sub(r"^\W+", "", wish.text))
    chosen = closest(items, wish.words, lambda item: str(item.get("said", ""))) or [
        i for i in items if i.get("kind") == kind
    ]
    if len(chosen) > 1:
        chosen = [item for item in chosen if item.get("kind") == kind] or chosen
    if len(chosen) != 1:
        return Reply(f"{talk.say('forget_which')}\n{_lines(chosen or items)}", done=True)
    yield from call("forget_preference", preference=chosen[0]["preference"])
    return Reply(talk.say("forgotten", said=plain(chosen[0].get("said", ""), LONGEST)))


def forget_all(talk: Talk, wish: Wish) -> Skill:
    yield from call("forget_all_preferences")
    return Reply(talk.say("forgotten_all"))
