"""Every way to pay at the engine: each is sent by its own call, found again after a restart, and posted once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.engine.scripted_desk import ASKED, CARD, PAID, SESSION, Desk, agree, debt, request, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.fold import fold
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Inquire, Kill, Post, Send
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import (
    Approved,
    Cancelled,
    CannotTell,
    Card,
    Found,
    NotFound,
    NotSent,
    Pending,
    Unknown,
)
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import DAY, HOUR, MINUTE, SECOND
from tillbridge.ports.gateway import CancelAck, Capabilities, Feature, KillAck
from tillbridge.ports.journal import Append

Changes = dict[str, Any]

KEYPAD: Changes = {"entry": Entry.KEYED_CARD}
PAGE: Changes = {"entry": Entry.KEYED_CARD, "page": True}
BANK: Changes = {"entry": Entry.KEYED_ACH, "consent_id": "c-PPD"}
LINK: Changes = {"entry": Entry.LINK}
SESSIONS = [PAGE, LINK]
WAITS = Found(outcome=Pending(kind="entry"))
IS_PAID = Found(outcome=replace(PAID, card=Card(brand="Visa", last4="4242")))


def opened(desk: Desk, way: Changes) -> None:
    desk.begin(**way)
    desk.step(Send)
    assert desk.state() is MoneyState.RUNNING


# ---- which call belongs to which entry ------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "call", "kind"),
    [
        ({}, "start", "sale"),
        (KEYPAD, "start", "keyed"),
        (PAGE, "open card page", "sale"),
        (BANK, "open bank page", "sale"),
        (LINK, "open card link", "sale"),
    ],
)
def test_each_entry_is_sent_by_its_own_call(desk: Desk, way: Changes, call: str, kind: str) -> None:
    agree(desk, "PPD")
    desk.begin(**way)
    desk.step(Send)
    assert desk.gateway.calls == [call]
    assert desk.gateway.asked[0].kind == kind
    seen = desk.gateway.seen[call]
    assert seen is not None
    assert seen.attempts[0].state is MoneyState.SENDING, "rule 2: the intent was durable"


def test_only_what_uses_a_terminal_names_one(desk: Desk) -> None:
    desk.begin(**LINK)
    desk.begin(payment_id="p2", debt=debt(invoice_number="2"), **KEYPAD)
    named = [desk.journal.payment(p).attempts[0].terminal_id for p in ("p1", "p2")]  # type: ignore[union-attr]
    assert named == ["", "front-desk-1"]


def test_a_link_says_who_pays_when_the_balance_was_read_and_how_long_it_lives(desk: Desk) -> None:
    opened(desk, LINK)
    asked = desk.gateway.asked[0]
    assert (asked.payer, asked.read_at_wall_ms, asked.expires_in_ms) == ("Alvarez, Rosa", 1_000_000, 7 * DAY)


@pytest.mark.parametrize("wrong_ms", [1, HOUR - 1, 61 * DAY])
def test_a_link_lives_neither_for_minutes_nor_for_ever(desk: Desk, wrong_ms: int) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.begin(valid_ms=wrong_ms, **LINK)
    assert refused.value.code == "link_life"
    assert desk.begin(valid_ms=3 * DAY, **LINK).attempts[0].valid_ms == 3 * DAY


@pytest.mark.parametrize(
    ("way", "lacking", "code"),
    [
        ({}, "terminal", "terminal_not_offered"),
        (KEYPAD, "terminal_keyed", "keypad_not_offered"),
        (PAGE, "entry_page", "page_not_offered"),
        (BANK, "ach", "ach_not_offered"),
        (LINK, "entry_link", "link_not_offered"),
    ],
)
def test_what_the_gateway_lacks_is_refused_before_anything_is_written(
    desk: Desk, way: Changes, lacking: Feature, code: str
) -> None:
    desk.gateway.features -= {lacking}
    with pytest.raises(OperatorError) as refused:
        desk.begin(**way)
    assert refused.value.code == code
    assert desk.journal.since(0) == ()


def test_a_give_back_has_no_entry_of_its_own(desk: Desk) -> None:
    none: frozenset[Feature] = frozenset()
    capabilities = replace(desk.gateway.capabilities(), features=none)
    request(operation="refund", entry=None, of="p0").check(capabilities)
    with pytest.raises(OperatorError):
        request(entry=None).check(desk.gateway.capabilities())


# ---- a deposit ------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [{}, KEYPAD, PAGE, LINK])
@pytest.mark.parametrize("number", ["10482", ""])
def test_a_deposit_comes_by_every_entry_with_and_without_an_invoice(
    desk: Desk, way: Changes, number: str
) -> None:
    """More than is owed, because nothing is owed yet."""
    desk.gateway.started = replace(PAID, amount=usd(80_000))
    desk.begin(minor=80_000, operation="deposit", debt=debt(invoice_number=number, balance=None), **way)
    desk.step(Send)
    desk.gateway.told = Found(outcome=replace(PAID, amount=usd(80_000)))
    if desk.state() is MoneyState.RUNNING:
        desk.wait(MINUTE)
        desk.step(Inquire)
    desk.step(Post)
    assert desk.posting() is PostingState.POSTED
    assert [(o.kind, o.amount.minor, o.invoice_number) for o in desk.practice.orders] == [
        ("deposit", 80_000, number)
    ]


# ---- a page or link is running, and found again ---------------------------------------------------


@pytest.mark.parametrize("way", SESSIONS)
def test_where_a_page_is_and_until_when_stays_in_the_journal(desk: Desk, way: Changes) -> None:
    desk.gateway.opened = replace(SESSION, expires_wall_ms=desk.clock.now_ms + 2 * HOUR)
    opened(desk, way)
    session = fold("p1", [stored.event for stored in desk.journal.events("p1")]).attempts[0].session  # type: ignore[union-attr]
    assert session is not None
    assert (session.session_id, session.url) == ("s1", "https://gateway.example/pay/s1")
    assert session.expires_at_ms == 1_000_000 + 2 * HOUR


def test_the_address_of_a_page_survives_a_power_cut(desk: Desk) -> None:
    durable: list[Append] = []
    desk.journal.before_append = durable.append
    opened(desk, LINK)
    assert [a.durable for a in durable] == [True, True, True]


@pytest.mark.parametrize("way", SESSIONS)
def test_a_link_that_was_paid_while_we_were_off_is_learned_and_posted_once(desk: Desk, way: Changes) -> None:
    opened(desk, way)
    desk.clock.reboot()
    desk.wait(5 * MINUTE)
    desk.restarted().recover()
    assert desk.state() is MoneyState.UNKNOWN
    desk.gateway.told = IS_PAID
    desk.step(Inquire)
    desk.step(Post)
    assert (desk.state(), desk.posting()) == (MoneyState.APPROVED, PostingState.POSTED)
    assert [call for call in desk.gateway.calls if call.startswith("open")] == [desk.gateway.calls[0]]
    assert desk.known().finished


def test_a_link_that_waits_after_a_restart_is_running_again_under_its_own_address(desk: Desk) -> None:
    opened(desk, LINK)
    desk.restarted().recover()
    desk.gateway.told = WAITS
    desk.step(Inquire)
    assert desk.state() is MoneyState.RUNNING
    assert desk.known().attempts[0].session is not None
    assert desk.gateway.calls == ["open card link", "inquire"]


@pytest.mark.parametrize(("way", "lives_ms"), [(PAGE, 15 * MINUTE), (LINK, 7 * DAY)])
def test_a_page_is_given_up_only_after_its_end_and_the_gateways_own_time(
    desk: Desk, way: Changes, lives_ms: int
) -> None:
    opened(desk, way)
    desk.gateway.told = NotFound()
    desk.wait(MINUTE)
    desk.step(Inquire)
    desk.wait(lives_ms + desk.gateway.horizon_ms - MINUTE - 1)
    desk.step(Inquire)
    assert desk.state() is MoneyState.UNKNOWN
    desk.wait(1)
    desk.step(Inquire)
    assert desk.state() is MoneyState.KILLING


def test_a_page_that_the_gateway_lets_live_longer_is_waited_for_longer(desk: Desk) -> None:
    desk.gateway.opened = replace(SESSION, expires_wall_ms=desk.clock.now_ms + 9 * DAY)
    opened(desk, LINK)
    assert desk.known().attempts[0].payable_ms == 9 * DAY + desk.gateway.horizon_ms


@pytest.mark.parametrize("way", SESSIONS)
def test_a_page_that_was_never_opened_is_over_with_the_gateways_own_time(desk: Desk, way: Changes) -> None:
    """Nobody knows its address, so that nobody can pay on it."""
    desk.gateway.opened = Unknown(cause="read_timeout")
    desk.begin(**way)
    desk.step(Send)
    desk.wait(desk.gateway.horizon_ms)
    desk.step(Inquire)
    assert desk.state() is MoneyState.KILLING


@pytest.mark.parametrize(("idempotent", "known"), [(True, True), (False, False)])
def test_a_page_whose_address_was_lost_is_asked_for_again_only_where_that_makes_no_second_one(
    desk: Desk, idempotent: bool, known: bool
) -> None:
    desk.gateway.idempotent = idempotent
    desk.gateway.opened = Unknown(cause="read_timeout")
    desk.begin(**LINK)
    desk.step(Send)
    desk.gateway.opened, desk.gateway.told = SESSION, WAITS
    desk.wait(2 * SECOND)
    desk.step(Inquire)
    assert desk.state() is MoneyState.RUNNING
    assert (desk.known().attempts[0].session is not None) is known
    assert len([c for c in desk.gateway.calls if c.startswith("open")]) == 1 + known
    assert len({asked.reference for asked in desk.gateway.asked}) == 1


def test_a_gateway_that_refuses_to_open_a_page_proves_that_nothing_was_sent(desk: Desk) -> None:
    desk.gateway.opened = NotSent(code="unsupported")
    desk.begin(**PAGE)
    desk.step(Send)
    assert desk.state() is MoneyState.NOT_SENT
    desk.gateway.opened = SESSION
    again = desk.engine.try_again("p1")
    assert [a.where for a in again.attempts] == ["page", "page"]
    desk.step(Send)
    assert desk.state() is MoneyState.RUNNING


# ---- a cancel is a request ------------------------------------------------------------------------


@pytest.mark.parametrize("way", SESSIONS)
def test_a_cancel_closes_the_page_and_then_asks(desk: Desk, way: Changes) -> None:
    opened(desk, way)
    desk.engine.cancel("p1", "Kim")
    desk.gateway.told = Found(outcome=Cancelled(by="cashier"))
    desk.wait(SECOND)
    desk.step(Inquire)
    assert desk.gateway.calls[1:] == ["close s1", "inquire"]
    assert desk.state() is MoneyState.CANCELLED


@pytest.mark.parametrize("told", [WAITS, CannotTell(cause="read_timeout")])
def test_a_closed_page_is_over_only_when_the_gateway_says_so(desk: Desk, told: Found | CannotTell) -> None:
    opened(desk, LINK)
    desk.engine.cancel("p1", "Kim")
    desk.gateway.told = told
    desk.wait(SECOND)
    desk.step(Inquire)
    assert desk.state() is MoneyState.RUNNING
    assert desk.journal.held_minor(debt().scope) == ASKED


def test_a_client_who_pays_while_the_page_is_closed_has_paid(desk: Desk) -> None:
    opened(desk, LINK)
    desk.engine.cancel("p1", "Kim")
    desk.gateway.told = IS_PAID
    desk.wait(SECOND)
    desk.step(Inquire)
    assert desk.known().charged == "yes"
    assert desk.posting() is PostingState.WAITING


# ---- when it is asked -----------------------------------------------------------------------------


def _next_ms(desk: Desk) -> int:
    return next(due.in_ms for due in desk.engine.due() if isinstance(due.command, Inquire))


def test_a_link_is_asked_about_less_often_than_a_terminal_until_somebody_wants_it_closed(desk: Desk) -> None:
    opened(desk, LINK)
    desk.gateway.told = WAITS
    for _ in range(70):
        desk.wait(30 * SECOND)
        desk.step(Inquire)
    assert _next_ms(desk) == 5 * MINUTE
    desk.engine.cancel("p1")
    assert _next_ms(desk) <= SECOND


# ---- the receipt ----------------------------------------------------------------------------------


def test_the_lines_of_the_receipt_are_kept_and_a_card_number_among_them_is_not(desk: Desk) -> None:
    lines = (("AID", "A0000000031010"), ("Card", CARD), ("TVR", "80 00\t00\n80"))
    desk.gateway.started = Approved(amount=usd(ASKED), gateway_ref="g1", receipt=lines)
    desk.begin()
    desk.step(Send)
    assert desk.known().attempts[0].receipt == (("AID", "A0000000031010"), ("TVR", "80 00 00 80"))
    assert CARD not in str(desk.journal.since(0))


def test_a_journal_of_before_still_folds() -> None:
    at = Moment(wall_ms=1, boot="b", mono_ms=1)
    created = request().created(at)
    attempt = Event(
        kind="attempt_created", at=at, subject="R1", facts={"amount_minor": ASKED, "horizon_ms": 1}
    )
    approved = Event(kind="approved", at=at, subject="R1", facts={"amount_minor": ASKED})
    started = Event(kind="send_started", at=at, subject="R1")
    old = fold("p1", [created, attempt, started, approved])
    assert old is not None
    newest = old.attempts[0]
    assert (newest.where, newest.session, newest.receipt, newest.business_day) == ("terminal", None, (), 0)
    assert newest.payable_ms == newest.horizon_ms


def test_capabilities_are_what_the_gateway_said(desk: Desk) -> None:
    """Whoever asked the gateway beforehand hands in what it told: the journal's thread waits for nobody."""
    told: Capabilities = replace(desk.gateway.capabilities(), features=frozenset({"terminal"}))
    with pytest.raises(OperatorError):
        desk.engine.begin(request(**LINK), told)


