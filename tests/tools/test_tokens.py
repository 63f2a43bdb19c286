"""The estimate of tokens, held against what OpenAI's o200k vocabulary counted for the same texts."""

import pytest

from tools.tokens import tokens_in

COUNTED = {
    "": 0,
    "hello": 1,
    "You are the shopping assistant of a shop. You help one shopper to find things, fill the cart and buy.": 23,
    "我想买一个红色的马克杯，预算五十块，送到上海市徐汇区梧桐里路88号。记住我穿M码，喜欢简单的设计。": 43,
    "adr_01KT1GW6G0B0M73S1C647GJ18N": 21,
    "- sku MUG-RED-350 | attributes «color»=«red», «capacity»=«350 ml» | price $12.99 | available 24": 35,
    '{"type": "object", "properties": {"sku": {"type": "string", "description": "SKU of the variant."}}}': 29,
}
"""Text → tokens of o200k."""


@pytest.mark.parametrize(("text", "counted"), COUNTED.items(), ids=lambda value: str(value)[:20])
def test_the_estimate_is_near_what_a_vocabulary_counts(text: str, counted: int) -> None:
    assert abs(tokens_in(text) - counted) <= max(1, 0.3 * counted)


def test_more_text_never_has_fewer_tokens() -> None:
    text = "Red mug 红色马克杯 MUG-RED-350 «350 ml» $12.99, 24 {'a': [1]}"
    sizes = [tokens_in(text[:end]) for end in range(len(text) + 1)]
    assert sizes == sorted(sizes)
