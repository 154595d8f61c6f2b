"""Every way to pay through the real engine, the real adapter and the simulator's core; the judge is its books."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.engine.scripted_desk import agree, debt
from tests.engine.test_one_payment import HOUR, MINUTE, World, restarted, usd, world
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money import only_base
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.engine import work
from tillbridge.engine.policy import DAY
from tillbridge.engine.requests import PayRequest
from tillbridge.engine.slip import Slip
from tillbridge.simulator.core.faults import FaultKind

__all__ = ["world"]
VISA, BANK, BOUNCES = "4242424242424242", "000123456789", "000222222227"
ASKED = 21_240


@dataclass
class _Agreeing:
    """What `agree` needs of a desk."""

    engine: Any


def begin(world: World, entry: Entry, payment_id: str = "payment-0001", **changes: Any) -> Payment:
    usual: dict[str, Any] = {"operation": "sale", "parts": only_base(usd(ASKED)), "debt": debt()}
    usual |= {"terminal_id": "front-desk-1", "person": "Kim"}
    request = PayRequest(payment_id=payment_id, entry=entry, **usual | changes)
    return world.engine.begin(request)


def newest(world: World, payment_id: str = "payment-0001") -> Attempt:
    payment = world.journal.payment(payment_id)
    assert payment is not None
    return payment.attempts[-1]


def types(world: World, number: str, payment_id: str = "payment-0001") -> None:
    """The client types a number on the gateway's page."""
    session = newest(world, payment_id).session
    assert session is not None
    world.line.network.pages.submit(session.session_id, number, world.clock.now_ms)


def posted(world: World) -> list[int]:
    return [row.amount.minor for row in world.practice.books]


def test_a_card_typed_on_the_gateways_page_is_charged_and_posted_once(world: World) -> None:
    begin(world, Entry.KEYED_CARD, page=True)
    world.run(10_000)
    types(world, VISA)
    payment = world.run(MINUTE)
    assert payment.finished
    assert (world.charged(), posted(world)) == (ASKED, [ASKED])
    assert (payment.attempts[0].brand, payment.attempts[0].last4) == ("Visa", "4242")


def test_a_card_typed_on_the_keypad_is_charged_and_posted_once(world: World) -> None:
    begin(world, Entry.KEYED_CARD)
    payment = world.run(MINUTE)
    assert payment.finished
    assert (world.charged(), posted(world)) == (ASKED, [ASKED])


def test_a_link_paid_with_the_computer_off_is_posted_after_the_start(world: World) -> None:
    begin(world, Entry.LINK)
    world.run(HOUR)
    world.clock.reboot()
    world.clock.now_ms += 5 * HOUR
    types(world, VISA)
    world.clock.now_ms += 9 * HOUR
    again = restarted(world)
    payment = again.run(2 * MINUTE)
    assert payment.finished
    assert (world.charged(), posted(world)) == (ASKED, [ASKED])


def test_a_link_that_nobody_paid_ends_and_leaves_the_money_owed(world: World) -> None:
    begin(world, Entry.LINK)
    for _ in range(7):
        world.run(DAY)
    payment = world.run(HOUR)
    assert (payment.attempts[0].state, payment.attempts[0].reason) == (MoneyState.CANCELLED, "timeout")
    assert payment.finished
    assert world.journal.held_minor(debt().scope) == 0


@pytest.mark.parametrize("entry", [Entry.LINK, Entry.KEYED_CARD])
def test_a_page_whose_address_was_lost_is_found_again_and_is_one(world: World, entry: Entry) -> None:
    world.fault(FaultKind.LOSE_REPLY, "open_entry")
    begin(world, entry, page=True)
    world.run(10_000)
    assert newest(world).session is not None
    types(world, VISA)
    assert world.run(6 * MINUTE).finished
    assert (world.charged(), posted(world)) == (ASKED, [ASKED])


def test_a_link_is_closed_before_the_terminal_is_armed(world: World) -> None:
    begin(world, Entry.LINK)
    world.run(10_000)
    with pytest.raises(OperatorError) as refused:
        begin(world, Entry.TERMINAL, "payment-0002", instead_of="payment-0001")
    assert refused.value.code == "link_closing"
    assert world.run(10_000).attempts[0].state is MoneyState.CANCELLED
    begin(world, Entry.TERMINAL, "payment-0002", instead_of="payment-0001")
    world.run(MINUTE)
    assert (world.charged(), posted(world)) == (ASKED, [ASKED])


