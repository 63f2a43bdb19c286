"""Looking closer: one product's details, a question about it, and several side by side."""

import re
from collections.abc import Generator
from dataclasses import replace

from ..questions import asked
from ..reading import describe
from ..references import at_positions, closest, name_said, name_text, named, pick, price_of, product_text, variant_text
from ..replies import (
    money,
    name_of,
    numbered,
    plain,
    price_range,
    product_line,
    product_lines,
    stock,
    variant_line,
    variant_lines,
)
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome
from ..wishes import Wish
from ..words import has_cjk, likeness, tokens
from .finding import found, query_of

_PARTING = re.compile(r"(?<![a-z])(?:and|or|with|to|vs\.?|versus)(?![a-z])|[和跟与,]", re.I)
_OR = re.compile(r"(?<![a-z])(?:or|vs\.?|versus)(?![a-z])|还是", re.I)
"""These part what is compared surely; "and" may stand in a name."""
_SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]?")
_FITS = 0.5
"""Part of the words that must name a product; the others ask something of it."""

_TOLD = 0.4
"""Part of the words that the texts of the product looked at must hold, for a question to be about it."""
Found = Generator[Call, Outcome, "Json | Reply"]


def details(talk: Talk, wish: Wish) -> Skill:
    product = yield from the_product(talk, wish)
    if isinstance(product, Reply):
        return product
    meant = [v for v in product.get("variants", []) if v.get("sku") in wish.skus and len(product["variants"]) > 1]
    lines = [f"{name_of(talk, product)}: {variant_line(talk, variant)}" for variant in meant]
    return Reply("\n".join([*lines, described(talk, product, _asked(product, wish))]))


def the_product(talk: Talk, wish: Wish) -> Found:
    """The product meant, whole; or what to say when that is open."""
    wish = _without_remarks(talk, wish)
    candidates = [] if _never_shown(talk, wish) else _candidates(talk, wish)
    if not candidates and (wish.words or wish.skus):
        query = query_of(talk, _by_its_name(talk, wish)) if wish.words else {"query": " ".join(wish.skus[:1])}
        view = yield from call("search_products", **query, limit=5)
        items = view.get("items", [])
        whole = [item for item in items if _said_whole(item, wish)]
        candidates = _with_sku(items, wish) or whole or named(items, wish.words, name_text) or _by_name(items, wish)
        if len(candidates) != 1:
            return found(talk, view, wish)
    if (wish.ordinals or wish.first) and not candidates:
        return Reply(talk.say("not_on_list"), done=True)
    if len(candidates) != 1:
        return _which(talk, candidates, wish)
    product = yield from call("get_product", product=candidates[0]["product"])
    talk.memory.spoken = wish.skus[0] if wish.skus else _spoken_of(product, wish)
    return product


def _without_remarks(talk: Talk, wish: Wish) -> Wish:
    """ "The ribbed stoneware ones sound lovely": what asks nothing, without the words that name nothing."""
    naming = tuple(word for word in wish.words if talk.goods.holds(word))
    return replace(wish, words=naming) if len(naming) > 1 and not asked(talk, wish) else wish


def _never_shown(talk: Talk, wish: Wish) -> bool:
    """Whether it names a thing with more words than any product shown holds."""
    naming = tuple(word for word in wish.words if talk.goods.holds(word))
    asked_of_it = asked(talk, wish) and (talk.memory.focus is not None or wish.points or wish.definite)
    if asked_of_it or (wish.points and not naming) or wish.skus or wish.product:
        return False
    shown = [_texts(product) for product in talk.memory.products.values()]
    strange = [word for word in naming if not any(likeness(text, (word,)) >= 1 for text in shown)]
    return bool(strange) and any(map(talk.goods.is_thing, strange))


def _spoken_of(product: Json, wish: Wish) -> str:
    """The variant that its looks tell, where they tell one."""
    telling = tuple(w for w in wish.words if any(likeness(variant_text(v), (w,)) >= 1 for v in product["variants"]))
    told = named(product["variants"], telling, variant_text) if telling else []
    return str(told[0]["sku"]) if len(told) == 1 else ""


def _by_its_name(talk: Talk, wish: Wish) -> Wish:
    """What Chinese writes in one with a name asks of the thing, and does not find it: 铸铁平底煎锅电磁炉."""
    called = tuple(word for word in talk.goods.named_in(wish.text) if has_cjk(word))
    fused = any(name in word and name != word for name in called for word in wish.words)
    return replace(wish, words=called) if fused else wish


