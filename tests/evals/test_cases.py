"""The files of cases are read strictly, and say what they must."""

from pathlib import Path

import pytest

from evals.schema import SCHEMA, CasesWrong, read_cases, schema_text

SUITE = "suite: s\nabout: a\ncases:\n  - case: one\n    tags: [t]\n    shopper: {wants: w, says: [hello]}\n"


def test_the_cases_are_read_and_each_kind_is_there() -> None:
    cases = read_cases()
    kinds = {tag for case in cases for tag in case.tags}
    wanted = (
        "finding cart coupons quoting buying changing paying failing orders aftersales privacy sold-out price-changed"
    )
    assert kinds >= {*wanted.split(), "zh", "mixed", "misspelt", "rude", "long", "over-refusal", "redteam"}


def test_there_are_enough_of_them_and_thirty_have_a_clean_twin() -> None:
    cases = read_cases()
    twins = [case for case in cases if case.case.twin]
    assert len(cases) >= 150
    assert len({case.case.twin for case in twins}) >= 30
    assert all("over-refusal" in case.tags for case in twins)


def test_the_schema_for_editors_is_that_of_the_code() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "domtok eval cases --schema"


def test_cases_are_chosen_by_suite_name_and_tag() -> None:
    assert {case.suite for case in read_cases(["cart"])} == {"cart"}
    assert [case.name for case in read_cases(["cart/adds-by-sku"])] == ["cart/adds-by-sku"]
    assert all("zh" in case.tags for case in read_cases(["tag:zh"]))
    with pytest.raises(CasesWrong, match="nothing-like-it"):
        read_cases(["nothing-like-it"])


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (SUITE, "can't fail"),
        (SUITE + "    never: [fly_away]\n", "no operation fly_away"),
        (SUITE + "    state: [{read: place_order, is: {}}]\n", "looked up only"),
        (SUITE + "    sayz: [x]\n", "sayz"),
        (SUITE + "    says: [x]\n    twin: nobody\n", "no case nobody"),
        ("suite: [", "s.yaml"),
    ],
)
def test_what_is_wrong_in_a_file_is_told(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "s.yaml").write_text(written, encoding="utf-8")
    with pytest.raises(CasesWrong, match=told):
        read_cases(folder=tmp_path)
