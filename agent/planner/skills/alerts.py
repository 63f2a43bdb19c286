"""Being told when something is back in stock."""

from collections.abc import Generator

from ..references import closest, extreme, item_text
from ..replies import bullets, full_name
from ..talk import Call, Reply, Skill, Talk, call
from ..turns import Json, Outcome
from ..wishes import Wish
from .choosing import which_variant
from .details import the_product


def watch_stock(talk: Talk, wish: Wish) -> Skill:
    if wish.skus:
        return (yield from _watch(talk, {"sku": wish.skus[0]}))
    if talk.memory.spoken and not wish.words:
        return (yield from _watch(talk, {"sku": talk.memory.spoken}))
    product = yield from the_product(talk, wish)
    if isinstance(product, Reply):
        return product
    gone = [v for v in product.get("variants", []) if int(v.get("available", 0)) < 1]
    chosen = closest(gone, wish.words, item_text) or extreme(gone, wish) or gone
    if not gone:
        return Reply(talk.say("still_in_stock", name=full_name(talk, product)), done=True)
    if len(chosen) != 1:
        return which_variant(talk, wish, product | {"variants": chosen}, sold_out=True)
    return (yield from _watch(talk, product | chosen[0]))


def _watch(talk: Talk, thing: Json) -> Skill:
    view = yield from call("watch_stock", sku=thing["sku"])
    return Reply(talk.say("watching", name=full_name(talk, view)))


def _waited_for(talk: Talk) -> Generator[Call, Outcome, list[Json]]:
    items: list[Json] = (yield from call("list_stock_alerts")).get("items", [])
    return items


def list_alerts(talk: Talk, wish: Wish) -> Skill:
    items = yield from _waited_for(talk)
    if not items:
        return Reply(talk.say("alerts_none"))
    return Reply(f"{talk.say('alerts')}\n{bullets([full_name(talk, item) for item in items[:8]])}")


def unwatch_stock(talk: Talk, wish: Wish) -> Skill:
    items = yield from _waited_for(talk)
    if not items:
        return Reply(talk.say("alerts_none"), done=True)
    chosen = [item for item in items if item.get("sku") in wish.skus] or closest(items, wish.words, item_text)
    if not chosen and not wish.words and not wish.everything:
        chosen = items[:1]
    for item in chosen or (items if wish.everything else []):
        yield from call("unwatch_stock", sku=item["sku"])
    if not chosen and not wish.everything:
        return Reply(f"{talk.say('alerts')}\n{bullets([full_name(talk, item) for item in items[:8]])}", done=True)
    names = talk.word("comma").join(full_name(talk, item) for item in chosen or items)
    return Reply(talk.say("not_watching", name=names))
