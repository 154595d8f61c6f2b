"""Giving money back, asked of the desk: first told what it would be, then done once, with a name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.counter import until
from tests.apps.desk_in_memory import OWED, InMemory, desk_in_memory
from tillbridge.domain.errors import OperatorError

PAID, BACK = "payment-0001", "give-back-0001"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[InMemory]:
    with desk_in_memory(tmp_path) as made:
        yield made


@pytest.fixture
def paid(desk: InMemory) -> InMemory:
    desk.pay()
    desk.finished()
    return desk


def back(desk: InMemory, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = desk.ask("give_back", PAID, {"give_back_id": BACK, "person": "Dana", **more})
    return told["payment"]  # type: ignore[no-any-return]  # a view


def gone_back(desk: InMemory) -> list[tuple[str, int]]:
    """What the card network's own books say went back."""
    lines = desk.line.network.books.entries
    return [(str(line.kind), line.amount) for line in lines if line.kind in ("void", "refund")]


def test_an_offer_tells_the_way_the_most_and_when_the_client_sees_it(paid: InMemory) -> None:
    told = paid.ask("offer", PAID)
    assert (told["way"], told["seen"], told["amount"]["minor"]) == ("void", "today", OWED)
    assert (
        told["text"] == "Take $212.40 back from Visa 4242 as if it had never been. The client sees it today."
    )
    assert gone_back(paid) == [], "an offer changes nothing"
    assert paid.ask("payments")["payments"][0]["given_back"]["minor"] == 0


def test_a_part_is_offered_for_after_the_batch_where_it_cannot_go_now(paid: InMemory) -> None:
    told = paid.ask("offer", PAID, {"amount": "38.50"})
    assert (told["way"], told["when"], told["amount"]["minor"]) == ("refund", "settled", 3_850)
    assert "by itself after tonight's batch" in told["text"]
    assert told["left"]["minor"] == OWED


def test_all_of_it_goes_back_once_and_out_of_the_books_once(paid: InMemory) -> None:
    assert back(paid)["of"] == PAID
    assert paid.finished(BACK)["posting_state"] == "posted"
    again = back(paid)
    assert again["payment_id"] == BACK, "the same number is the same giving back"
    assert gone_back(paid) == [("void", OWED)]
    assert sum(row.amount.minor for row in paid.screen.books) == 0
    assert paid.told(PAID)["went_back"] == "whole"


def test_a_part_waits_for_the_batch_and_goes_by_itself(paid: InMemory) -> None:
    waits = back(paid, amount="38.50")
    assert waits["attempts"][-1]["queued"] == "settled"
    assert gone_back(paid) == []
    assert paid.ask("offer", PAID)["left"]["minor"] == OWED - 3_850, "it is held already"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"person": " "}, "person_missing"),
        ({"amount": "212.41"}, "over_refund"),
        ({"amount": "-1.00"}, "amount_not_positive"),
        ({"amount": "0.00"}, "amount_not_positive"),
        ({"give_back_id": "x"}, "field_wrong"),
        ({"give_back_id": PAID}, "payment_id_used"),
        ({"in_software": "yes"}, "field_wrong"),
    ],
)
def test_what_cannot_be_meant_gives_nothing_back(paid: InMemory, body: dict[str, Any], code: str) -> None:
    with pytest.raises(OperatorError) as refused:
        back(paid, **body)
    assert refused.value.code == code
    assert gone_back(paid) == []
    assert len(paid.ask("payments")["payments"]) == 1


def test_what_was_not_charged_has_nothing_to_give_back(desk: InMemory) -> None:
    desk.pay(entry="link")
    for name in ("offer", "give_back"):
        with pytest.raises(OperatorError) as refused:
            desk.ask(name, PAID, {"give_back_id": BACK, "person": "Dana"})
        assert refused.value.code == "nothing_to_give_back"


def test_a_gateway_that_does_not_tell_is_asked_again_by_itself(paid: InMemory) -> None:
    """The wish is written down; nothing is guessed."""
    inquire = paid.runner.ask(lambda engine: engine.gateway).inquire
    paid.runner.ask(lambda engine: setattr(engine.gateway, "inquire", _broken))
    try:
        with pytest.raises(OperatorError) as refused:
            paid.ask("offer", PAID)
        assert refused.value.code == "gateway_does_not_tell"
        assert back(paid)["attempts"][-1]["queued"] == "asked"
    finally:
        paid.runner.ask(lambda engine: setattr(engine.gateway, "inquire", inquire))
    paid.ask("resume", BACK)
    until(lambda: gone_back(paid) == [("void", OWED)], "it went back")