def _with_sku(items: list[Json], wish: Wish) -> list[Json]:
    return [item for item in items if any(v.get("sku") in wish.skus for v in item.get("variants", []))]


def _by_name(items: list[Json], wish: Wish) -> list[Json]:
    """The one whose name is said the most; with one word, all that were found."""
    if len(wish.words) < 2:
        return items
    scored = [(name_said(item, wish.words), item) for item in items]
    best = max((score for score, _ in scored), default=0.0)
    return [item for score, item in scored if score == best >= _FITS]


def _candidates(talk: Talk, wish: Wish) -> list[Json]:
    """Among what was shown: by place, by name, or the one looked at, whatever is asked of it."""
    memory = talk.memory
    if wish.skus and not memory.product_of(wish.skus[0]):
        return []
    if (wish.ordinals or wish.first or wish.last) and (placed := at_positions(memory.listed, wish)):
        return placed
    if sure := shown_products(talk, wish):
        return sure
    looked_at = [memory.focus] if memory.focus else []
    if wish.that_one and not wish.words and memory.focus in memory.listed and len(memory.listed) == 2:
        return [product for product in memory.listed if product != memory.focus]
    around = [*looked_at, *(p for p in memory.listed if p not in looked_at)]
    near = _nearest(talk, around, wish) if wish.that_one else _by_name(around, wish)
    if near and (wish.that_one or len(wish.words) > 1):
        return near[:1] if memory.focus in near else near
    if wish.pronoun and not looked_at and (best := best_of_search(talk, memory.listed)):
        return best
    told = [p for p in looked_at if likeness(_texts(p), wish.words) >= _TOLD]
    if asked(talk, wish) and not (told or wish.pronoun or names_others(talk, wish)):
        likest = [] if talk.goods.named_in(wish.text) else best_of_search(talk, memory.listed)
        return looked_at or closest(around, wish.words, product_text, least=0.3) or likest
    return looked_at if wish.pronoun else told


def names_others(talk: Talk, wish: Wish) -> bool:
    """Whether a question is about a thing that none of those shown is; what it is to go into or beside does not count."""
    said = talk.language.any_of(talk.language.beside).sub(" ", wish.text.lower())
    shown = [product_text(p) for p in [*talk.memory.listed, *([talk.memory.focus] if talk.memory.focus else [])]]
    return any(not any(likeness(text, (thing,)) >= 1 for text in shown) for thing in talk.goods.things_in(said))


def _nearest(talk: Talk, products: list[Json], wish: Wish) -> list[Json]:
    """Those that hold most of the words; between equals, what was searched for decides."""
    near = closest(products, wish.words, product_text)
    return near if len(near) < 2 else best_of_search(talk, near)


def best_of_search(talk: Talk, products: list[Json]) -> list[Json]:
    """Those whose names hold most of what was searched for."""
    return closest(products, tuple(tokens(str(talk.memory.search.get("query", "")))), name_text) or products


def _texts(product: Json) -> str:
    texts = [product_text(product), product.get("description"), *product.get("descriptions", {}).values()]
    return " ".join(map(str, texts))


def shown_products(talk: Talk, wish: Wish) -> list[Json]:
    """What the wish points at among the products shown; by default the one looked at."""
    memory = talk.memory
    if wish.product in memory.products:
        return [memory.products[wish.product]]
    if wish.skus and (product := memory.product_of(wish.skus[0])):
        return [product]
    chosen = pick(memory.listed, wish, name_text, product_text)
    if (
        memory.focus
        and (not chosen or len(chosen) > 1)
        and wish.words
        and named([memory.focus], wish.words, name_text, product_text)
    ):
        return [memory.focus]
    if not chosen and wish.words:
        chosen = named(list(memory.products.values()), wish.words, name_text, product_text)
    if chosen or wish.words or wish.ordinals or wish.first:
        return chosen
    return [memory.focus] if memory.focus else memory.listed


def _which(talk: Talk, candidates: list[Json], wish: Wish) -> Reply:
    if not candidates:
        return Reply(talk.say("ask_what"), done=True)
    reply = talk.ask("details_which", "product", candidates, Wish("details", wish.text, pronoun=True))
    return Reply(f"{reply.text}\n{product_lines(talk, candidates)}", reply.question)


def _asked(product: Json, wish: Wish) -> tuple[str, ...]:
    """The words of a question that are not its name or one of its variants."""
    return tuple(word for word in wish.words if likeness(product_text(product), (word,)) < 1)


