"""Looking closer: one product's details and several side by side."""

import re
from collections.abc import Generator

from ..references import name_text, named, pick, price_of, product_text
from ..replies import money, name_of, numbered, plain, price_range, product_line, product_lines, stock, variant_lines
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome
from ..understanding import describe
from ..wishes import Wish
from .finding import found, query_of

_PARTING = re.compile(r"(?<![a-z])(?:and|or|with|to|vs\.?|versus)(?![a-z])|[和跟与,]", re.I)


def details(talk: Talk, wish: Wish) -> Skill:
    candidates = shown_products(talk, wish)
    if not candidates and wish.words:
        view = yield from call("search_products", **query_of(talk, wish), limit=5)
        items = view.get("items", [])
        candidates = named(items, wish.words, name_text, product_text) or items
        if len(candidates) != 1 or view.get("matched") == "some_words":
            return found(talk, view, wish)
    if (wish.ordinals or wish.first) and not candidates:
        return Reply(talk.say("not_on_list"), done=True)
    if len(candidates) != 1:
        return _which(talk, candidates)
    view = yield from call("get_product", product=candidates[0]["product"])
    return Reply(described(talk, view))


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


def _which(talk: Talk, candidates: list[Json]) -> Reply:
    if not candidates:
        return Reply(talk.say("ask_what"), done=True)
    reply = talk.ask("details_which", "product", candidates, Wish("details"))
    return Reply(f"{reply.text}\n{product_lines(talk, candidates)}", reply.question)


def described(talk: Talk, product: Json) -> str:
    head = talk.say(
        "details", name=name_of(talk, product), price=price_range(talk, product), stock=stock(talk, product)
    )
    about = product.get("descriptions", {}).get(talk.language.code) or product.get("description", "")
    lines = [head, plain(about, 400)]
    if product.get("brand"):
        lines.append(talk.say("details_brand", brand=plain(product["brand"])))
    if len(product.get("variants", [])) > 1:
        lines += [talk.say("variants"), variant_lines(talk, product["variants"])]
    return "\n".join(line for line in lines if line)


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
    return products


def _each_searched(talk: Talk, wish: Wish) -> Generator[Call, Outcome, list[Json]]:
    """The best hit for each thing named: "the red mug and the blue mug" are two."""
    found: list[Json] = []
    for part in _PARTING.split(wish.text)[:3]:
        words = tuple(word for word in describe(part).words if word in wish.words)
        if words:
            view = yield from call("search_products", query=" ".join(words), limit=5)
            found += [p for p in view.get("items", []) if p not in found][: 1 if len(words) < len(wish.words) else 5]
    return found


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