def test_a_bank_debit_goes_from_its_way_to_settled(world: World) -> None:
    agree(_Agreeing(world.engine), "TEL")  # type: ignore[arg-type]
    begin(world, Entry.KEYED_ACH, consent_id="c-TEL")
    world.run(10_000)
    types(world, BANK)
    payment = world.run(MINUTE)
    assert (payment.attempts[0].state, posted(world)) == (MoneyState.PENDING, [ASKED])
    assert payment.attempts[0].last4 == "6789"
    assert not payment.finished


def test_a_kept_card_is_charged_later_and_deleted(world: World) -> None:
    agree(_Agreeing(world.engine), "card_on_file")  # type: ignore[arg-type]
    nothing: dict[str, Any] = {
        "parts": only_base(usd(0)),
        "debt": debt(balance=None),
        "consent_id": "c-card_on_file",
    }
    begin(world, Entry.TERMINAL, operation="store_card", **nothing)
    assert world.run(MINUTE).finished
    [card] = world.engine.stored_cards("model", "01042")
    assert (card.brand, card.last4, world.charged()) == ("Visa", "4242", 0)
    begin(world, Entry.STORED_CARD, "payment-0002", card_id=card.card_id, by_clinic=True)
    world.run(MINUTE)
    assert (world.charged(), posted(world)) == (ASKED, [ASKED])
    forgetting = world.engine.begin_forget(card.card_id, "Kim")
    world.engine.end_forget(forgetting, work.forget(forgetting.token, world.engine.gateway))
    assert world.line.network.books.tokens == {}
    assert list(world.engine.stored_cards("model", "01042")) == []


def test_a_card_that_the_gateway_lost_is_said_and_takes_nothing(world: World) -> None:
    agree(_Agreeing(world.engine), "card_on_file")  # type: ignore[arg-type]
    nothing: dict[str, Any] = {
        "parts": only_base(usd(0)),
        "debt": debt(balance=None),
        "consent_id": "c-card_on_file",
    }
    begin(world, Entry.TERMINAL, operation="store_card", **nothing)
    world.run(MINUTE)
    [card] = world.engine.stored_cards("model", "01042")
    world.line.network.forget_token(card.token, world.clock.now_ms)
    begin(world, Entry.STORED_CARD, "payment-0002", card_id=card.card_id)
    world.run(MINUTE)
    refused = newest(world, "payment-0002")
    assert (refused.state, refused.reason, world.charged()) == (MoneyState.NOT_SENT, "token_gone", 0)


def test_a_slip_of_another_terminal_is_posted_and_charged_nowhere_here(world: World) -> None:
    begin(world, Entry.STANDALONE, slip=Slip(last4="4242", auth_code="0A91F3"))
    payment = world.run(MINUTE)
    assert payment.finished
    assert (world.charged(), posted(world)) == (0, [ASKED])


def test_a_deposit_by_link_is_posted_as_a_deposit(world: World) -> None:
    begin(world, Entry.LINK, operation="deposit", debt=debt(invoice_number="", balance=None))
    world.run(10_000)
    types(world, VISA)
    payment = world.run(MINUTE)
    assert payment.finished
    assert [p.kind for p in payment.postings] == ["deposit"]
    assert world.charged() == ASKED


def test_the_books_name_no_number_and_the_journal_no_token(world: World) -> None:
    agree(_Agreeing(world.engine), "card_on_file")  # type: ignore[arg-type]
    nothing: dict[str, Any] = {
        "parts": only_base(usd(0)),
        "debt": debt(balance=None),
        "consent_id": "c-card_on_file",
    }
    begin(world, Entry.KEYED_CARD, operation="store_card", page=True, **nothing)
    world.run(10_000)
    types(world, VISA)
    world.run(MINUTE)
    [card] = world.engine.stored_cards("model", "01042")
    kept = str(world.journal.since(0))
    assert VISA not in kept
    assert card.token not in kept
    assert card == replace(card, last4="4242")
