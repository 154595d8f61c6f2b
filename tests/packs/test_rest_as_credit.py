"""More was taken than is still owed, and a person keeps the rest as the client's credit: on the real windows."""

from __future__ import annotations

import pytest

from tests.packs.impromed_lab import MARKER, Lab, order
from tillbridge.domain import matching
from tillbridge.domain.moment import Moment
from tillbridge.engine.posting_steps import wanted
from tillbridge.ports.practice import PostingOrder

pytestmark = pytest.mark.screen

NOW = Moment(wall_ms=0, boot="b", mono_ms=0)


def verdict(lab: Lab, ordered: PostingOrder) -> matching.Verdict:
    seen = lab.ledger(ordered)
    return matching.match(order=wanted(ordered), seen=seen, last_touch=NOW, now=NOW)


def test_the_rest_is_kept_and_what_the_software_makes_of_it_is_known_as_ours(lab: Lab) -> None:
    ordered = order(25_000, rest_as_credit=True)
    report = lab.practice.post(ordered)
    assert (report.stage, report.means) == ("committed", "nothing"), report.transcript
    assert [(row["invoice"], row["amount_minor"]) for row in lab.payments()] == [
        ("10482", 21_240),
        ("", 3_760),
    ]
    assert {row["reference"] for row in lab.payments()} == {MARKER}
    assert isinstance(verdict(lab, ordered), matching.FoundRight)


def test_without_a_persons_word_nothing_is_kept_and_nothing_posted(lab: Lab) -> None:
    report = lab.practice.post(order(25_000))
    assert report.stage == "not_committed", report.transcript
    lab.nothing_posted()
