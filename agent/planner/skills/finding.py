"""Finding products: search, the next page, the same but different, and what there is at all."""

from collections.abc import Generator
from dataclasses import replace

from ..likings import disliked, without
from ..reading import describe
from ..references import at_positions, named, price_of, variant_text
from ..replies import LINES, minor, name_of, numbered, plain, product_lines, variant_lines
from ..talk import Asking, Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome
from ..wishes import Wish
from ..words import has_cjk, stem, tokens
from .sifting import no_such, told_by_variants


def search(talk: Talk, wish: Wish) -> Skill:
    if category := _category(talk, wish):
        view = yield from _run(talk, wish, _filters(talk, wish) | {"category": category})
        return found(talk, view, wish)
    wish, merchant = yield from _sold_by(talk, wish)
    if not wish.words and not wish.filtered and not merchant:
        return Reply(talk.say("ask_what"))
    if not wish.words and talk.memory.search and not merchant:
        return (yield from refine(talk, wish))
    view = yield from _run(talk, wish, query_of(talk, wish) | {"merchant": merchant})
    return found(talk, view, wish)


def _category(talk: Talk, wish: Wish) -> str:
    """A category just listed, by position or name."""
    if talk.memory.shown != "categories":
        return ""
    shown = talk.memory.categories
    chosen = at_positions(shown, wish) or named(
        shown, wish.words, lambda c: f"{c.get('name')} {c.get('names')} {c.get('category')}"
    )
    return str(chosen[0]["category"]) if len(chosen) == 1 else ""


def _sold_by(talk: Talk, wish: Wish) -> Generator[Call, Outcome, tuple[Wish, str]]:
    """The wish with its merchant; where there is none of that name, its words are searched like any others."""
    if not wish.seller:
        return wish, ""
    said = describe(wish.seller).words
    merchants = talk.memory.merchants or (yield from call("list_merchants")).get("items", [])
    known = named(merchants, said, lambda m: f"{m.get('name')} {m.get('names')} {m.get('merchant')}") if said else []
    if known:
        return wish, str(known[0]["merchant"])
    return replace(wish, words=(*said, *wish.words) if has_cjk(wish.seller) else (*wish.words, *said)), ""


def query_of(talk: Talk, wish: Wish) -> Json:
    return {"query": " ".join(wish.words)[:200]} | _filters(talk, wish)


def _filters(talk: Talk, wish: Wish) -> Json:
    currency = talk.memory.currency
    sort = wish.sort or {"cheaper": "price_asc", "dearer": "price_desc"}.get(wish.comparison, "")
    limits = {"min_price": minor(wish.min_price, currency), "max_price": minor(wish.max_price, currency)}
    return limits | {"in_stock": wish.in_stock, "free_shipping": wish.free_shipping or None, "sort": sort}


def _run(talk: Talk, wish: Wish, arguments: Json) -> Asking:
    """The results, without what shall be left out, now or always."""
    before = str(arguments.get("without", "")).split(", ") if arguments.get("without") else []
    unwanted = without([*before, *wish.excluded, *disliked(talk, wish)], wish)
    return (yield from call("search_products", **(arguments | {"without": unwanted, "limit": LINES})))


def found(talk: Talk, view: Json, wish: Wish) -> Reply:
    products, query = view.get("items", []), " ".join(wish.words)
    if not products:
        return _nothing(talk, wish, query)
    corrected = plain(view.get("corrected_query") or "")
    some = view.get("matched") == "some_words" and query
    head = talk.say("found_some", query=corrected or query) if some else _head(talk, products)
    if missing := no_such(talk, wish, view):
        head = talk.say("found_not_called" if missing in wish.words else "found_no_such", query=missing)
    notes = [talk.say("found_corrected", query=corrected) if corrected and not some else ""]
    if wish.excluded:
        told = all(told_by_variants(talk, product, unwanted) for product in products for unwanted in wish.excluded)
        sure = told or view.get("without") == "said"
        notes.append(talk.say("found_without" if sure else "found_unmentioned", words=", ".join(wish.excluded)))
    if never := [each for each in disliked(talk, wish) if each not in wish.excluded]:
        notes.append(talk.say("found_disliked", words=", ".join(never)))
    head = "\n".join([*filter(None, notes), head])
    if len(products) == 1:
        return Reply(f"{head}\n{_only(talk, products[0])}\n{talk.say('found_tail_one')}")
    tail = talk.say("found_tail" if view.get("next_cursor") else "found_tail_end")
    return Reply(f"{head}\n{product_lines(talk, products)}\n{tail}")


def _head(talk: Talk, products: list[Json]) -> str:
    return talk.say("found_one" if len(products) == 1 else "found")