def _broken(*_: object) -> None:
    raise RuntimeError("no line")


def test_a_deposit_is_the_clients_own_and_goes_back_as_one(desk: InMemory) -> None:
    desk.pay(operation="deposit", amount="80.00")
    told = desk.finished()
    assert (told["invoice_number"], told["postings"][0]["kind"]) == ("", "deposit")
    back(desk)
    assert desk.finished(BACK)["charged"] == "yes"
    assert gone_back(desk) == [("void", 8_000)]


def test_a_deposit_without_an_amount_is_refused(desk: InMemory) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.pay(operation="deposit")
    assert refused.value.code == "amount_missing"


def test_what_was_queued_goes_back_when_the_batch_is_read(paid: InMemory) -> None:
    """Nobody presses anything for it."""
    back(paid, amount="38.50")
    paid.line.network.settle(paid.now_ms())
    paid.ask("settle")
    until(lambda: gone_back(paid) == [("refund", 3_850)], "it goes by itself")
    assert paid.finished(BACK)["posting_state"] == "posted"
    assert paid.ask("strangers")["strangers"] == []


def test_what_went_back_without_us_is_written_down_with_a_name(paid: InMemory) -> None:
    body = {"record_id": "record-0001", "amount": "38.50", "how": "slip of the other terminal"}
    with pytest.raises(OperatorError) as refused:
        paid.ask("record_given_back", PAID, body)
    assert refused.value.code == "person_missing"
    paid.ask("record_given_back", PAID, {**body, "person": "Dana", "in_software": True})
    assert gone_back(paid) == [], "nothing is sent"
    assert paid.told(PAID)["given_back"]["minor"] == 3_850
    assert paid.ask("offer", PAID)["left"]["minor"] == OWED - 3_850


def test_what_an_older_machine_took_can_be_given_back_by_its_slip(desk: InMemory) -> None:
    """No dead end for a payment that no record of ours knows."""
    slip = {"slip_last4": "4242", "slip_code": "ab12cd", "person": "Dana"}
    desk.pay(operation="credit", entry="standalone", amount="12.00", **slip)
    until(lambda: desk.told(PAID)["posting_state"] == "posted", "it is in the books")
    assert [row.amount.minor for row in desk.screen.books] == [-1_200]
    with pytest.raises(OperatorError) as refused:
        desk.pay("payment-0002", operation="credit", amount="12.00")
    assert refused.value.code == "entry_not_offered"


def test_nothing_goes_back_while_the_record_may_lack_payments(paid: InMemory) -> None:
    """It may have gone back already, as the card processor's list would show."""
    paid.restored.closed = True
    with pytest.raises(OperatorError) as refused:
        back(paid)
    assert refused.value.code == "restored_first"
    assert gone_back(paid) == []


def test_a_pause_of_the_screen_holds_for_everything_that_is_read_from_it(paid: InMemory) -> None:
    marker = paid.told(PAID)["postings"][0]["marker"]
    several = [{"invoice_number": "10482"}, {"invoice_number": "10467"}]
    paid.ask("pause", body={})
    asked: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("move", PAID, {"marker": marker, "person": "Dana"}),
        ("pay", "", {"payment_id": "payment-0002", "operation": "deposit", "amount": "5.00"}),
        ("pay", "", {"payment_id": "payment-0002", "operation": "store_card", "consent_id": "agreed-0001"}),
        ("pay", "", {"payment_id": "payment-0002", "invoices": several}),
    )
    acts = list(paid.screen.acts)
    for name, payment_id, body in asked:
        with pytest.raises(OperatorError) as refused:
            paid.ask(name, payment_id, body)
        assert refused.value.code == "paused_until"
    assert paid.screen.acts == acts, "nobody looked at the screen"
    assert back(paid)["of"] == PAID, "money goes on"


def test_a_card_payment_is_no_wrong_bank_debit(paid: InMemory) -> None:
    """What the banks' rules allow for their debits alone is refused for everything else."""
    with pytest.raises(OperatorError):
        back(paid, error="duplicate")
    assert gone_back(paid) == []
