"""From a wish to one variant: which product, which of its variants, and the question when that is open."""

from collections.abc import Generator
from dataclasses import replace

from ..lexicon import CODES, language
from ..memory import Question
from ..references import extreme, item_text, name_text, named, pick, price_of, product_text, variant_text
from ..replies import minor, name_of, product_lines, variant_lines
from ..talk import Call, Reply, Talk, call
from ..turns import Json, Outcome
from ..wishes import Wish
from ..words import has_cjk, likeness, tokens
from .details import best_of_search, shown_products
from .finding import query_of

Choosing = Generator[Call, Outcome, "list[tuple[Json, Json]] | Reply"]
"""Products, each with its variant; or what to ask."""


def choose(talk: Talk, wish: Wish) -> Choosing:
    """What to put into the cart, from what was shown or else from a search."""
    if wish.skus:
        return [(talk.memory.product_of(sku) or {}, {"sku": sku}) for sku in wish.skus]
    products = _pointed_at(talk, wish)
    if isinstance(products, Reply):
        return products
    if wish.words and not products:
        searched = yield from _searched(talk, wish)
        if isinstance(searched, Reply):
            return searched
        products = searched
    if not products:
        return Reply(talk.say("add_what"), done=True)
    if len(products) > 1 and wish.that_one and not wish.everything:
        products = best_of_search(talk, products)
    several = len(wish.ordinals) > 1 or wish.first > 1 or wish.everything
    if len(products) > 1 and not several:
        return which_product(talk, wish, products)
    return _variants(talk, wish, products)


def _pointed_at(talk: Talk, wish: Wish) -> list[Json] | Reply:
    """Those of the products shown that are meant; none where they are still to be looked for."""
    products = [] if wish.before else shown_products(talk, wish) or shown_products(talk, _sizeless(wish))
    if wish.sort and not wish.words and not products:
        products = extreme(talk.memory.listed, wish)
    beyond = any(abs(at) > len(talk.memory.listed) for at in wish.ordinals) and len(wish.ordinals) > len(products)
    if ((wish.ordinals or wish.first) and not products) or beyond:
        return Reply(talk.say("not_on_list"), done=True)
    if not wish.words or products or wish.before:
        return products
    products = [p for p in talk.memory.listed if _has_such(p, wish)]
    if not products and all(map(talk.goods.is_look, wish.words)):
        products = _lately(talk, wish)
        if not products and wish.intent != "add":
            return Reply(talk.say("add_what"), done=True)
    return products


def _lately(talk: Talk, wish: Wish) -> list[Json]:
    """ "The silver one then": the product spoken of last that comes like that, however long ago the list was."""
    lately = [*([talk.memory.focus] if talk.memory.focus else []), *reversed(talk.memory.products.values())]
    return [product for product in lately if _has_such(product, wish)][:1]


def _searched(talk: Talk, wish: Wish) -> Generator[Call, Outcome, list[Json] | Reply]:
    """The one product that the words name, or the question which."""
    if wish.before and (meant := (yield from _meant_before(talk, wish))):
        return [meant]
    view = yield from call("search_products", **query_of(talk, wish), limit=5)
    items = view.get("items", [])
    if not items:
        return Reply(talk.say("found_nothing", query=" ".join(wish.words)), done=True)
    exact = _exact(items, wish, view)
    narrowed = extreme(exact, wish) or exact
    if len(narrowed) == 1:
        return narrowed
    return which_product(talk, wish, exact or items, exact=bool(exact))


def _sizeless(wish: Wish) -> Wish:
    """Without "large" and the like, which may be no variant's own word."""
    sizes = {word for code in CODES for words in language(code).size_words.values() for word in words}
    return replace(wish, words=tuple(word for word in wish.words if word not in sizes))


def _exact(items: list[Json], wish: Wish, view: Json) -> list[Json]:
    """Those that the words name; where the shop put the words right, all that it found."""
    if sure := named(items, wish.words, name_text, product_text):
        return sure
    plain = _sizeless(wish).words
    if plain and plain != wish.words and (sure := named(items, plain, name_text, product_text)):
        return sure
    return [] if view.get("matched") == "some_words" else items


def _meant_before(talk: Talk, wish: Wish) -> Generator[Call, Outcome, Json | None]:
    """ "Two red ones, no, green": a variant of what was named before it was taken back."""
    view = yield from call("search_products", query=" ".join(wish.before), limit=5)
    items = [p for p in view.get("items", []) if named(p.get("variants", []), wish.words, variant_text)]
    return items[0] if items and view.get("matched") != "some_words" else None


