"""Bank debits: agreed first, on the gateway's page, on their way for days, returned with a code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.engine.scripted_desk import ASKED, PAID, Desk, agree, debt, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Inquire, Post, Send
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Card, Declined, Found, Pending
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import DAY, HOUR, MINUTE

BANK: dict[str, Any] = {"entry": Entry.KEYED_ACH, "consent_id": "c-TEL"}
ACCOUNT = Card(brand="Bank", last4="6789", entry_mode="keyed")
ON_ITS_WAY = Found(outcome=Pending(kind="ach", card=ACCOUNT), settle="queued")
SETTLED = Found(outcome=replace(PAID, card=ACCOUNT), settle="settled")


@pytest.fixture
def agreed(desk: Desk) -> Desk:
    agree(desk, "TEL")
    return desk


@pytest.fixture
def pending(agreed: Desk) -> Desk:
    agreed.begin(**BANK)
    agreed.step(Send)
    agreed.gateway.told = ON_ITS_WAY
    agreed.wait(MINUTE)
    agreed.step(Inquire)
    return agreed


def test_without_an_agreement_no_account_is_asked_for(desk: Desk) -> None:
    agree(desk, "card_on_file")
    agree(desk, "TEL", account_id="00017")
    for consent_id in ("", "c-card_on_file", "c-TEL"):
        with pytest.raises(OperatorError) as error:
            desk.begin(**BANK | {"consent_id": consent_id})
        assert error.value.code == "consent_missing"
    assert desk.journal.since(0) == ()


@pytest.mark.parametrize("kind", ["PPD", "TEL", "WEB", "CCD"])
def test_how_the_client_agreed_goes_with_the_debit(desk: Desk, kind: str) -> None:
    agree(desk, kind)
    desk.begin(**BANK | {"consent_id": f"c-{kind}"})
    desk.step(Send)
    asked = desk.gateway.asked[0]
    assert (asked.sec_code, asked.mandate) == (kind, f"c-{kind}")
    assert desk.known().attempts[0].sec_code == kind


def test_a_debit_on_its_way_is_posted_and_named_by_its_account(pending: Desk) -> None:
    attempt = pending.known().attempts[0]
    assert (attempt.state, attempt.brand, attempt.last4) == (MoneyState.PENDING, "Bank", "6789")
    pending.step(Post)
    assert pending.posting() is PostingState.POSTED
    assert not pending.known().finished, "it is kept in view until it is settled"


def test_a_debit_on_its_way_is_asked_about_now_and_then_until_it_settles(pending: Desk) -> None:
    pending.step(Post)
    pending.wait(2 * DAY)
    pending.gateway.told = SETTLED
    pending.step(Inquire)
    assert pending.state() is MoneyState.SETTLED
    assert pending.known().finished


@pytest.mark.parametrize("late", [False, True])
def test_a_returned_debit_owes_a_reversal_whenever_it_comes(pending: Desk, late: bool) -> None:
    pending.step(Post)
    reference = pending.known().attempts[0].reference
    if late:
        pending.gateway.told = SETTLED
        pending.wait(DAY)
        pending.step(Inquire)
        pending.wait(59 * DAY)
    pending.tell("returned", reference, code="R01")
    attempt = pending.known().attempts[0]
    assert (attempt.state, attempt.return_code) == (MoneyState.RETURNED, "R01")
    assert [(p.kind, p.amount) for p in pending.known().postings[1:]] == [("return", usd(ASKED))]
    assert "bank_returned" in pending.known().tasks


def test_a_debit_that_the_bank_refuses_at_once_took_nothing(agreed: Desk) -> None:
    agreed.gateway.opened = Declined(category="account_closed", retry="other_card", code="R02")
    agreed.begin(**BANK)
    agreed.step(Send)
    assert agreed.state() is MoneyState.DECLINED
    assert agreed.journal.held_minor(debt().scope) == 0


def test_an_agreement_that_was_taken_back_allows_no_further_try(agreed: Desk) -> None:
    agreed.gateway.opened = Declined(category="generic", retry="later")
    agreed.begin(**BANK)
    agreed.step(Send)
    agreed.engine.revoke_consent("c-TEL", "Kim")
    with pytest.raises(OperatorError) as error:
        agreed.engine.try_again("p1")
    assert error.value.code == "consent_ended"


def test_a_notice_of_change_is_kept_and_changes_no_money(pending: Desk) -> None:
    pending.tell("noted", pending.known().attempts[0].reference, code="notice_of_change", change="C01")
    assert pending.state() is MoneyState.PENDING
    assert pending.known().tasks == ()


def test_the_janitor_keeps_debits_in_view_without_hurry(pending: Desk) -> None:
    """A settlement report usually tells it first."""
    pending.step(Post)
    for _ in range(4):
        pending.wait(HOUR)
        pending.step(Inquire)
    [due] = [d for d in pending.engine.due() if isinstance(d.command, Inquire)]
    assert due.in_ms == HOUR
