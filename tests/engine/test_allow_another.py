"""A named person allows another try beside a doubt: it is held once, and what comes late of the old one goes back."""

from __future__ import annotations

import pytest

from tests.engine.scripted_desk import ASKED, PAID, Desk
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Inquire, Send
from tillbridge.domain.outcome import Found, Pending
from tillbridge.engine.policy import SECOND


def refused(desk: Desk) -> str:
    with pytest.raises(OperatorError) as caught:
        desk.engine.allow_another("p1", "Dana")
    return caught.value.code


def test_another_try_is_allowed_beside_a_doubt_and_the_debt_is_held_once(unknown: Desk) -> None:
    with pytest.raises(OperatorError, match="still_finding_out"):
        unknown.engine.try_again("p1")
    unknown.engine.allow_another("p1", "Dana")
    assert unknown.engine.held(unknown.known().debt) == ASKED
    again = unknown.engine.try_again("p1")
    assert [attempt.state for attempt in again.attempts] == [MoneyState.UNKNOWN, MoneyState.CREATED]
    assert unknown.engine.held(again.debt) == ASKED


def test_the_doubt_holds_the_debt_again_when_the_other_try_is_over(unknown: Desk) -> None:
    unknown.engine.allow_another("p1", "Dana")
    unknown.engine.try_again("p1")
    unknown.engine.cancel("p1")
    assert [attempt.state for attempt in unknown.known().attempts] == [
        MoneyState.UNKNOWN,
        MoneyState.CANCELLED,
    ]
    assert unknown.engine.held(unknown.known().debt) == ASKED


def test_an_allowed_try_is_the_one_that_counts_and_the_old_one_goes_back(unknown: Desk) -> None:
    unknown.engine.allow_another("p1", "Dana")
    unknown.engine.try_again("p1")
    unknown.gateway.started = PAID
    unknown.step(Send)
    unknown.gateway.told = Found(outcome=PAID)
    unknown.wait(5 * SECOND)
    unknown.step(Inquire)
    old, new = unknown.known().attempts
    assert (old.state, old.owed_back, new.state) == (MoneyState.KILLING, ASKED, MoneyState.APPROVED)


def test_nobody_is_charged_beside_what_still_runs_or_is_decided(desk: Desk) -> None:
    desk.gateway.started = Pending(kind="terminal")
    desk.begin()
    assert refused(desk) == "nothing_to_stop"
    desk.step(Send)
    assert refused(desk) == "cancel_first"
    desk.gateway.told = Found(outcome=PAID)
    desk.wait(5 * SECOND)
    desk.step(Inquire)
    assert refused(desk) == "nothing_to_stop"
