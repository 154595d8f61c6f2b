"""Agreements, kept cards, bank debits, slips of other terminals, and moving a payment, asked of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.counter import until
from tests.apps.desk_in_memory import OWED, InMemory, desk_in_memory
from tillbridge.domain.errors import OperatorError

AGREED = {
    "consent_id": "agreed-0001",
    "kind": "card_on_file",
    "text": "I agree that my card is kept.",
    "version": "2026-11",
    "how": "signed, in the file",
    "given_by": "Rosa Alvarez",
    "person": "Dana",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[InMemory]:
    with desk_in_memory(tmp_path) as made:
        yield made


def agree(desk: InMemory, **more: str) -> dict[str, Any]:
    consent: dict[str, Any] = desk.ask("record_consent", body={**AGREED, **more})["consent"]
    return consent


def keep(desk: InMemory, payment_id: str = "keep-0001", **more: str) -> dict[str, Any]:
    """A card is kept at the terminal; how it is listed then."""
    desk.pay(payment_id, operation="store_card", consent_id=more.pop("consent_id", "agreed-0001"), **more)
    desk.finished(payment_id)
    card: dict[str, Any] = desk.ask("stored_cards")["cards"][0]
    return card


def refused(code: str, desk: InMemory, name: str, body: dict[str, Any], payment_id: str = "") -> None:
    with pytest.raises(OperatorError) as told:
        desk.ask(name, payment_id, body)
    assert told.value.code == code


def test_a_card_is_kept_charged_and_deleted_and_its_token_is_never_told(desk: InMemory) -> None:
    agree(desk)
    card = keep(desk)
    assert (card["last4"], card["consent_id"], card["trouble"]) == ("4242", "agreed-0001", None)
    assert desk.captures() == [], "keeping a card takes no money"
    desk.pay("payment-0002", entry="stored_card", card_id=card["card_id"], terminal_id="")
    assert desk.finished("payment-0002")["posting_state"] == "posted"
    assert desk.captures() == [OWED]
    tokens = {line.token for line in desk.line.network.books.entries if line.token}
    shown = f"{desk.ask('stored_cards')} {desk.ask('payments')} {desk.ask('show', 'payment-0002')}"
    assert tokens
    assert not [token for token in tokens if token in shown]
    desk.ask("forget_card", body={"card_id": card["card_id"], "person": "Dana"})
    assert desk.ask("stored_cards")["cards"] == []
    assert any(line.kind == "token_gone" for line in desk.line.network.books.entries)


def test_a_card_comes_in_the_place_of_another(desk: InMemory) -> None:
    agree(desk)
    first = keep(desk)
    agree(desk, consent_id="agreed-0002")
    second = keep(desk, "keep-0002", consent_id="agreed-0002", replaces=first["card_id"])
    listed = [card["card_id"] for card in desk.ask("stored_cards")["cards"]]
    assert listed == [second["card_id"]]


def test_nothing_is_kept_or_debited_without_an_agreement(desk: InMemory) -> None:
    for body in ({"operation": "store_card"}, {"entry": "keyed_ach"}, {"entry": "stored_card"}):
        with pytest.raises(OperatorError) as told:
            desk.pay(**body)
        assert told.value.code in ("consent_missing", "card_gone")
    assert desk.ask("payments")["payments"] == []


@pytest.mark.parametrize("left_out", ["text", "version", "how", "given_by", "person", "kind", "consent_id"])
def test_an_agreement_is_whole_or_it_is_none(desk: InMemory, left_out: str) -> None:
    with pytest.raises(OperatorError):
        desk.ask("record_consent", body={name: value for name, value in AGREED.items() if name != left_out})
    assert desk.ask("stored_cards")["consents"] == []


def test_an_agreement_that_ended_charges_nothing_more(desk: InMemory) -> None:
    agree(desk)
    card = keep(desk)
    desk.ask("revoke_consent", body={"consent_id": "agreed-0001", "person": "Dana"})
    trouble = desk.ask("stored_cards")["cards"][0]["trouble"]
    assert trouble["code"] == "consent_ended"
    assert trouble["number"].startswith("TB-")
    with pytest.raises(OperatorError) as told:
        desk.pay("payment-0002", entry="stored_card", card_id=card["card_id"])
    assert told.value.code == "consent_ended"
    assert desk.captures() == []


def test_decisions_about_cards_carry_a_name(desk: InMemory) -> None:
    agree(desk)
    card = keep(desk)
    refused("person_missing", desk, "forget_card", {"card_id": card["card_id"]})
    refused("person_missing", desk, "revoke_consent", {"consent_id": "agreed-0001", "person": " "})
    refused("person_missing", desk, "record_consent", {**AGREED, "person": ""})
    assert desk.ask("stored_cards")["cards"] == [card]


def test_a_bank_debit_is_taken_on_the_banks_page_under_its_agreement(desk: InMemory) -> None:
    agree(desk, kind="PPD")
    desk.pay(entry="keyed_ach", consent_id="agreed-0001")
    until(lambda: bool(desk.told("payment-0001")["attempts"][-1]["url"]), "its page is open")
    assert desk.told("payment-0001")["attempts"][-1]["where"] == "page"


SLIP = {"slip_last4": "4242", "slip_code": "ab12cd", "person": "Dana"}


def test_what_another_terminal_took_is_entered_like_the_rest_and_checked_at_the_end_of_the_day(
    desk: InMemory,
) -> None:
    desk.pay(entry="standalone", **SLIP)
    until(lambda: desk.told("payment-0001")["posting_state"] == "posted", "it is in the books")
    attempt = desk.told("payment-0001")["attempts"][-1]
    assert (attempt["auth_code"], attempt["to_check"]) == ("AB12CD", True)
    assert desk.captures() == [], "our card processor took nothing"
    desk.ask("slip_checked", "payment-0001", {"person": "Dana"})
    assert desk.told("payment-0001")["attempts"][-1]["to_check"] is False
    refused("nothing_to_decide", desk, "slip_checked", {"person": "Dana"}, "payment-0001")
    assert desk.finished()["charged"] == "yes"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"person": ""}, "person_missing"),
        ({"slip_last4": "424"}, "slip_last4"),
        ({"slip_last4": "4242424242424242"}, "slip_last4"),
        ({"slip_code": ""}, "slip_code"),
        ({"slip_code": "what?"}, "slip_code"),
    ],
)
def test_a_slip_that_cannot_be_one_is_refused(desk: InMemory, more: dict[str, str], code: str) -> None:
    with pytest.raises(OperatorError) as told:
        desk.pay(entry="standalone", **{**SLIP, **more})
    assert told.value.code == code
    assert desk.ask("payments")["payments"] == []


def test_a_payment_moves_to_the_invoice_that_is_open_now_and_the_card_is_not_touched(desk: InMemory) -> None:
    desk.pay(amount="12.00")
    marker = desk.finished()["postings"][0]["marker"]
    refused("person_missing", desk, "move", {"marker": marker}, "payment-0001")
    refused("nothing_to_move", desk, "move", {"marker": marker, "person": "Dana"}, "payment-0001")
    desk.screen.invoice_number = "10483"
    desk.ask("move", "payment-0001", {"marker": marker, "person": "Dana"})
    moved = desk.finished()
    rows = {(row.invoice_number, row.amount.minor) for row in desk.screen.books}
    assert rows == {("10482", 1_200), ("10482", -1_200), ("10483", 1_200)}
    assert len(desk.captures()) == 1
    assert moved["charged"] == "yes"


def test_the_account_and_the_methods_are_told_as_the_software_has_them(desk: InMemory) -> None:
    told = desk.ask("account")
    assert (told["client"], told["balance"]["minor"]) == ("Alvarez, Rosa", OWED)
    assert desk.ask("payment_methods")["methods"] != []
    desk.ask("pause", body={})
    for name in ("account", "payment_methods"):
        assert desk.ask(name)["trouble"]["code"] == "paused_until"
    refused("paused_until", desk, "stored_cards", {})
    refused("paused_until", desk, "record_consent", AGREED)
