"""Coupons that have to be claimed: which to take, and those that the shopper holds."""

from ..replies import bullets, name_of
from ..talk import Reply, Skill, Talk, call
from ..turns import Json
from ..wishes import Wish
from ..words import likeness
from .preferences import coupon_line, coupon_lines


def claim_coupon(talk: Talk, wish: Wish) -> Skill:
    code = wish.coupons[0] if wish.coupons else ""
    if not code:
        offered = (yield from call("list_coupons")).get("items", [])
        claimable = [coupon for coupon in offered if coupon.get("claim_required")]
        meant = _meant(claimable, wish)
        if meant is None:
            lines = coupon_lines(talk, claimable)
            return Reply(f"{talk.say('claim_which')}\n{lines}" if claimable else talk.say("coupons_none"), done=True)
        code = str(meant["coupon"])
    view = yield from call("claim_coupon", coupon=code)
    return Reply(talk.say("claimed", coupon=view.get("coupon", code), name=name_of(talk, view)))


def _meant(coupons: list[Json], wish: Wish) -> Json | None:
    """By code or by what it is for; the one best fit, or the only coupon."""
    at = [coupons[n - 1] for n in wish.ordinals if 0 < n <= len(coupons)]
    if at or len(coupons) == 1:
        return at[0] if at else coupons[0]
    scored = sorted(((_likeness(coupon, wish.words), i) for i, coupon in enumerate(coupons)), reverse=True)
    if not wish.words or not scored or scored[0][0] <= (0, 0) or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    return coupons[scored[0][1]]


def _likeness(coupon: Json, words: tuple[str, ...]) -> tuple[float, float]:
    """ "The one for mugs" is for all of them, and not for the red mug alone."""
    return likeness(_text(coupon), words), likeness(str(coupon.get("category") or ""), words)


def _text(coupon: Json) -> str:
    parts = [coupon.get(k) for k in ("coupon", "name", "merchant", "category", "product")]
    return " ".join(str(part) for part in [*parts, *coupon.get("names", {}).values()] if part)


def my_coupons(talk: Talk, wish: Wish) -> Skill:
    held = (yield from call("list_my_coupons")).get("items", [])
    if not held:
        return Reply(talk.say("my_coupons_none"))
    lines = [f"{coupon_line(talk, coupon)} — {talk.word(str(coupon.get('state')))}" for coupon in held[:8]]
    return Reply(f"{talk.say('my_coupons')}\n{bullets(lines)}")