def _only(talk: Talk, product: Json) -> str:
    variants = product.get("variants", [])
    return product_lines(talk, [product]) + (
        f"\n{talk.say('variants')}\n{variant_lines(talk, variants)}" if len(variants) > 1 else ""
    )


def _nothing(talk: Talk, wish: Wish, query: str) -> Reply:
    if not query:
        return Reply(talk.say("found_nothing_at_all"), done=True)
    if not wish.limited:
        return Reply(talk.say("found_nothing", query=query), done=True)
    wider = Wish("search", wish.text, wish.words, sort=wish.sort)
    return talk.ask("found_nothing_relax", "relax", [], wider, query=query)


def more(talk: Talk, wish: Wish) -> Skill:
    memory = talk.memory
    if not memory.search:
        return Reply(talk.say("nothing_to_continue"))
    if not memory.cursor:
        return Reply(talk.say("no_more"))
    view = yield from call("search_products", **(memory.search | {"cursor": memory.cursor}))
    if not view.get("items"):
        return Reply(talk.say("no_more"))
    tail = talk.say("found_tail" if view.get("next_cursor") else "found_tail_end")
    return Reply(f"{talk.say('found_more')}\n{product_lines(talk, view['items'])}\n{tail}")


def refine(talk: Talk, wish: Wish) -> Skill:
    """The last search with something changed: "anything cheaper?", "in blue?", "under 20"."""
    memory = talk.memory
    if wish.words and memory.focus and (like := named(memory.focus.get("variants", []), wish.words, variant_text)):
        head = talk.say("variant_yes", name=name_of(talk, memory.focus))
        memory.spoken = str(like[0]["sku"]) if len(like) == 1 else ""
        return Reply(f"{head}\n{variant_lines(talk, like)}")
    if wish.comparison in ("cheaper", "dearer") and memory.focus and not wish.words:
        return (yield from _like_the_focus(talk, memory.focus, wish))
    if not memory.search:
        if not wish.words and not wish.filtered:
            return Reply(talk.say("ask_what"))
        return found(talk, (yield from _run(talk, wish, query_of(talk, wish))), wish)
    arguments = (
        memory.search | {k: v for k, v in _filters(talk, wish).items() if v not in (None, "")} | _beyond(talk, wish)
    )
    arguments.pop("cursor", None)
    arguments["query"] = _query_with(talk, wish)
    view = yield from _run(talk, wish, arguments)
    if wish.words and (not view.get("items") or view.get("matched") == "some_words"):
        view = yield from _run(talk, wish, query_of(talk, wish))
    return found(talk, view, replace(wish, words=tuple(tokens(arguments["query"]))))


def _like_the_focus(talk: Talk, product: Json, wish: Wish) -> Skill:
    """Of the same kind as the product looked at, but cheaper or dearer."""
    arguments = _filters(talk, wish) | _beyond(talk, wish) | {"category": product.get("category"), "sort": ""}
    view = yield from _run(talk, wish, arguments)
    return found(talk, view, replace(wish, words=(name_of(talk, product),)))


def _beyond(talk: Talk, wish: Wish) -> Json:
    """Cheaper or dearer than what is looked at, or than the nearest on the list."""
    shown = [talk.memory.focus] if talk.memory.focus else talk.memory.listed
    prices = [price_of(product) for product in shown]
    if not prices or wish.min_price or wish.max_price:
        return {}
    if wish.comparison == "cheaper":
        return {"max_price": max(min(prices) - 1, 0), "min_price": None}
    return {"min_price": max(prices) + 1, "max_price": None} if wish.comparison == "dearer" else {}


def _query_with(talk: Talk, wish: Wish) -> str:
    """The last query; new words take the place of the variant words in it (blue instead of red)."""
    before = str(talk.memory.search.get("query", ""))
    if not wish.words:
        return before
    values = {stem(t) for p in talk.memory.listed for v in p.get("variants", []) for t in tokens(variant_text(v))}
    kept = [word for word in before.split() if stem(word) not in values and word not in wish.words]
    return " ".join([*wish.words, *kept])[:200]


def list_categories(talk: Talk, wish: Wish) -> Skill:
    view = yield from call("list_categories")
    lines = [name_of(talk, category) for category in view.get("items", [])[:8]]
    if not lines:
        return Reply(talk.say("ask_what"))
    return Reply(f"{talk.say('categories')}\n{numbered(lines)}\n{talk.say('categories_tail')}")


def list_merchants(talk: Talk, wish: Wish) -> Skill:
    names = [name_of(talk, merchant) for merchant in (yield from call("list_merchants")).get("items", [])[:8]]
    return Reply(f"{talk.say('merchants')}\n{numbered(names)}\n{talk.say('merchants_tail')}")