def which_product(talk: Talk, wish: Wish, products: list[Json], exact: bool = True) -> Reply:
    key = "which_product" if exact else "which_product_some"
    reply = talk.ask(key, "product", products[:5], wish, query=" ".join(wish.words))
    return Reply(f"{reply.text}\n{product_lines(talk, products)}", reply.question)


def _variants(talk: Talk, wish: Wish, products: list[Json]) -> list[tuple[Json, Json]] | Reply:
    chosen = []
    for product in products:
        variant = (
            variant_of(product, wish)
            or _spoken_of(talk, product, wish)
            or _like_the_touched(talk, product, wish)
            or variant_of(product, _as_searched(talk, product, wish))
        )
        if variant is None:
            return which_variant(talk, wish, product)
        chosen.append((product, variant))
    return chosen


def _spoken_of(talk: Talk, product: Json, wish: Wish) -> Json | None:
    """The variant that was just asked about or pointed at, where nothing said tells another."""
    told = any(_fits(variant, word) for variant in product.get("variants", []) for word in wish.words)
    spoken = [v for v in product.get("variants", []) if v.get("sku") == talk.memory.spoken]
    return spoken[0] if spoken and not told else None


def _like_the_touched(talk: Talk, product: Json, wish: Wish) -> Json | None:
    """ "And a blue one": else like the one that was just added."""
    variants = product.get("variants", [])
    held = [v for v in variants if v.get("sku") == talk.memory.touched]
    if not held or not wish.one:
        return None
    alike = [v for v in _told_apart(variants, wish) if _differences(v, held[0]) == 1]
    return alike[0] if len(alike) == 1 else None


def _differences(variant: Json, other: Json) -> int:
    values = other.get("attributes", {})
    return sum(values.get(name) != value for name, value in variant.get("attributes", {}).items())


def _as_searched(talk: Talk, product: Json, wish: Wish) -> Wish:
    """ "The silver one", where what was searched for says the size."""
    said = wish.words
    for word in tokens(str(talk.memory.search.get("query", ""))):
        fitting = _told_apart(product.get("variants", []), replace(wish, words=(*said, word)))
        said = (*said, word) if fitting else said
    return replace(wish, words=said)


def variant_of(product: Json, wish: Wish) -> Json | None:
    """The variant that the words decide, else the only one there is or the only one in stock."""
    variants = _affordable(product.get("variants", []), wish)
    if by_sku := [v for v in variants if v.get("sku") in wish.skus]:
        return by_sku[0]
    fitting = _told_apart(variants, wish)
    fitting = _by_size(fitting, wish) or fitting
    buyable = [v for v in fitting if int(v.get("available", 0)) > 0]
    if len(fitting) == 1:
        return fitting[0]
    return buyable[0] if len(buyable) == 1 else None


def _affordable(variants: list[Json], wish: Wish) -> list[Json]:
    """Within the limits said, where any is."""
    within = [v for v in variants if _within(v, wish)]
    return within or variants


def _within(variant: Json, wish: Wish) -> bool:
    price, currency = price_of(variant), str(variant.get("price", {}).get("currency", ""))
    low, high = minor(wish.min_price, currency), minor(wish.max_price, currency)
    return (low is None or price >= low) and (high is None or price <= high)


def names_a_variant(talk: Talk, wish: Wish) -> bool:
    """ "The merino in grey, medium": of several variants, the one."""
    fitting = named(talk.memory.listed, wish.words, product_text) if talk.memory.shown == "products" else []
    return len(fitting) == 1 and len(fitting[0].get("variants", [])) > 1 and variant_of(fitting[0], wish) is not None


def takes_what_is_shown(talk: Talk, wish: Wish) -> bool:
    """ "I'd like 100 g of the jasmine": whether it says which of the things shown, and which of its variants."""
    memory = talk.memory
    if memory.shown not in ("products", "product", "cart") or not wish.words or wish.limited or wish.sort:
        return False
    focus = [memory.focus] if memory.focus else []
    if focus and named(focus[0].get("variants", []), wish.words, variant_text):
        return variant_of(focus[0], wish) is not None
    around = [*focus, *(p for p in memory.listed if p not in focus)]
    fitting = named(around, wish.words, product_text) if wish.definite or wish.one else []
    return len(fitting) == 1 and variant_of(fitting[0], wish) is not None


def _by_size(variants: list[Json], wish: Wish) -> list[Json]:
    """By what was compared, or by a word for size that none of them has."""
    untold = [word for word in wish.words if not any(_fits(v, word) for v in variants)]
    said = [how for code in CODES for how, words in language(code).size_words.items() if set(words) & set(untold)]
    comparison = wish.comparison or (said[0] if said else "")
    return (
        extreme(variants, replace(wish, sort="", comparison=comparison)) if comparison in ("bigger", "smaller") else []
    )


