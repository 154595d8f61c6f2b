"""Every refusal, reason and task has a short number that can be read over the telephone, and keeps it."""

from __future__ import annotations

import re

from tests.apps.bad_input import rows
from tillbridge.strings import number
from tools.docs import numbers


def test_every_sentence_that_refuses_or_asks_has_its_number() -> None:
    kept, said = numbers.kept(), numbers.sentences()
    missing = [(section, code) for section in said for code in said[section] if code not in kept[section]]
    assert missing == [], "give them one with: just docs"


def test_a_number_stands_for_one_sentence_and_can_be_read_aloud() -> None:
    given = [each for section in numbers.kept().values() for each in section.values()]
    assert len(given) == len(set(given))
    assert all(re.fullmatch("[1-9][0-9]{2}", str(each)) for each in given)


def test_a_new_sentence_gets_the_next_number_and_the_others_keep_theirs() -> None:
    before = numbers.kept()
    after = numbers.given()
    assert all(after[section][code] == told for section in before for code, told in before[section].items())


def test_the_same_code_with_its_own_sentence_has_its_own_number() -> None:
    assert number("damaged", {"reason": "empty"}) != number("damaged", {"reason": "fold"}) != ""
    assert number("nothing_like_this") == ""


def test_every_refusal_of_bad_input_can_be_told_over_the_telephone() -> None:
    codes = {row.code for row in rows() if row.code and "(" not in row.code}
    assert [code for code in sorted(codes) if not (number(code) or number(code, section="reason"))] == []
