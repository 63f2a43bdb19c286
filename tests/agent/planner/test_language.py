"""The language files: complete, alike, and free of goods."""

import re
import string
from pathlib import Path

import pytest

import agent.planner
from agent.planner.lexicon import Code, language
from commerce.errors import all_refusals
from commerce.operation import Effect
from commerce.operations import CATALOG


def _holes(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_both_languages_have_the_same_replies_with_the_same_facts() -> None:
    english, chinese = language("en"), language("zh")
    assert english.replies.keys() == chinese.replies.keys()
    assert english.words.keys() == chinese.words.keys()
    for key, template in english.replies.items():
        assert _holes(template) == _holes(chinese.replies[key]), key


def test_chinese_has_a_sentence_for_every_refusal_with_facts_that_it_has() -> None:
    refusals, chinese = all_refusals(), language("zh").refusals
    assert refusals.keys() - chinese.keys() == set()
    for code, sentence in chinese.items():
        assert _holes(sentence) <= set(refusals[code].__annotations__), code


@pytest.mark.parametrize("code", ["en", "zh"])
def test_every_rule_compiles_and_says_something(code: Code) -> None:
    for rule, (intent, patterns) in zip(language(code).rules, language(code).compiled_rules, strict=True):
        assert patterns, rule
        assert intent == rule.means


def test_every_reply_is_used() -> None:
    folder = Path(agent.planner.__file__).parent
    source = "".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))
    built = ("payment_", "rejected_")
    unused = [
        key
        for key in language("en").replies
        if not key.startswith(built) and not re.search(rf"[\"']{key}[\"']", source)
    ]
    assert unused == []


def test_a_no_is_answered_whatever_was_asked() -> None:
    skills = Path(agent.planner.__file__).parent / "skills"
    source = "".join(file.read_text(encoding="utf-8") for file in skills.glob("*.py"))
    asked = {name for name in re.findall(r'decided\(talk, "(\w+)"', source) if CATALOG[name].effect is Effect.COMMIT}
    assert len(asked) >= 9
    for code in ("en", "zh"):
        replies = language(code).replies
        assert {name for name in asked if f"rejected_{name}" not in replies} == set(), code


def test_a_phrase_whose_bracket_goes_on_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing may follow the bracket"):
        language("en").pattern("confirm [the] [receipt|delivery]$")
