"""Cases of gift cards."""

from tests.parity.case import Case, gift_card, nothing

CASES = {
    "list_gift_cards": Case(nothing, {}, {"account": "acc_1"}),
    "list_gift_card_movements": Case(gift_card, {"limit": 5}, {"gift_card": "gft_none"}),
}