def test_a_page_whose_address_is_lost_for_good_can_be_given_up(desk: Desk) -> None:
    """Nobody can have paid on it; whether it is over an inquiry tells."""
    desk.gateway.idempotent = False
    desk.gateway.opened = Unknown(cause="read_timeout")
    desk.begin(**LINK)
    desk.step(Send)
    desk.gateway.told = WAITS
    desk.wait(MINUTE)
    desk.step(Inquire)
    desk.engine.cancel("p1", "Kim")
    desk.gateway.told = Found(outcome=Cancelled(by="gateway"))
    desk.wait(MINUTE)
    desk.step(Inquire)
    assert desk.gateway.calls[-2:] == ["kill", "inquire"]
    assert desk.state() is MoneyState.CANCELLED


def test_a_balance_read_before_an_old_links_row_is_stale_however_busy_the_clinic(desk: Desk) -> None:
    opened(desk, LINK)
    for n in range(101):
        desk.begin(payment_id=f"x{n}", debt=debt(account_id=f"a{n}"), terminal_id=f"t{n}")
    read_at = desk.clock.now()
    desk.wait(MINUTE)
    desk.gateway.told = IS_PAID
    desk.step(Inquire)
    desk.step(Post)
    with pytest.raises(OperatorError) as refused:
        desk.begin(payment_id="p2", read_at=read_at)
    assert refused.value.code == "balance_changed"


@pytest.mark.parametrize("way", SESSIONS)
def test_a_close_that_fails_does_not_keep_the_outcome_from_us(desk: Desk, way: Changes) -> None:
    opened(desk, way)
    desk.engine.cancel("p1", "Kim")
    desk.gateway.close_entry = _breaks  # type: ignore[method-assign]
    desk.gateway.told = IS_PAID
    desk.wait(SECOND)
    desk.step(Inquire)
    assert desk.known().charged == "yes"


def _breaks(session_id: str) -> CancelAck:
    raise ConnectionError(session_id)


def test_a_kill_that_nobody_answers_keeps_no_late_approval_from_us(desk: Desk) -> None:
    desk.gateway.started = Unknown(cause="read_timeout")
    desk.gateway.killing = KillAck(answer="no_answer")
    desk.begin()
    desk.step(Send)
    desk.engine.stop("p1", "Kim")
    desk.gateway.told = IS_PAID
    desk.step(Kill)
    assert desk.known().attempts[0].late == usd(ASKED)
