"""Every way to pay, asked of the desk: what is asked of the gateway, what is told, and what is refused."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.counter import until
from tests.apps.desk_in_memory import OWED, InMemory, desk_in_memory
from tests.engine.test_one_payment import usd
from tillbridge.apps.agent.asking import OFFERED
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.operation import OPERATIONS


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[InMemory]:
    with desk_in_memory(tmp_path) as made:
        yield made


def opened(desk: InMemory, payment_id: str = "payment-0001") -> dict[str, Any]:
    """Its page or link, as soon as it is open."""
    until(lambda: bool(desk.told(payment_id)["attempts"][-1]["url"]), "its page is open")
    attempt: dict[str, Any] = desk.told(payment_id)["attempts"][-1]
    return attempt


@pytest.mark.parametrize("entry", ["keyed_card", "link"])
def test_a_page_is_the_gateways_own_and_no_terminal_lights_up(desk: InMemory, entry: str) -> None:
    desk.pay(entry=entry, page=entry == "keyed_card", terminal_id="")
    attempt = opened(desk)
    assert attempt["where"] == ("link" if entry == "link" else "page")
    assert attempt["terminal_id"] == ""
    assert desk.captures() == [], "nobody has paid yet"
    desk.ask("cancel", "payment-0001")
    until(lambda: desk.told("payment-0001")["charged"] == "no", "it is closed")
    steps = " ".join(step["text"] for step in desk.ask("show", "payment-0001")["story"])
    assert "terminal" not in steps.replace("other terminal", "")


def test_a_link_is_for_as_long_as_was_asked(desk: InMemory) -> None:
    desk.pay(entry="link", valid_days=2)
    made = desk.told("payment-0001")["created_wall_ms"]
    assert abs(opened(desk)["expires_wall_ms"] - made - 2 * 86_400_000) < 60_000


@pytest.mark.parametrize("days", [61, -1])
def test_a_link_for_ever_is_refused(desk: InMemory, days: int) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.pay(entry="link", valid_days=days)
    assert refused.value.code == "link_life"
    assert desk.ask("payments")["payments"] == []


def test_what_is_held_by_a_link_is_not_taken_again(desk: InMemory) -> None:
    desk.pay(entry="link")
    opened(desk)
    with pytest.raises(OperatorError) as refused:
        desk.pay("payment-0002")
    assert refused.value.code == "nothing_owed"


def test_nothing_is_offered_that_the_table_of_operations_does_not_know() -> None:
    for operation, entries in OFFERED.items():
        assert entries <= (OPERATIONS[operation].entries or entries)


@pytest.mark.parametrize("entry", ["standalone_", "cash", ""])
def test_a_way_to_pay_that_there_is_not_begins_nothing(desk: InMemory, entry: str) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.pay(entry=entry)
    assert refused.value.code == "entry_not_offered"
    assert desk.ask("payments")["payments"] == []


def test_the_keypad_is_the_terminals_own(desk: InMemory) -> None:
    desk.pay(entry="keyed_card")
    until(lambda: desk.captures() == [OWED], "it is charged")
    assert desk.told("payment-0001")["attempts"][-1]["terminal_id"] == "front-desk-1"


def test_open_links_are_listed_by_client_and_shown_as_a_square(desk: InMemory) -> None:
    desk.pay(entry="link")
    url = opened(desk)["url"]
    listed = {client: desk.listed(client) for client in ("", "alva", "01042", "brown")}
    assert [len(rows) for rows in listed.values()] == [1, 1, 1, 0]
    shown = desk.ask("qr", "payment-0001")
    assert shown["url"] == url
    assert shown["svg"].startswith("<svg")
    assert base64.b64decode(shown["png"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    desk.ask("cancel", "payment-0001")
    until(lambda: desk.listed("") == [], "it is closed")
    with pytest.raises(OperatorError) as refused:
        desk.ask("qr", "payment-0001")
    assert refused.value.code == "no_open_link"


def test_a_terminal_is_armed_only_after_the_links_close_is_proved(desk: InMemory) -> None:
    desk.pay(entry="link")
    opened(desk)
    with pytest.raises(OperatorError) as refused:
        desk.pay("payment-0002", instead_of="payment-0001")
    assert refused.value.code == "link_closing"
    until(lambda: desk.told("payment-0001")["money_state"] == "cancelled", "the link is closed")
    desk.pay("payment-0002", instead_of="payment-0001")
    until(lambda: desk.captures() == [OWED], "it is charged once")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"send_by": "email", "send_to": "rosa"}, "email_unreadable"),
        ({"send_by": "text", "send_to": "12"}, "phone_unreadable"),
    ],
)
def test_an_address_that_cannot_be_one_makes_no_link(desk: InMemory, more: dict[str, str], code: str) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.pay(entry="link", **more)
    assert refused.value.code == code
    assert desk.ask("payments")["payments"] == []


def several(*rows: tuple[str, str]) -> list[dict[str, str]]:
    return [{"invoice_number": number, **({"amount": amount} if amount else {})} for number, amount in rows]


def test_one_tap_pays_several_invoices_and_each_gets_its_part(desk: InMemory) -> None:
    desk.screen.others = {"10467": 4_800}
    desk.pay(invoices=several(("10482", "12.40"), ("10467", "")))
    desk.finished()
    assert desk.captures() == [6_040]
    rows = sorted((row.invoice_number, row.amount.minor) for row in desk.screen.books)
    assert rows == [("10467", 4_800), ("10482", 1_240)]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"invoices": several(("10482", "12.00"), ("10999", ""))}, "invoice_not_open"),
        ({"invoices": several(("10482", "12.00"), ("10482", "3.00"))}, "field_wrong"),
        ({"invoices": several(("10482", "12.00"))}, "shares_invoices"),
        ({"invoices": several(("10482", "twelve"), ("10467", ""))}, "amount_unreadable"),
        ({"invoices": several(("10482", "12.00"), ("10467", "1.00")), "amount": "14.00"}, "shares_sum"),
        ({"invoices": several(("10482", "12.00"), ("10467", "48.01"))}, "not_chargeable"),
        ({"invoices": "10482, 10467"}, "field_wrong"),
        ({"invoices": []}, "field_wrong"),
        ({"invoices": [10482, 10467]}, "field_wrong"),
    ],
)
def test_an_allocation_that_cannot_be_meant_charges_nothing(
    desk: InMemory, more: dict[str, Any], code: str
) -> None:
    desk.screen.others = {"10467": 4_800}
    with pytest.raises(OperatorError) as refused:
        desk.pay(**more)
    assert refused.value.code == code
    assert desk.captures() == []
    assert desk.ask("payments")["payments"] == []


def test_a_link_that_is_not_needed_any_more_is_closed_when_the_balance_is_read(desk: InMemory) -> None:
    """A colleague took cash: nobody can pay the link for it as well."""
    desk.pay(entry="link", amount="100.00")
    opened(desk)
    assert desk.ask("invoice")["chargeable"]["minor"] == OWED - 10_000
    assert len(desk.listed("")) == 1, "as long as it fits it stays"
    desk.screen.balance = usd(9_999)
    desk.ask("invoice")
    until(lambda: desk.listed("") == [], "it is closed")
    assert desk.told("payment-0001")["charged"] == "no"
