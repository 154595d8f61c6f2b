"""The banks' codes: each return and each change has its class, and words for people."""

from __future__ import annotations

import pytest

from tillbridge.domain.ach import CHANGES, RETURNS, ach_return, word_of
from tillbridge.strings import codes, sentence

LISTED = {
    *(
        f"R{n:02d}"
        for n in [*range(1, 40), *range(40, 48), *range(50, 54), 61, 62, *range(67, 78), *range(80, 86)]
    )
}


def test_every_code_of_the_network_is_here_under_its_own_name() -> None:
    assert set(RETURNS) == LISTED
    assert set(CHANGES) == {f"C{n:02d}" for n in range(1, 14)}
    assert all(row.code == code and row.title for code, row in RETURNS.items())


@pytest.mark.parametrize(
    ("cls", "its"),
    [("funds", {"R01", "R09"}), ("stopped", {"R08"})],
)
def test_only_what_failed_for_lack_of_money_or_was_stopped_may_come_once_more(
    cls: str, its: set[str]
) -> None:
    assert {code for code, row in RETURNS.items() if row.cls == cls} == its
    assert all(RETURNS[code].again == 2 for code in its)
    assert {row.cls for row in RETURNS.values() if row.again} == {"funds", "stopped"}


@pytest.mark.parametrize("code", ["R05", "R07", "R10", "R29"])
def test_what_a_client_never_agreed_to_is_not_tried_again(code: str) -> None:
    assert (RETURNS[code].cls, RETURNS[code].again) == ("not_authorised", 0)
    assert RETURNS[code].late is (code != "R29"), "a company has two days, a consumer sixty"


def test_a_code_that_nobody_knows_is_the_banks_own_matter() -> None:
    assert (ach_return("R99").cls, ach_return("R99").again, word_of("R99")) == ("bank", 0, "bank")


def test_each_code_has_words_and_each_word_is_used() -> None:
    words = {word_of(code) for code in (*RETURNS, *CHANGES)}
    assert words == codes("ach")
    assert "R06" in sentence(word_of("R06"), {"code": "R06"}, section="ach")
