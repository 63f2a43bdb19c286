"""What the planner knows of a language: read once from `language/*.yaml`, checked, and compiled to patterns."""

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from .intents import Intent as Intent
from .notation import solid, spaced
from .words import CHINESE_NUMBER, has_cjk, tokens

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fast one where PyYAML was built with it."""
Code = Literal["en", "zh"]
CODES: tuple[Code, ...] = ("en", "zh")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Phrases(Strict):
    """Phrases in a small notation: `(a|b)` one of these, `[a|b]` one of these or nothing, `...` some words, `NUM` a number,
    `COUNTRY` a country's name.
    """

    anywhere: list[str] = []
    start: list[str] = []
    whole: list[str] = []


Topic = Literal["returns", "paying", "delivery", "prices", "data", "cancelling"]


class Rule(Phrases):
    """What some phrases mean. An `early` rule is tried on the whole clause, before codes, places and prices are taken out."""

    means: Intent
    early: bool = False


class Prices(Strict):
    under: list[str]
    over: list[str]
    around: list[str]
    purse: list[str]
    """Before what the shopper has to spend; only with a currency."""
    under_after: list[str] = []
    over_after: list[str] = []
    around_after: list[str] = []
    currency: list[str]


class Language(Strict):
    """One language: the phrases that it is understood by and the sentences that it is answered in."""

    code: Code
    spaced: bool
    rules: list[Rule]
    polite_start: list[str]
    polite_end: list[str]
    function_words: list[str]
    stop_words: list[str] = []
    """Words that never name goods; unlike function words, no slip is mended to one of them."""
    words_alone: list[str] = []
    """Function words only where they stand alone; they also begin or end other words."""
    noise: list[str]
    joints: list[str]
    parting: list[str] = []
    """Joints behind which something else to find is named."""
    listing: list[str] = []
    """Joints behind which it may be, where nothing speaks against it."""
    articles: list[str]
    numbers: dict[str, int]
    below_zero: list[str]
    shares: list[str]
    """A number for each of several things."""
    before_counts: list[str]
    """May stand before a number that opens a clause."""
    sort_tail: list[str]
    """Behind an order of the list: "cheapest first"."""
    counters: list[str]
    units: list[str]
    ordinals: dict[str, int]
    pronouns: list[str]
    all_of_them: list[str]
    prices: Prices
    in_stock: list[str]
    sold_out: list[str]
    adding: list[str]
    """Words that put something to what is there already."""
    closing: list[str]
    """Before an open quote, they go on to buy."""
    whether: list[str]
    """Asks whether or how something can be done, and is no request to do it."""
    reported: list[str]
    """Tells, in a whole message, what somebody else wants and the shopper does not."""
    hearsay: list[str]
    """Tells what somebody else said of the stock."""
    wondering: list[str]
    """Asks how things are done, and does none."""
    beside: list[str]
    """Behind what a question is about."""
    having: list[str]
    """Asks whether the shop has such goods at all."""
    approving: list[str]
    rejecting: list[str]
    """What is said of a request that waits."""
    of_the_cart: list[str]
    returning: list[str]
    """Sends something back, and does not ask whether that can be done."""
    adding_on: list[str]
    """Opens what comes on top of what was just added."""
    undecided: list[str]
    unpaid: list[str]
    hidden: list[str]
    single: list[str]
    counting: list[str]
    """Asks how many there are."""
    seeking: list[str]
    """Asks for goods, and not of goods."""
    taking: list[str]
    """Said of a thing that was shown, they take it."""
    goods_leads: list[str]
    """In a long sentence, behind the last of these the goods are named."""
    goods: list[str]
    """All that the shop sells, whatever it is."""
    free_shipping: list[str]
    fillers: list[str]
    """May stand before a retraction."""
    retractions: list[str]
    """Said in the middle of a message, they take back what came before: "no wait"."""
    pauses: list[str]
    """The same, but only behind a comma, a dash or a full stop: "actually"."""
    chatter: list[str]
    """Says nothing, wherever it stands."""
    insults: list[str]
    excluded: list[str]
    """Templates: what stands at WHAT is not wanted."""
    rule_topics: dict[Topic, list[str]]
    """What a question about the shop's rules, and a rule, may be about."""
    sellers: list[str]
    """Templates: what stands at WHO may be a merchant's name."""
    swaps: list[str]
    """Templates: NEW instead of OLD."""
    purposes: list[str]
    """For whom something is meant; nothing to search by."""
    sorts: dict[Literal["price_asc", "price_desc", "newest", "best_selling"], list[str]]
    comparisons: dict[Literal["cheaper", "dearer", "bigger", "smaller"], list[str]]
    periods: dict[
        Literal["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_year"], list[str]
    ]
    """Of which sales figures are asked for; the first that fits counts."""
    last_days: list[str]
    """The same, as so many days, weeks or months up to now."""
    around_times: list[str]
    """What else stands in a clause that only names a time."""
    sold_best: list[str]
    """Asks a merchant's question of what sells, beside the sort `best_selling`."""
    coupon_leads: list[str]
    coupon_words: list[str]
    order_words: list[str]
    address_lead: list[str]
    fast_words: list[str]
    there: list[str]
    """Points at a place spoken of before."""
    choosing_tails: list[str]
    """Behind a thing that is pointed at, they take it."""
    size_words: dict[Literal["bigger", "smaller"], list[str]]
    """Said of one of several sizes, whatever they are called."""
    delivery_lead: list[str]
    payment_lead: list[str]
    reason_lead: list[str]
    usual: list[str]
    """Of a card or an address: the one that is always taken."""
    other_one: list[str]
    """Not the one that comes first."""
    as_default: list[str]
    not_restocked: list[str]
    """Of what comes back: it can't be sold again."""
    sellable: list[str]
    """Of what is not sent: it can be sold again."""
    totals: list[str]
    """Asks what it all costs."""
    keeping: list[str]
    """What is not to be sent back."""
    name_leads: list[str]
    """Before how the shopper wants to be called."""
    gift_card_named: list[str]
    gift_cards: list[str]
    """Paying by gift card."""
    tracking_lead: list[str]
    carriers: list[str]
    """Who carries parcels, as they are written."""
    preference_kinds: dict[Literal["dislike", "budget", "size", "address", "like"], list[str]]
    """The words by which something to remember is of a kind; the first that fits counts."""
    durations: dict[str, int] = {}
    """Days that a time lasts, by a pattern of its name."""
    correcting: list[str] = []
    """Says that another look was meant than that of what was just added."""
    besides: list[str] = []
    """Says that it comes on top."""
    of_each: list[str] = []
    """So many of all looks of a thing."""
    slow_words: list[str] = []
    own_size: list[str]
    """The size that the shopper always takes."""
    of_oneself: list[str]
    remember_leads: list[str]
    remember_tails: list[str]
    """Around what shall be remembered."""
    slot_ends: list[str]
    instead_of: list[str]
    """Behind these stands what is not meant."""
    find: str
    """The plainest verb for finding something."""
    ones: list[str]
    """Stands for a thing named before: "a blue one"."""
    definite: list[str]
    """Before a thing that both know of."""
    that_one: list[str]
    """Points at a thing that was shown: "the blue one"."""
    size_names: dict[str, str]
    sizes: list[str] = []
    paraphrases: dict[str, str] = {}
    """Said in many words for what the shop has one for."""
    borrowed: dict[str, str] = {}
    """Words of the other language that are mixed in, as patterns, and what they are in this one."""
    same_as: dict[str, str] = {}
    """Words that the shop's own texts write otherwise, such as units."""
    places: dict[str, str] = {}
    cities: dict[str, str] = {}
    """The same of towns: they may be of one's own addresses too, so only what is asked of delivery means them."""
    countries: dict[str, str] = {}
    """Names of countries and regions, and what the shop calls them: `CA`, or `US AK`."""
    examples: dict[str, list[str]]
    """Two things that can be said next, by what was shown last."""
    notices: dict[str, str] = {}
    """The shop's remarks by code, where its own sentence is in another language."""
    replies: dict[str, str]
    words: dict[str, str]
    refusals: dict[str, str]

    @field_validator("function_words", "stop_words", "words_alone", mode="before")
    @classmethod
    def _split(cls, words: object) -> object:
        return words.split() if isinstance(words, str) else words

    def __hash__(self) -> int:
        return hash(self.code)

    def pattern(self, phrase: str) -> str:
        whole = (spaced(phrase) if self.spaced else solid(phrase)).replace("NUM", self._any_number)
        return whole.replace("COUNTRY", any_country()) if "COUNTRY" in whole else whole

    @cached_property
    def _any_number(self) -> str:
        return rf"(?:\d+|{self.number_words})"

    @cached_property
    def number_words(self) -> str:
        """Names of numbers as a pattern, the longest first."""
        names = "|".join(sorted(self.numbers, key=len, reverse=True))
        return names if self.spaced else f"{names}|{CHINESE_NUMBER}"

    def any_of(self, phrases: list[str], before: str = "", after: str = "") -> re.Pattern[str]:
        """One pattern for all phrases, at word borders where the language has them."""
        longest_first = sorted(phrases, key=len, reverse=True)
        body = "|".join(self.pattern(p) for p in longest_first) or r"(?!)"
        left, right = (r"(?<![a-z0-9'])", r"(?:(?<= )|(?![a-z0-9'-]))") if self.spaced else ("", "")
        return re.compile(f"{before}{left}(?:{body}){right}{after}")

    @cached_property
    def shorter(self) -> list[tuple[re.Pattern[str], str]]:
        return [(re.compile(self.any_of([said]).pattern, re.I), word) for said, word in self.paraphrases.items()]

    @cached_property
    def compiled_rules(self) -> list[tuple[Intent, list[re.Pattern[str]]]]:
        return [(rule.means, self._compiled(rule)) for rule in self.rules]

    @cached_property
    def early_rules(self) -> list[tuple[Intent, list[re.Pattern[str]]]]:
        both = zip(self.rules, self.compiled_rules, strict=True)
        return [compiled for rule, compiled in both if rule.early]

    @cached_property
    def templates(self) -> dict[str, list[re.Pattern[str]]]:
        """Phrases with capital holes, each hole as a group of its name."""
        return {name: [self._template(p) for p in getattr(self, name)] for name in ("excluded", "sellers", "swaps")}

    def _template(self, phrase: str) -> re.Pattern[str]:
        body = self.pattern(phrase)
        for hole in ("WHAT", "WHO", "OLD", "NEW"):
            body = re.sub(rf"(?<!P<){hole}", f"(?P<{hole}>.+?)", body)
        left, right = (r"(?<![a-z0-9'-])", r"(?![a-z0-9'-])") if self.spaced else ("", "")
        return re.compile(f"{left}{body}{right}")

    def _compiled(self, rule: Rule) -> list[re.Pattern[str]]:
        kinds = ((rule.whole, "^", "$"), (rule.start, "^", ""), (rule.anywhere, "", ""))
        return [self.any_of(phrases, before, after) for phrases, before, after in kinds if phrases]

    @cached_property
    def vocabulary(self) -> dict[tuple[str, int], list[str]]:
        """The words of the rules, by first letter and length, for mending typing slips."""
        phrases = (p for rule in self.rules for p in [*rule.anywhere, *rule.start, *rule.whole])
        found = {word for phrase in phrases for word in tokens(phrase) if len(word) >= 4 and word.isascii()}
        by_shape: dict[tuple[str, int], list[str]] = {}
        for word in sorted(found | {word for word in [*self.function_words, *self.ordinals] if len(word) >= 4}):
            by_shape.setdefault((word[0], len(word)), []).append(word)
        return by_shape


@lru_cache
def any_country() -> str:
    """Their names in all languages, the longest first; what may be a pronoun is none."""
    names = {name for code in CODES for name in _read(code)["countries"] if name != "us"}
    latin = "|".join(sorted((name for name in names if not has_cjk(name)), key=len, reverse=True))
    chinese = "|".join(sorted((name for name in names if has_cjk(name)), key=len, reverse=True))
    return rf"(?:(?<![a-z])(?:{latin})(?![a-z])|{chinese})"


@lru_cache
def _read(code: Code) -> dict[str, Any]:
    path = Path(__file__).parent / "language" / f"{code}.yaml"
    read: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 (both are safe loaders)
    return read


@lru_cache
def language(code: Code) -> Language:
    return Language.model_validate(_read(code))
