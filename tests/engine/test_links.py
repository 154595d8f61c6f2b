"""Payment links at the engine: sent once, reminded once, closed when not needed, posted with nobody there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.engine.clinic import MILO, ROSA, Clinic
from tests.engine.scripted_desk import ASKED, PAID, SESSION, Desk, debt, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Inquire, Look, Post, Send, SendMessage
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Cancelled, CannotTell, Found, PartiallyApproved, Pending
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.domain.reach import Reach
from tillbridge.engine.policy import DAY, HOUR, MINUTE, SECOND, Policy
from tillbridge.ports.messages import Delivered, MaybeDelivered, Message, MessageKind, NotDelivered, Sent

LINK: dict[str, Any] = {"entry": Entry.LINK}
SENT: dict[str, Any] = LINK | {"send_by": "text", "send_to": "(555) 234-0147"}
WAITS = Found(outcome=Pending(kind="entry"))
CLOSED = Found(outcome=Cancelled(by="cashier"))


@dataclass
class Courier:
    """A messenger that says what it is told to say."""

    desk: Desk
    says: Sent | Exception = field(default_factory=Delivered)
    offered: frozenset[MessageKind] = frozenset({"email", "text"})
    sent: list[Message] = field(default_factory=list)
    at_sending: list[Reach | None] = field(default_factory=list)

    def kinds(self) -> frozenset[MessageKind]:
        return self.offered

    def send(self, message: Message) -> Sent:
        self.sent.append(message)
        self.at_sending.append(self.desk.known().attempts[-1].reach)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def close(self) -> None:
        """Nothing to close."""


class LinkDesk(Desk):
    """A desk that can tell its clients; the gateway says that the link waits."""

    def __init__(self) -> None:
        self.courier = Courier(self)
        super().__init__()
        self.gateway.opened = replace(SESSION, expires_wall_ms=self.clock.now_ms + 7 * DAY)
        self.gateway.told = WAITS

    def restarted(self) -> Any:
        engine = super().restarted()
        self.engine = replace(
            engine, messenger=self.courier, policy=replace(engine.policy, clinic_name="Oak Vets")
        )
        return self.engine

    def attempt(self) -> Attempt:
        return self.known().attempts[-1]

    def reach(self) -> Reach:
        reach = self.attempt().reach
        assert reach is not None
        return reach

    def opened(self, **changes: Any) -> Payment:
        self.begin(**(LINK | changes))
        return self.step(Send, changes.get("payment_id", "p1"))

    def message_in_ms(self) -> int | None:
        return next((d.in_ms for d in self.engine.due() if isinstance(d.command, SendMessage)), None)

    def closed(self) -> None:
        """The gateway says that it is closed, and is asked."""
        self.gateway.told = CLOSED
        self.wait(SECOND)
        self.step(Inquire)


@pytest.fixture
def linked() -> LinkDesk:
    return LinkDesk()


# ---- telling the client ---------------------------------------------------------------------------


def test_a_link_is_sent_once_it_is_open_with_its_start_written_down_before(linked: LinkDesk) -> None:
    linked.begin(**SENT)
    assert linked.message_in_ms() is None, "nobody is told of an address that nobody knows"
    linked.step(Send)
    linked.step(SendMessage)
    [message], [before] = linked.courier.sent, linked.courier.at_sending
    assert (message.kind, message.to, message.subject) == ("text", "+15552340147", "")
    assert before is not None
    assert (before.sending, before.key) == ("link", message.key)
    assert message.text == (
        "Oak Vets: please pay $212.40 for invoice 10482 here: https://gateway.example/pay/s1 "
        "It can be paid for 7 days."
    )
    assert (linked.reach().sent_at, linked.reach().sure) == (linked.clock.now(), True)


def test_no_message_names_the_client(linked: LinkDesk) -> None:
    linked.opened(send_by="email", send_to="rosa@example.org")
    linked.step(SendMessage)
    assert linked.courier.sent[0].subject == "Your payment at Oak Vets"
    assert "Alvarez" not in linked.courier.sent[0].text + linked.courier.sent[0].subject


def test_a_deposits_link_asks_for_a_deposit(linked: LinkDesk) -> None:
    linked.opened(**SENT, operation="deposit", debt=debt(invoice_number="", balance=None))
    linked.step(SendMessage)
    assert "your deposit of $212.40" in linked.courier.sent[0].text


def test_a_link_that_is_only_shown_sends_nothing(linked: LinkDesk) -> None:
    linked.opened()
    assert linked.message_in_ms() is None


@pytest.mark.parametrize(
    ("way", "code"),
    [
        ({"send_by": "email", "send_to": "rosa"}, "email_unreadable"),
        ({"send_by": "text", "send_to": "12"}, "phone_unreadable"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_before_anything_is_written(
    linked: LinkDesk, way: dict[str, Any], code: str
) -> None:
    with pytest.raises(OperatorError) as refused:
        linked.begin(**LINK, **way)
    assert refused.value.code == code
    assert linked.journal.since(0) == ()


@pytest.mark.parametrize("says", [MaybeDelivered(cause="read_timeout"), OSError("line cut")])
def test_a_message_that_may_have_gone_out_is_not_sent_again_by_itself(
    linked: LinkDesk, says: Sent | Exception
) -> None:
    linked.courier.says = says
    linked.opened(**SENT)
    linked.step(SendMessage)
    assert not linked.reach().sure
    assert linked.message_in_ms() == 3 * DAY, "only the reminder is left"


def test_a_crash_while_a_message_is_on_its_way_sends_it_no_second_time(linked: LinkDesk) -> None:
    linked.opened(**SENT)
    due = next(d for d in linked.engine.due() if isinstance(d.command, SendMessage))
    assert linked.engine.start("p1", due.command) is not None
    assert linked.message_in_ms() is None
    linked.restarted().recover()
    assert linked.reach().sent_at is not None
    assert not linked.reach().sure


@pytest.mark.parametrize(("later", "tried_again_in"), [(True, MINUTE), (False, None)])
def test_a_message_that_surely_did_not_go_out_is_tried_again_where_that_may_help(
    linked: LinkDesk, later: bool, tried_again_in: int | None
) -> None:
    linked.courier.says = NotDelivered(code="mail_unreachable", later=later)
    linked.opened(**SENT)
    linked.step(SendMessage)
    assert linked.reach().failed == "mail_unreachable"
    assert linked.message_in_ms() == tried_again_in


def test_each_message_has_a_key_of_its_own(linked: LinkDesk) -> None:
    linked.courier.says = NotDelivered(code="mail_unreachable", later=True)
    linked.opened(**SENT)
    linked.step(SendMessage)
    linked.courier.says = Delivered()
    linked.step(SendMessage)
    linked.engine.send_link("p1", person="Kim")
    linked.step(SendMessage)
    assert len({message.key for message in linked.courier.sent}) == 3
    assert len(linked.courier.sent) == 3


def test_where_no_messenger_is_set_up_a_person_is_told_and_the_link_stays(linked: LinkDesk) -> None:
    linked.courier.offered = frozenset()
    linked.opened(**SENT)
    linked.step(SendMessage)
    assert linked.reach().failed == "text_not_set_up"
    assert linked.state() is MoneyState.RUNNING


# ---- once more, and reminded ----------------------------------------------------------------------


def test_a_link_is_sent_once_more_to_another_address(linked: LinkDesk) -> None:
    linked.opened(**SENT)
    linked.step(SendMessage)
    linked.engine.send_link("p1", "email", "rosa@example.org", "Kim")
    linked.step(SendMessage)
    assert [(m.kind, m.to) for m in linked.courier.sent] == [
        ("text", "+15552340147"),
        ("email", "rosa@example.org"),
    ]
    assert len({a.session for a in linked.known().attempts}) == 1, "the same link"


@pytest.mark.parametrize(
    ("by", "to", "code"),
    [("email", "", "address_missing"), ("", "", "address_missing"), ("email", "no", "email_unreadable")],
)
def test_a_link_goes_nowhere_without_an_address(linked: LinkDesk, by: str, to: str, code: str) -> None:
    linked.opened()
    with pytest.raises(OperatorError) as refused:
        linked.engine.send_link("p1", by, to)
    assert refused.value.code == code


def test_a_link_that_ended_is_made_anew_and_sent_to_the_same_address(linked: LinkDesk) -> None:
    linked.opened(**SENT)
    linked.step(SendMessage)
    linked.gateway.told = Found(outcome=Cancelled(by="timeout"))
    linked.wait(7 * DAY)
    linked.step(Inquire)
    linked.gateway.opened = replace(SESSION, session_id="s2", url="https://gateway.example/pay/s2")
    linked.engine.try_again("p1")
    linked.step(Send)
    linked.step(SendMessage)
    assert [m.to for m in linked.courier.sent] == ["+15552340147"] * 2
    assert "pay/s2" in linked.courier.sent[1].text
    assert len({m.key for m in linked.courier.sent}) == 2


def test_what_was_paid_or_is_being_closed_is_not_sent_any_more(linked: LinkDesk) -> None:
    linked.opened(**SENT)
    linked.engine.cancel("p1")
    assert linked.message_in_ms() is None
    with pytest.raises(OperatorError) as refused:
        linked.engine.send_link("p1")
    assert refused.value.code == "no_open_link"


def test_a_message_on_its_way_is_waited_for(linked: LinkDesk) -> None:
    linked.opened(**SENT)
    due = next(d for d in linked.engine.due() if isinstance(d.command, SendMessage))
    linked.engine.start("p1", due.command)
    with pytest.raises(OperatorError) as refused:
        linked.engine.send_link("p1")
    assert refused.value.code == "message_on_its_way"


def test_the_client_is_reminded_once_on_the_third_day_over_restarts(linked: LinkDesk) -> None:
    linked.opened(**SENT)
    linked.step(SendMessage)
    linked.clock.reboot()
    linked.wait(3 * DAY - 1)
    linked.restarted().recover()
    linked.step(Inquire)
    assert linked.message_in_ms() == 1
    linked.wait(1)
    linked.step(SendMessage)
    assert linked.courier.sent[-1].text.startswith("Oak Vets: a reminder, $212.40")
    assert linked.message_in_ms() is None
    assert len(linked.courier.sent) == 2


def test_a_link_that_ends_before_the_third_day_needs_no_reminder(linked: LinkDesk) -> None:
    linked.opened(**SENT, valid_ms=2 * DAY)
    linked.step(SendMessage)
    assert linked.message_in_ms() is None


def test_a_paid_link_reminds_nobody(linked: LinkDesk) -> None:
    linked.opened(**SENT)
    linked.step(SendMessage)
    linked.gateway.told = Found(outcome=PAID)
    linked.wait(MINUTE)
    linked.step(Inquire)
    linked.wait(4 * DAY)
    assert linked.message_in_ms() is None


# ---- rule 4: a link holds its amount --------------------------------------------------------------


def test_a_terminal_is_armed_only_after_the_links_close_is_proved(linked: LinkDesk) -> None:
    linked.opened()
    second: dict[str, Any] = {"payment_id": "p2", "instead_of": "p1"}
    with pytest.raises(OperatorError) as refused:
        linked.begin(payment_id="p2")
    assert refused.value.code == "not_chargeable"
    for told in (WAITS, CannotTell(cause="read_timeout")):
        with pytest.raises(OperatorError) as refused:
            linked.begin(**second)
        assert refused.value.code == "link_closing"
        assert linked.journal.payment("p2") is None
        linked.gateway.told = told
        linked.wait(SECOND)
        linked.step(Inquire)
    assert linked.attempt().closing == "instead"
    linked.closed()
    begun = linked.begin(**second)
    assert begun.attempts[0].state is MoneyState.CREATED
    assert linked.journal.held_minor(debt().scope) == ASKED


def test_a_link_that_was_paid_while_it_was_closed_takes_nothing_a_second_time(linked: LinkDesk) -> None:
    linked.opened()
    with pytest.raises(OperatorError):
        linked.begin(payment_id="p2", instead_of="p1")
    linked.gateway.told = Found(outcome=PAID)
    linked.wait(SECOND)
    linked.step(Inquire)
    with pytest.raises(OperatorError) as refused:
        linked.begin(payment_id="p2", instead_of="p1")
    assert refused.value.code == "link_paid"


def test_another_card_may_be_tried_instead_of_a_link(linked: LinkDesk) -> None:
    linked.gateway.started = Cancelled(by="client")
    linked.begin(payment_id="p2")
    linked.step(Send, "p2")
    linked.opened()
    with pytest.raises(OperatorError) as refused:
        linked.engine.try_again("p2", instead_of="p1")
    assert refused.value.code == "link_closing"
    linked.closed()
    assert len(linked.engine.try_again("p2", instead_of="p1").attempts) == 2


def test_only_a_link_or_page_is_closed_instead(desk: Desk) -> None:
    desk.gateway.started = Pending(kind="terminal")
    desk.begin()
    desk.step(Send)
    with pytest.raises(OperatorError) as refused:
        desk.begin(payment_id="p2", instead_of="p1")
    assert refused.value.code == "still_finding_out"
    assert "cancel" not in desk.gateway.calls


# ---- paid another way -----------------------------------------------------------------------------


@pytest.mark.parametrize(("owed", "stays"), [(ASKED, True), (ASKED - 1, False), (0, False)])
def test_a_link_is_closed_by_itself_when_less_is_owed_than_it_asks_for(
    linked: LinkDesk, owed: int, stays: bool
) -> None:
    linked.opened(**SENT)
    closed = linked.engine.balance_read(debt(balance=usd(owed)))
    assert [p.payment_id for p in closed] == ([] if stays else ["p1"])
    assert linked.attempt().closing == ("" if stays else "paid_otherwise")
    assert linked.engine.balance_read(debt(balance=usd(owed))) == [], "asked once"


def test_a_link_for_a_part_stays_as_long_as_that_part_is_owed(linked: LinkDesk) -> None:
    linked.opened(minor=10_000)
    assert linked.engine.balance_read(debt(balance=usd(10_000))) == []
    assert len(linked.engine.balance_read(debt(balance=usd(9_999)))) == 1


def test_what_is_being_taken_beside_a_link_counts_as_paid(linked: LinkDesk) -> None:
    linked.opened(minor=10_000)
    linked.gateway.started = Pending(kind="terminal")
    linked.begin(minor=ASKED - 10_000, payment_id="p2")
    linked.step(Send, "p2")
    assert linked.engine.balance_read(debt()) == []
    assert len(linked.engine.balance_read(debt(balance=usd(ASKED - 1)))) == 1


@pytest.mark.parametrize("other", [{"invoice_number": "10483"}, {"account_id": "1042"}, {"balance": None}])
def test_another_invoice_or_none_closes_nothing(linked: LinkDesk, other: dict[str, Any]) -> None:
    linked.opened()
    assert linked.engine.balance_read(debt(**({"balance": usd(0)} | other))) == []


def test_a_deposits_link_is_owed_by_no_invoice(linked: LinkDesk) -> None:
    linked.opened(operation="deposit")
    assert linked.engine.balance_read(debt(balance=usd(0))) == []


def test_our_own_card_that_stands_in_the_books_closes_the_link_for_the_same_money(linked: LinkDesk) -> None:
    """The link was made for a part, and the terminal took a part, and somebody took some in cash."""
    linked.opened(minor=15_000)
    linked.gateway.started = replace(PAID, amount=usd(5_000))
    linked.begin(minor=5_000, payment_id="p2")
    linked.step(Send, "p2")
    linked.practice.balance = usd(12_000)
    linked.step(Post, "p2")
    assert linked.attempt().closing == "paid_otherwise"


# ---- nobody there ---------------------------------------------------------------------------------


def test_a_part_that_a_client_paid_at_night_is_kept_without_asking(linked: LinkDesk) -> None:
    linked.opened()
    part = PartiallyApproved(amount=usd(6_000), asked=usd(ASKED), gateway_ref="g1")
    linked.gateway.told = Found(outcome=part)
    linked.wait(MINUTE)
    linked.step(Inquire)
    linked.step(Post)
    assert linked.posting() is PostingState.POSTED
    assert linked.known().finished


def test_a_link_paid_with_the_computer_off_and_another_client_open_posts_itself() -> None:
    """Nobody presses anything: after the start it is learned, waits for its moment, and goes to its own client."""
    clinic = Clinic()
    clinic.owe(ASKED)
    clinic.gateway.opened = replace(SESSION, expires_wall_ms=clinic.clock.now_ms + 7 * DAY)
    clinic.gateway.told = WAITS
    clinic.pay("p1", ASKED, ROSA, entry=Entry.LINK)
    clinic.lets_pass(HOUR)
    clinic.clock.reboot()
    clinic.clock.now_ms += 14 * HOUR
    clinic.gateway.told = Found(outcome=replace(PAID, gateway_ref="g-p1"))
    clinic.books.open, clinic.books.open_invoice = MILO, "20001"
    clinic.books.busy_until_ms = clinic.clock.now_ms + 30 * SECOND
    clinic.restarted()
    clinic.lets_pass(2 * MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED
    [row] = clinic.books.rows
    assert (row.account_id, row.invoice_number, row.amount.minor) == (ROSA[0], "10482", ASKED)
    assert clinic.payment("p1").finished
    assert [call for call in clinic.gateway.calls if call.startswith("open")] == ["open card link"]


# ---- the day it belongs to ------------------------------------------------------------------------


MIDNIGHT = 20_000 * DAY


@pytest.mark.parametrize(
    ("ends_ms", "learned_ms", "day"),
    [
        (0, MIDNIGHT - 10 * MINUTE, 19_999),
        (0, MIDNIGHT + 3 * HOUR, 20_000),
        (-2 * HOUR, MIDNIGHT - 10 * MINUTE, 20_000),
        (-2 * HOUR, MIDNIGHT - 2 * HOUR - 1, 19_999),
        (4 * HOUR, MIDNIGHT + 3 * HOUR, 19_999),
        (4 * HOUR, MIDNIGHT + 4 * HOUR, 20_000),
    ],
)
def test_the_business_day_of_a_link_is_decided_once_when_it_is_learned(
    linked: LinkDesk, ends_ms: int, learned_ms: int, day: int
) -> None:
    linked.engine = replace(linked.engine, policy=Policy(day_ends_ms=ends_ms))
    linked.opened()
    linked.gateway.told = Found(outcome=PAID)
    linked.clock.now_ms = learned_ms
    linked.step(Inquire)
    assert linked.attempt().business_day == day
    linked.wait(3 * DAY)
    linked.tell("settled", linked.attempt().reference, amount_minor=ASKED, business_day=day + 3)
    assert linked.attempt().business_day == day


# ---- the list -------------------------------------------------------------------------------------


def test_outstanding_links_are_found_by_client(linked: LinkDesk) -> None:
    linked.opened()
    linked.opened(payment_id="p2", debt=debt(account_id="00017", client="Brandt, Milo", invoice_number="2"))
    linked.begin(payment_id="p3", debt=debt(invoice_number="3"))

    def found(text: str) -> list[str]:
        return [p.payment_id for p in linked.engine.open_links(text)]

    assert found("") == ["p1", "p2"]
    assert found("milo") == found("00017") == ["p2"]
    assert found("nobody") == []
    linked.engine.cancel("p1")
    linked.gateway.told = CLOSED
    linked.wait(SECOND)
    linked.step(Inquire)
    assert found("") == ["p2"]


def test_what_was_looked_at_after_a_doubt_closes_no_link_before_it_is_in_the_books(linked: LinkDesk) -> None:
    """The row is ours and not yet told: counted as owed and as held it would look like money that others paid."""
    linked.opened(minor=10_000)
    linked.gateway.started = replace(PAID, amount=usd(ASKED - 10_000))
    linked.begin(minor=ASKED - 10_000, payment_id="p2")
    linked.step(Send, "p2")
    linked.practice.typing_plan = ["late"]
    linked.step(Post, "p2")
    assert linked.attempt().closing == ""
    linked.wait(5 * SECOND)
    linked.step(Look, "p2")
    assert linked.journal.payment("p2").finished  # type: ignore[union-attr]
    assert linked.attempt().closing == ""
