"""Cards on file: agreed first, kept at the gateway, charged at the desk or later, replaced, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.engine.scripted_desk import ASKED, PAID, SESSION, Desk, agree, debt, request, usd
from tillbridge.domain.errors import JournalError, OperatorError
from tillbridge.domain.money import only_base
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Inquire, Post, Send
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Approved, CannotTell, Card, Declined, Found, NotSent, Outcome, Unknown
from tillbridge.domain.posting_leg import PostingState
from tillbridge.domain.stored import expiry_month, month_of
from tillbridge.engine import work
from tillbridge.engine.keeping import Wording
from tillbridge.engine.policy import DAY, MINUTE
from tillbridge.engine.sending import Token
from tillbridge.ports.site_store import StoredCard

TOKEN = "TOK7XQ2M4"
KEPT = Approved(
    amount=usd(0), gateway_ref="g1", token=TOKEN, card=Card(brand="Visa", last4="4242", expiry="04/28")
)
STORE: dict[str, Any] = {
    "operation": "store_card",
    "parts": only_base(usd(0)),
    "debt": debt(balance=None),
    "consent_id": "c-card_on_file",
}
CHARGE: dict[str, Any] = {"entry": Entry.STORED_CARD}


def store(desk: Desk, **changes: Any) -> None:
    desk.gateway.started = KEPT
    desk.begin(**(STORE | {"payment_id": "s1"} | changes))
    desk.step(Send, changes.get("payment_id", "s1"))


@pytest.fixture
def kept(desk: Desk) -> Desk:
    agree(desk, "card_on_file")
    store(desk)
    desk.gateway.started = replace(PAID, card=Card(brand="Visa", last4="4242", entry_mode="stored"))
    return desk


def cards(desk: Desk) -> list[StoredCard]:
    return list(desk.engine.stored_cards("model", "01042"))


def refused(desk: Desk, **changes: Any) -> str:
    with pytest.raises(OperatorError) as error:
        desk.begin(**changes)
    return error.value.code


# ---- agreed first ---------------------------------------------------------------------------------


def test_without_an_agreement_nothing_is_kept(desk: Desk) -> None:
    agree(desk, "PPD")
    agree(desk, "card_on_file", "c-other", account_id="00017")
    for consent_id in ("", "c-nobody", "c-PPD", "c-other"):
        assert refused(desk, **STORE | {"consent_id": consent_id}) == "consent_missing"
    assert desk.journal.since(0) == ()
    agree(desk, "card_on_file")
    desk.engine.revoke_consent("c-card_on_file", "Kim")
    assert refused(desk, **STORE) == "consent_ended"


@pytest.mark.parametrize("lacking", ["text", "version", "how", "given_by"])
def test_an_agreement_is_written_down_whole(desk: Desk, lacking: str) -> None:
    said: dict[str, Any] = {"text": "I agree.", "version": "1", "how": "signed", "given_by": "Rosa"}
    words = Wording(given_wall_ms=1, **said)
    with pytest.raises(OperatorError) as error:
        desk.engine.record_consent(
            "c1", "PPD", debt(), Wording(given_wall_ms=1, **said | {lacking: " "}), "Kim"
        )
    assert error.value.code == "consent_incomplete"
    with pytest.raises(OperatorError):
        desk.engine.record_consent("c1", "PPD", debt(), words, "")
    assert desk.journal.site.consent("c1") is None


@pytest.mark.parametrize(
    ("kind", "whose", "code"),
    [
        ("oral", {}, "consent_unknown_kind"),
        ("PPD", {"software": "typed"}, "consent_whose"),
        ("PPD", {"account_id": ""}, "consent_whose"),
    ],
)
def test_an_agreement_belongs_to_a_client_and_has_a_known_kind(
    desk: Desk, kind: str, whose: dict[str, Any], code: str
) -> None:
    with pytest.raises(OperatorError) as error:
        agree(desk, kind, **whose)
    assert error.value.code == code


def test_the_same_agreement_twice_is_one_and_another_one_under_its_number_is_refused(desk: Desk) -> None:
    assert agree(desk, "PPD") == agree(desk, "PPD")
    with pytest.raises(JournalError):
        agree(desk, "TEL", "c-PPD")


# ---- kept -----------------------------------------------------------------------------------------


def test_a_kept_card_is_found_by_its_client_and_its_token_stands_in_no_event(kept: Desk) -> None:
    [card] = cards(kept)
    assert (card.token, card.brand, card.last4, card.expiry) == (TOKEN, "Visa", "4242", "2028-04")
    assert kept.journal.payment("s1").finished  # type: ignore[union-attr]
    assert TOKEN not in str(kept.journal.since(0))
    assert kept.gateway.asked[0].kind == "store_card"
    assert kept.gateway.asked[0].amount == usd(0)


def test_keeping_a_card_takes_no_money_and_owes_no_posting(kept: Desk) -> None:
    payment = kept.journal.payment("s1")
    assert payment is not None
    assert (payment.taken, payment.postings) == (usd(0), ())
    assert kept.journal.held_minor(debt().scope) == 0


@pytest.mark.parametrize("way", [{"entry": Entry.KEYED_CARD, "page": True}, {"entry": Entry.LINK}])
def test_a_card_is_kept_by_page_and_link_too(desk: Desk, way: dict[str, Any]) -> None:
    agree(desk, "card_on_file")
    desk.begin(payment_id="s1", **STORE | way)
    desk.step(Send, "s1")
    assert desk.gateway.asked[0].kind == "store_card"
    desk.gateway.told = Found(outcome=KEPT)
    desk.wait(MINUTE)
    desk.step(Inquire, "s1")
    assert [card.token for card in cards(desk)] == [TOKEN]


@pytest.mark.parametrize("entry", [Entry.KEYED_ACH, Entry.STORED_CARD, Entry.STANDALONE])
def test_a_card_is_kept_only_where_a_card_is_presented(desk: Desk, entry: Entry) -> None:
    assert refused(desk, **STORE | {"entry": entry}) == "entry_not_offered"


def test_a_gateway_that_keeps_no_cards_is_not_asked(desk: Desk) -> None:
    agree(desk, "card_on_file")
    desk.gateway.features -= {"store_card"}
    assert refused(desk, **STORE) == "stored_card_not_offered"


def test_a_crash_between_approval_and_site_store_asks_the_gateway_again(desk: Desk) -> None:
    agree(desk, "card_on_file")
    desk.begin(payment_id="s1", **STORE)
    reference = desk.journal.payment("s1").attempts[0].reference  # type: ignore[union-attr]
    desk.tell_of("s1", "send_started", reference)
    desk.tell_of("s1", "approved", reference, amount_minor=0)
    assert not desk.journal.payment("s1").finished  # type: ignore[union-attr]
    desk.restarted().recover()
    for told in (CannotTell(cause="read_timeout"), Found(outcome=KEPT)):
        desk.gateway.told = told
        desk.wait(MINUTE)
        desk.step(Inquire, "s1")
    assert [card.token for card in cards(desk)] == [TOKEN]
    assert desk.journal.payment("s1").finished  # type: ignore[union-attr]


def test_a_card_whose_token_nobody_tells_becomes_a_persons_task(desk: Desk) -> None:
    agree(desk, "card_on_file")
    desk.begin(payment_id="s1", **STORE)
    desk.gateway.started = replace(KEPT, token="")
    desk.step(Send, "s1")
    assert not desk.journal.payment("s1").tasks  # type: ignore[union-attr]
    desk.gateway.told = Found(outcome=replace(KEPT, token=""))
    desk.wait(MINUTE)
    desk.step(Inquire, "s1")
    assert desk.journal.payment("s1").tasks == ("card_not_kept",)  # type: ignore[union-attr]
    assert desk.engine.end_task("s1", "card_not_kept", "Kim").finished


def test_a_token_that_looks_like_a_card_number_is_kept_nowhere(desk: Desk) -> None:
    agree(desk, "card_on_file")
    desk.begin(payment_id="s1", **STORE)
    desk.gateway.started = replace(KEPT, token="4111111111111111")
    desk.step(Send, "s1")
    assert cards(desk) == []
    assert desk.journal.payment("s1").tasks == ("card_not_kept",)  # type: ignore[union-attr]
    assert "4111111111111111" not in str(desk.journal.since(0))


# ---- charged --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by_clinic", "initiator"), [(False, "client"), (True, "clinic")])
def test_a_kept_card_is_charged_at_the_desk_or_later_and_posted(
    kept: Desk, by_clinic: bool, initiator: str
) -> None:
    [card] = cards(kept)
    kept.begin(card_id=card.card_id, by_clinic=by_clinic, **CHARGE)
    kept.step(Send)
    assert kept.gateway.tokens == [(TOKEN, initiator)]
    kept.step(Post)
    assert kept.posting() is PostingState.POSTED
    assert kept.known().attempts[0].terminal_id == ""


def test_a_charge_of_a_kept_card_is_bound_to_what_is_owed(kept: Desk) -> None:
    [card] = cards(kept)
    assert refused(kept, minor=ASKED + 1, card_id=card.card_id, **CHARGE) == "not_chargeable"


@pytest.mark.parametrize("whose", [{"account_id": "00017"}, {"software": "other"}])
def test_a_card_is_charged_for_its_own_client_alone(kept: Desk, whose: dict[str, Any]) -> None:
    [card] = cards(kept)
    assert refused(kept, card_id=card.card_id, debt=debt(**whose), **CHARGE) == "card_of_other_client"
    assert refused(kept, card_id="", **CHARGE) == "card_gone"


def test_a_card_out_of_date_is_said_before_it_is_tried(kept: Desk) -> None:
    [card] = cards(kept)
    kept.clock.now_ms = 21_305 * DAY  # 2028-05-01
    assert kept.engine.card_trouble(card) == "", "it is still April in the last place on earth"
    kept.wait(DAY)
    assert refused(kept, card_id=card.card_id, **CHARGE) == "card_expired"
    assert [c.card_id for c in cards(kept)] == [card.card_id], "people see why"


def test_a_card_of_another_gateway_account_is_not_tried(kept: Desk) -> None:
    [card] = cards(kept)
    kept.engine = replace(kept.engine, policy=replace(kept.engine.policy, gateway="new"))
    assert refused(kept, card_id=card.card_id, **CHARGE) == "card_of_other_gateway"


def test_a_card_whose_agreement_ended_is_charged_no_more(kept: Desk) -> None:
    [card] = cards(kept)
    kept.engine.revoke_consent(card.consent_id, "Kim")
    assert refused(kept, card_id=card.card_id, **CHARGE) == "consent_ended"


def test_a_card_that_was_deleted_after_the_intent_is_not_charged(kept: Desk) -> None:
    [card] = cards(kept)
    kept.begin(card_id=card.card_id, **CHARGE)
    kept.journal.site.delete_card(card.card_id, 1)
    kept.step(Send)
    assert (kept.state(), kept.known().attempts[0].reason) == (MoneyState.NOT_SENT, "token_gone")
    assert kept.gateway.tokens == []


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (NotSent(code="token_gone"), MoneyState.NOT_SENT, "token_gone"),
        (Declined(category="expired_card", retry="other_card"), MoneyState.DECLINED, "expired_card"),
        (Unknown(cause="read_timeout"), MoneyState.UNKNOWN, "read_timeout"),
    ],
)
def test_what_the_gateway_says_of_a_kept_card(
    kept: Desk, answer: Outcome, state: MoneyState, reason: str
) -> None:
    [card] = cards(kept)
    kept.gateway.started = answer
    kept.begin(card_id=card.card_id, **CHARGE)
    kept.step(Send)
    assert (kept.state(), kept.known().attempts[0].reason) == (state, reason)


def test_a_lost_answer_is_asked_for_and_never_charged_twice(kept: Desk) -> None:
    [card] = cards(kept)
    kept.gateway.started = Unknown(cause="read_timeout")
    kept.begin(card_id=card.card_id, **CHARGE)
    kept.step(Send)
    kept.restarted().recover()
    kept.gateway.told = Found(outcome=PAID)
    kept.wait(MINUTE)
    kept.step(Inquire)
    kept.step(Post)
    assert kept.known().finished
    assert len(kept.gateway.tokens) == 1


def test_another_try_after_a_decline_charges_the_same_card(kept: Desk) -> None:
    [card] = cards(kept)
    kept.gateway.started = Declined(category="generic", retry="later")
    kept.begin(card_id=card.card_id, by_clinic=True, **CHARGE)
    kept.step(Send)
    kept.engine.try_again("p1")
    kept.step(Send)
    assert kept.gateway.tokens == [(TOKEN, "clinic")] * 2
    kept.engine.revoke_consent(card.consent_id, "Kim")
    with pytest.raises(OperatorError) as error:
        kept.engine.try_again("p1")
    assert error.value.code == "consent_ended"


# ---- replaced and deleted -------------------------------------------------------------------------


def test_a_new_card_takes_the_place_of_an_old_one(kept: Desk) -> None:
    [old] = cards(kept)
    agree(kept, "card_on_file", "c-new")
    new = replace(KEPT, token="TOKNEW2", card=Card(brand="Visa", last4="1111", expiry="09/31"))
    kept.gateway.started = new
    kept.begin(payment_id="s2", **STORE | {"consent_id": "c-new", "replaces": old.card_id})
    kept.step(Send, "s2")
    assert [card.last4 for card in cards(kept)] == ["1111"]
    assert refused(kept, card_id=old.card_id, **CHARGE) == "card_gone"


def test_a_client_has_several_cards_each_with_an_agreement_of_its_own(kept: Desk) -> None:
    assert refused(kept, payment_id="s2", **STORE) == "consent_used"
    agree(kept, "card_on_file", "c-second")
    store(kept, payment_id="s2", consent_id="c-second")
    assert len(cards(kept)) == 2


def test_only_a_card_of_the_same_client_is_replaced(kept: Desk) -> None:
    agree(kept, "card_on_file", "c-new")
    changed = STORE | {"consent_id": "c-new"}
    assert refused(kept, payment_id="s2", **changed | {"replaces": "nobody"}) == "card_gone"


def test_a_card_is_deleted_at_the_gateway_and_then_here(kept: Desk) -> None:
    [card] = cards(kept)
    forgetting = kept.engine.begin_forget(card.card_id, "Kim")
    kept.engine.end_forget(forgetting, work.forget(forgetting.token, kept.engine.gateway))
    assert kept.gateway.calls[-1] == f"forget {TOKEN}"
    assert cards(kept) == []
    gone = kept.journal.site.card(card.card_id)
    assert gone is not None
    assert (gone.token, gone.last4) == ("", "4242")
    with pytest.raises(OperatorError):
        kept.engine.begin_forget(card.card_id, "Kim")


@pytest.mark.parametrize("answer", [Unknown(cause="read_timeout"), NotSent(code="unreachable")])
def test_a_doubt_about_a_deletion_stays_in_the_list_and_the_card_is_charged_by_nobody(
    kept: Desk, answer: Outcome
) -> None:
    [card] = cards(kept)
    forgetting = kept.engine.begin_forget(card.card_id, "Kim")
    with pytest.raises(OperatorError) as error:
        kept.engine.end_forget(forgetting, answer)
    assert error.value.code == "card_not_deleted"
    assert [(c.card_id, kept.engine.card_trouble(c)) for c in cards(kept)] == [
        (card.card_id, "consent_ended")
    ]
    assert refused(kept, card_id=card.card_id, **CHARGE) == "consent_ended"
    again = kept.engine.begin_forget(card.card_id, "Kim")
    kept.engine.end_forget(again, work.forget(again.token, kept.engine.gateway))
    assert cards(kept) == []


# ---- when it ends ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "month"),
    [("04/28", "2028-04"), (" 12/30 ", "2030-12"), ("13/28", ""), ("", ""), ("4/28", "")],
)
def test_the_end_of_a_card_as_it_is_printed(printed: str, month: str) -> None:
    assert expiry_month(printed) == month


@pytest.mark.parametrize(
    ("wall_ms", "month"), [(0, "1969-12"), (DAY // 2, "1970-01"), (21_304 * DAY, "2028-04")]
)
def test_a_month_begins_where_it_begins_last(wall_ms: int, month: str) -> None:
    assert month_of(wall_ms) == month


def test_a_request_with_a_session_keeps_its_agreement(desk: Desk) -> None:
    agree(desk, "card_on_file")
    begun = desk.engine.begin(request(payment_id="s1", **STORE | {"entry": Entry.LINK}))
    assert begun.attempts[0].consent_id == "c-card_on_file"
    assert SESSION.url not in str(desk.journal.since(0))


def test_no_doubt_about_a_charge_names_the_token(kept: Desk) -> None:
    [card] = cards(kept)
    kept.gateway.started = TimeoutError(f"POST /tokens/{TOKEN}/charges: read timed out")
    kept.begin(card_id=card.card_id, **CHARGE)
    kept.step(Send)
    assert (kept.state(), kept.known().attempts[0].reason) == (MoneyState.UNKNOWN, "TimeoutError")
    assert TOKEN not in str(kept.journal.since(0))


def test_no_token_is_shown_by_what_is_printed(kept: Desk) -> None:
    [card] = cards(kept)
    forgetting = kept.engine.begin_forget(card.card_id, "Kim")
    assert TOKEN not in repr(forgetting) + repr(Token(token=TOKEN))
