"""The pack impromed/5 on the real windows of the stand-in v5: the account, the list that lies, the only proof."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.packs.impromed_lab import ON_ACCOUNT, Lab, trouble
from tests.stand_ins.qt.eyes import Eyes
from tillbridge.domain import matching
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money
from tillbridge.flows.leftover import FORGOTTEN_S
from tillbridge.flows.practice import PackPractice
from tillbridge.flows.shelf import shelf, sound
from tillbridge.flows.steps import Expect, Given
from tillbridge.ports.practice import Entering, InvoiceSeen, LedgerSeen
from tillbridge.screen.guards.x11 import X11Guard
from tillbridge.stand_ins.profile import load

pytestmark = pytest.mark.screen
PROFILE = "v5"
PACK = shelf() / "impromed" / "5"
MAIN = "ImproMed Infinity - [Client: 1042 - Alvarez, Rosa]"
OLDER, NEWER = "10467", "10482"
LEFT_TO_A_PERSON = {"unknown", "crash_box", "seats", "sign_in", "inactive"}
"""Messages that the pack does not name on purpose: they stop everything and are shown."""


def applied(lab: Lab) -> Mapping[str, int]:
    """What the truth log says went on which invoice, in cents."""
    return {act["invoice"]: act["amount_minor"] for act in lab.payments()}


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


# ---- the account ----


def test_the_account_s_balance_is_read_and_the_account_s_leading_zero_is_kept(lab: Lab) -> None:
    seen = lab.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen)
    assert (seen.account_id, seen.client, seen.invoice_number) == ("01042", "Alvarez, Rosa", NEWER)
    assert (seen.total.minor, seen.balance.minor) == (21240, ON_ACCOUNT)
    assert (seen.software.software, seen.software.version, seen.balance_of) == ("impromed", "5", "account")


def test_the_money_goes_to_the_oldest_balance_and_is_found_again_whole_until_it_is_reversed(lab: Lab) -> None:
    report = lab.practice.post(lab.order())
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    assert applied(lab) == {OLDER: 5550, NEWER: 15690}
    lab.posted()
    seen = lab.ledger(lab.order())
    [row] = seen.marked
    assert (row.amount.minor, row.method, row.invoice_number) == (21240, "Tillbridge", "")
    assert seen.balance == usd(ON_ACCOUNT - 21240)
    assert isinstance(found(lab, seen, touched=True), matching.FoundRight)
    assert lab.windows() == 1
    # A colleague reverses it: now it is missing from the only list, and that proves nothing.
    lab.server.world("reverse", payment=lab.payments()[0]["id"])
    missing = lab.practice.read_ledger(lab.order())
    assert isinstance(missing, LedgerSeen), missing
    assert (missing.marked, missing.complete, missing.read_to_end) == ((), False, True)
    assert found(lab, missing, touched=True) == matching.NotProven("list_incomplete")
    assert found(lab, missing, touched=False) == matching.ProvenAbsent()
    assert missing.balance == usd(ON_ACCOUNT)


def found(lab: Lab, seen: LedgerSeen, *, touched: bool) -> matching.Verdict:
    """What a look proves; `touched`: a commit may once have been sent, long ago."""
    wanted = lab.order()
    order = matching.Wanted(
        kind=wanted.kind,
        account_id=wanted.account_id,
        invoice_number=wanted.invoice_number,
        amount=wanted.amount,
        marker=wanted.marker,
        method=wanted.payment_method,
    )
    then = Moment(wall_ms=0, mono_ms=0, boot="b")
    now = Moment(wall_ms=3_600_000, mono_ms=3_600_000, boot="b")
    return matching.match(
        order=order, seen=seen, last_touch=then if touched else None, now=now, other_markers=()
    )


def test_what_staff_typed_today_is_among_the_rows_whole(lab: Lab) -> None:
    lab.server.world("by_hand", invoice=NEWER, amount_minor=21240, method="Check", reference="1021")
    assert applied(lab) == {OLDER: 5550, NEWER: 15690}
    seen = lab.practice.read_ledger(lab.order())
    assert isinstance(seen, LedgerSeen), seen
    [row] = seen.today
    assert (row.amount.minor, row.reference, row.method) == (21240, "1021", "Check")
    assert isinstance(found(lab, seen, touched=False), matching.Suspect)


def test_a_colleague_s_cash_on_another_invoice_of_the_account_stops_the_posting(lab: Lab) -> None:
    lab.server.world("cash", invoice=OLDER, amount_minor=2000)
    lab.until(lambda: _balance(lab) == ON_ACCOUNT - 2000, "the new balance")
    report = lab.practice.post(lab.order())
    assert (report.stage, trouble(report).code) == ("not_committed", "balance_changed")
    assert applied(lab) == {OLDER: 2000}


def _balance(lab: Lab) -> int:
    seen = lab.practice.read_invoice()
    return seen.balance.minor if isinstance(seen, InvoiceSeen) else 0


def test_cash_that_comes_while_the_window_is_open_leaves_no_room_and_nothing_is_posted(lab: Lab) -> None:
    lab.server.knobs(balance_changes="cash*1", balance_changes_at="opening")
    report = lab.practice.post(lab.order(ON_ACCOUNT))
    assert (report.stage, report.means) == ("doubt", "not_posted"), report.transcript
    assert trouble(report).code == "balance_changed"
    assert lab.windows() == 1
    assert sum(applied(lab).values()) == 5000, "the colleague's cash and nothing of ours"


# ---- the window ----


def test_a_text_written_into_the_list_of_methods_is_no_choice_and_is_found_out(lab: Lab) -> None:
    pack = sound(PACK)
    method = replace(pack.controls["method"], set_by=("text",))
    writes = PackPractice(lab.desk, [replace(pack, controls={**pack.controls, "method": method})], 10**15)
    report = writes.rehearse(lab.order())
    assert (report.stage, trouble(report).code) == ("not_committed", "reference_hidden")
    assert lab.windows() == 1


def test_the_masked_date_is_compared_and_never_typed() -> None:
    flow = sound(PACK).flows["post_payment"]
    assert Expect(what="control.date", value=Given("today")) in [replace(step, line=0) for step in flow.check]
    assert all(getattr(step, "control", "") != "date" for step in (*flow.prepare, *flow.burst))


def test_a_method_that_is_no_more_is_named_and_nothing_is_typed(lab: Lab) -> None:
    lab.server.knobs(method_missing="1")
    report = lab.practice.post(lab.order())
    assert (report.stage, trouble(report).code) == ("not_committed", "method_missing")
    lab.nothing_posted()


# ---- dialogs ----


def test_harmless_dialogs_at_every_moment_are_answered_and_the_payment_goes_in_once(lab: Lab) -> None:
    moments = {"dialog_credit": "opening*1", "dialog_alert": "before_commit*1", "dialog_licence": "opening*1"}
    lab.server.knobs(**moments, dialog_update="after_commit*1", dialog_print="after_commit*1")
    lab.server.knobs(dialog_medical="filling*1")
    report = lab.practice.post(lab.order())
    assert report.stage == "committed", report.transcript
    assert {lab.server.get("/faults")["faults"][name] for name in (*moments, "dialog_medical")} == {"none"}
    lab.posted()
    assert lab.windows() == 1


def test_a_refusing_dialog_after_the_commit_is_a_doubt_and_the_reverse_window_knows(lab: Lab) -> None:
    lab.server.knobs(dialog_duplicate="after_commit*1")
    report = lab.practice.post(lab.order())
    assert (report.stage, report.means) == ("doubt", "doubt"), report.transcript
    assert isinstance(found(lab, lab.ledger(lab.order()), touched=True), matching.FoundRight)
    assert lab.windows() == 1
    lab.posted()


def test_every_message_of_this_version_is_known_by_its_own_words() -> None:
    pack, profile = sound(PACK), load("v5")
    facts = {"money": "25.00", "workstation": "FRONT2", "employee": "Kim", "date": "06/30/2026"}
    facts |= {"number": "10482", "alert": "BITES", "operator": "Kim Tran"}
    known = {
        message.id: [
            spec.id
            for spec in pack.dialogs
            if sorted(spec.buttons) == sorted(message.buttons)
            and any(
                text.match(message.text.format_map(facts), pack.formats) is not None for text in spec.texts
            )
        ]
        for message in profile.messages.values()
    }
    assert {name for name, found in known.items() if found == []} == LEFT_TO_A_PERSON
    assert [name for name, found in known.items() if len(found) > 1] == []


@pytest.mark.parametrize(
    ("dialog", "code"),
    [("card_module", "other_processor_bound"), ("network", "software_lost_its_database")],
)
def test_a_dialog_that_only_a_person_may_answer_stays(dialog: str, code: str, lab: Lab) -> None:
    lab.server.knobs(**{f"dialog_{dialog}": "opening*1"})
    report = lab.practice.post(lab.order())
    assert (report.stage, trouble(report).code) == ("not_committed", code)
    assert lab.windows() == 2
    lab.nothing_posted()


def test_the_software_s_own_error_box_is_left_to_a_person_with_its_text(lab: Lab) -> None:
    lab.server.knobs(dialog_unknown="after_commit*1")
    report = lab.practice.post(lab.order())
    assert (report.stage, trouble(report).code) == ("doubt", "dialog_in_the_way")
    assert "Run-time error '3021'" in str(trouble(report).facts["text"])


# ---- the next client ----


def test_the_next_client_is_in_front_and_comes_back_after_the_posting(lab: Lab) -> None:
    lab.server.world("show", client="00911")
    lab.until(lambda: _account(lab) == "00911", "the next client")
    with left_alone(lab, 60) as practice:
        report = practice.post(lab.order())
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    assert applied(lab) == {OLDER: 5550, NEWER: 15690}
    lab.until(lambda: _account(lab) == "00911", "the next client again")
    assert lab.windows() == 1


class StillGuard(X11Guard):
    """The real guard on a desktop that was left alone for as long as it is told."""

    def __init__(self, lab: Lab, still_s: float) -> None:
        super().__init__(lab.desktop.env)
        self.still_s = still_s

    def idle_s(self) -> float:
        return self.still_s


@contextmanager
def left_alone(lab: Lab, still_s: float) -> Iterator[PackPractice]:
    """The practice on a desktop that nobody has touched for so long."""
    guard = StillGuard(lab, still_s)
    try:
        yield PackPractice(replace(lab.desk, guard=guard), lab.practice.packs, time.time_ns())
    finally:
        guard.close()


def _account(lab: Lab) -> str:
    seen = lab.practice.read_invoice()
    return seen.account_id if isinstance(seen, InvoiceSeen) else ""


# ---- what a run that was cut off leaves open ----


def test_an_untouched_payment_window_is_ours_only_on_our_account_and_after_a_while(lab: Lab) -> None:
    eyes = Eyes(lab.desktop)
    eyes.press(eyes.by_name(eyes.window(MAIN), "push button", "Payment..."))
    eyes.window("Payment")
    eyes.close()
    open_now = lab.practice.read_invoice()
    assert isinstance(open_now, InvoiceSeen)
    assert open_now.entering == Entering(amount=usd(ON_ACCOUNT), method="Cash", reference="")
    with left_alone(lab, 3) as practice:
        assert trouble(practice.read_ledger(lab.order())).code == "window_open"
    with left_alone(lab, FORGOTTEN_S) as practice:
        assert trouble(practice.read_ledger(lab.order(account_id="10042"))).code == "window_open"
        assert lab.windows() == 2
        assert isinstance(practice.read_ledger(lab.order()), LedgerSeen)
    assert lab.windows() == 1
    lab.nothing_posted()


# ---- the proof ----


def test_a_reverse_window_is_a_person_s_until_nobody_has_touched_anything_for_long(lab: Lab) -> None:
    eyes = Eyes(lab.desktop)
    eyes.press(eyes.by_name(eyes.window(MAIN), "push button", "Reverse..."))
    lab.until(lambda: lab.windows() == 2, "the person's window")
    eyes.close()
    with left_alone(lab, 3) as practice:
        assert trouble(practice.read_ledger(lab.order())).code == "window_open"
    assert lab.windows() == 2
    with left_alone(lab, FORGOTTEN_S) as practice:
        seen = practice.read_ledger(lab.order())
    assert isinstance(seen, LedgerSeen), seen
    assert (seen.quiet, lab.windows()) == (True, 1)


def test_a_list_that_is_drawn_by_hand_as_well_proves_nothing_at_all(lab: Lab) -> None:
    lab.server.world("by_hand", invoice=NEWER, amount_minor=21240, method="Check", reference="1021")
    lab.server.knobs(owner_drawn="transactions")
    lab.server.world("refresh")
    lab.until(lambda: _proves_nothing(lab), "a list without texts")


def _proves_nothing(lab: Lab) -> bool:
    seen = lab.practice.read_ledger(lab.order())
    return isinstance(seen, LedgerSeen) and not seen.complete and not seen.read_to_end
