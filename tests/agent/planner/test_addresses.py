"""Addresses are read out of what shoppers type, in the order of either language."""

import pytest

from agent.planner.addresses import address_in


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        (
            "save a new address: Tom Birch, 22 Alder Lane, Portland, OR 97205, United States, phone +1 503 555 0188",
            ("Tom Birch", "+1 503 555 0188", "22 Alder Lane", "Portland", "OR", "97205", "US"),
        ),
        (
            "please add a new address for Jane Doe, 5 Elm Street, Boston, MA, 02110, US, phone 617-555-0100",
            ("Jane Doe", "617-555-0100", "5 Elm Street", "Boston", "MA", "02110", "US"),
        ),
        (
            "my new address is Max Weber, Lindenstr. 5, Berlin, 10969, Germany, tel +49 30 1234567",
            ("Max Weber", "+49 30 1234567", "Lindenstr. 5", "Berlin", None, "10969", "DE"),
        ),
        (
            "帮我加个收货地址，收件人韩梅梅，电话 13911112222，北京市朝阳区建国路88号3楼，100022",
            ("韩梅梅", "13911112222", "朝阳区建国路88号3楼", "北京市", None, "100022", "CN"),
        ),
    ],
)
def test_an_address_is_read(typed: str, fields: tuple[str | None, ...]) -> None:
    found = address_in(typed)
    names = ("recipient", "phone", "line1", "city", "region", "postal_code", "country")
    assert found is not None
    assert tuple(found.get(name) for name in names) == fields


@pytest.mark.parametrize(
    "typed", ["i moved, add an address", "the order 1234567890, where is it?", "two mugs, 350 ml, red"]
)
def test_what_lacks_a_part_is_no_address(typed: str) -> None:
    assert address_in(typed) is None