def described(talk: Talk, product: Json, asked: tuple[str, ...] = ()) -> str:
    head = talk.say(
        "details", name=name_of(talk, product), price=price_range(talk, product), stock=stock(talk, product)
    )
    about = product.get("descriptions", {}).get(talk.language.code) or product.get("description", "")
    lines = [*_answer(talk, about, asked), head, plain(about, 400)]
    if product.get("brand"):
        lines.append(talk.say("details_brand", brand=plain(product["brand"])))
    if len(product.get("variants", [])) > 1:
        lines += [talk.say("variants"), variant_lines(talk, product["variants"])]
    return "\n".join(line for line in lines if line)


def _answer(talk: Talk, about: str, asked: tuple[str, ...]) -> list[str]:
    """The sentence of the description that holds most of what is asked, or that it says nothing of it."""
    if not asked:
        return []
    sentences = [{"text": sentence} for sentence in _SENTENCE.findall(about)]
    telling = closest(sentences, asked, lambda sentence: str(sentence["text"]))
    if not telling:
        return [talk.say("not_told", words=" ".join(asked))]
    return [talk.say("told", sentence=plain(telling[0]["text"], 300))]


def compare(talk: Talk, wish: Wish) -> Skill:
    products = yield from _compared(talk, wish)
    if len(products) < 2:
        return Reply(talk.say("compare_which"))
    lines = [product_line(talk, p) + _essence(talk, p) for p in products[:5]]
    return Reply(f"{talk.say('compared')}\n{numbered(lines)}\n{_verdict(talk, products[:5], wish)}")


def _compared(talk: Talk, wish: Wish) -> Generator[Call, Outcome, list[Json]]:
    memory = talk.memory
    whole = Wish("compare", words=wish.words, ordinals=wish.ordinals, first=wish.first)
    products = pick(memory.listed, whole, name_text, product_text) or (memory.listed if not wish.words else [])
    if len(products) < 2 and wish.words:
        products = yield from _each_searched(talk, wish)
        if len(products) > 1 and all(_said_whole(product, wish) for product in products):
            return (yield from _each_read(products))
    return products


def _said_whole(product: Json, wish: Wish) -> bool:
    """Whether its Chinese name stands in the message from end to end."""
    return any(has_cjk(str(name)) and str(name) in wish.text for name in product.get("names", {}).values())


def _each_read(products: list[Json]) -> Generator[Call, Outcome, list[Json]]:
    whole: list[Json] = []
    for product in products:
        read = yield from call("get_product", product=product["product"])
        whole.append(read)
    return whole


def _each_searched(talk: Talk, wish: Wish) -> Generator[Call, Outcome, list[Json]]:
    """The best hit for each thing named: "the red mug and the blue mug" are two."""
    found: list[Json] = []
    parting = _OR if _OR.search(wish.text) else _PARTING
    for part in parting.split(wish.text)[:3]:
        words = talk.goods.named_in(part) or _words_in(part, wish)
        if words and (shown := named(talk.memory.listed, words, name_text, product_text)):
            found += [p for p in shown[:1] if p not in found]
        elif words:
            view = yield from call("search_products", query=" ".join(words), limit=5)
            found += [p for p in view.get("items", []) if p not in found][: 1 if len(words) < len(wish.words) else 5]
    return found


def _words_in(part: str, wish: Wish) -> tuple[str, ...]:
    """Those of the wish that stand in this part; Chinese ones as the wish has them, freed of what is asked."""
    if has_cjk(part):
        return tuple(word for whole in wish.words for word in _PARTING.split(whole) if word and word in part)
    return tuple(word for word in describe(part).words if any(w in word or word in w for w in wish.words))


def _essence(talk: Talk, product: Json) -> str:
    about = product.get("descriptions", {}).get(talk.language.code) or product.get("description", "")
    return f"\n   {plain(about, 120)}" if about else ""


def _verdict(talk: Talk, products: list[Json], wish: Wish) -> str:
    low, high = min(products, key=price_of), max(products, key=price_of)
    if price_of(low) == price_of(high):
        return talk.say("same_price")
    dearest = wish.comparison == "dearer" or wish.sort == "price_desc"
    chosen = high if dearest else low
    return talk.say(
        "dearest_is" if dearest else "cheapest_is", name=name_of(talk, chosen), price=money(chosen.get("price"))
    )