def which_variant(talk: Talk, wish: Wish, product: Json, sold_out: bool = False) -> Reply:
    """`sold_out`: the question is which of those that are gone."""
    if not sold_out and not any(int(v.get("available", 0)) > 0 for v in product.get("variants", [])):
        return Reply(talk.say("product_sold_out", name=name_of(talk, product)), done=True)
    options = [v | {"of": product.get("product")} for v in _fitting(product, wish)]
    reply = talk.ask("which_variant", "variant", options, wish, name=name_of(talk, product))
    return Reply(f"{reply.text}\n{variant_lines(talk, options)}", reply.question)


def _fitting(product: Json, wish: Wish) -> list[Json]:
    return _told_apart(product.get("variants", []), wish)


def _has_such(product: Json, wish: Wish) -> bool:
    return any(all(_fits(variant, word) for word in wish.words) for variant in product.get("variants", []))


def _told_apart(variants: list[Json], wish: Wish) -> list[Json]:
    """Those that all words fit which tell variants apart; Chinese words are written in one with what they describe."""
    telling = [word for word in _parted(wish.words, variants) if any(_fits(v, word) for v in variants)]
    return [v for v in variants if all(_fits(v, word) for word in telling)]


def _parted(words: tuple[str, ...], variants: list[Json]) -> list[str]:
    """Chinese writes "grey medium" in one: the values of variants that a word holds stand for it."""
    known = {part for v in variants for part in variant_text(v).split() if has_cjk(part) and len(part) > 1}
    parted: list[str] = []
    for word in words:
        held = sorted(part for part in known if part in word) if has_cjk(word) else []
        parted += held if len(held) > 1 else [word]
    return parted


def _fits(variant: Json, word: str) -> bool:
    if likeness(variant_text(variant), (word,)) >= 0.99:
        return True
    labels = [str(value) for named_ in variant.get("labels", {}).values() for value in named_.values()]
    return has_cjk(word) and any(len(value) > 1 and value in word for value in labels)


_ANSWERS = ("bare", "add", "want", "buy", "details", "refine", "search", "change")
_TEXTS = {"variant": (variant_text,), "product": (name_text, product_text), "item": (item_text,)}


def answered(question: Question, wish: Wish) -> list[Wish] | None:
    """The waiting wish with the answer in it, when the new wish answers; else nothing."""
    if question.wish is None or question.about not in _TEXTS or wish.intent not in _ANSWERS:
        return None
    if _recounted(question, wish):
        return [replace(question.wish, quantity=wish.quantity), *question.rest]
    chosen = pick(question.options, as_position(wish, len(question.options)), *_TEXTS[question.about])
    if question.about == "variant" and 1 < len(chosen) < len(question.options):
        return [_closer(question.wish, wish, chosen), *question.rest]
    if len(chosen) != 1:
        return None
    said = wish.quantity if wish.words or wish.ordinals else None
    quantity = question.wish.quantity or said
    if sku := chosen[0].get("sku"):
        settled = replace(question.wish, skus=(str(sku),), words=(), ordinals=(), quantity=quantity)
    else:
        words = wish.words + question.wish.words
        settled = replace(
            question.wish, product=str(chosen[0].get("product")), words=words, ordinals=(), sort="", quantity=quantity
        )
    return [settled, *question.rest]


def _recounted(question: Question, wish: Wish) -> bool:
    """ "Two please" or "make it two", while the question is which one: a number of pieces, not a position."""
    if wish.quantity is None or wish.words or wish.ordinals or wish.comparison or question.about == "item":
        return False
    a_position = wish.text.strip(" .#()").isdigit() and wish.intent == "bare"
    return not a_position and wish.quantity <= len(question.options) + 10


def _closer(waiting: Wish, answer: Wish, options: list[Json]) -> Wish:
    """An answer that leaves several variants: the next question names only those."""
    return replace(waiting, product=str(options[0].get("of")), words=waiting.words + answer.words, ordinals=())


def as_position(wish: Wish, options: int) -> Wish:
    """A mere "2" is the second option; a number beyond the options is a word of what is meant."""
    if wish.quantity is None or wish.quantity < 1 or wish.words or wish.comparison or wish.ordinals:
        return wish
    if wish.quantity > options:
        return replace(wish, words=(str(wish.quantity),))
    return replace(wish, ordinals=(wish.quantity,))
