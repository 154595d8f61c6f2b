"""Reading flows: the invoice on the screen, the ledger behind it, and the screen left as it was."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from tests.flows.fake_impromed import TODAY, Clinic, order
from tillbridge.flows.practice import PackPractice
from tillbridge.ports.practice import InvoiceSeen, LedgerSeen, SoftwareSeen, Trouble


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def row(amount: str, reference: str, *, kind: str = "Payment", day: str = "11/22/2026") -> list[str]:
    return [day, kind, "Tillbridge", amount, reference, "10482", "Dana Brooks"]


def ledger(clinic: Clinic) -> LedgerSeen:
    seen = clinic.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen), seen
    return seen


def show(clinic: Clinic, *rows: list[str]) -> None:
    clinic.software.posted = list(rows)
    clinic.software.draw()


def test_the_invoice_on_the_screen_is_read_and_nothing_is_touched(clinic: Clinic) -> None:
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen)
    assert (seen.account_id, seen.client, seen.invoice_number) == ("01042", "Alvarez, Rosa", "10482")
    assert (seen.total.minor, seen.balance.minor, seen.balance.currency) == (21240, 21240, "USD")
    assert seen.alert == ""
    assert clinic.software.backend.log == []


def test_an_alert_is_read_where_there_is_one(clinic: Clinic) -> None:
    alert = clinic.software.main["lblAlert"]
    alert.shown, alert.text = True, "cash only"
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen)
    assert seen.alert == "cash only"


def test_no_selected_invoice_is_told(clinic: Clinic) -> None:
    clinic.software.main["grdInvoices"].selected = -1
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, Trouble)
    assert (seen.who, seen.code) == ("operator", "no_invoice_open")


def test_a_missing_field_is_the_packs_trouble(clinic: Clinic) -> None:
    clinic.practice.identify()
    clinic.software.main.controls.remove(clinic.software.main["lblAccount"])
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, Trouble)
    assert (seen.who, seen.code, seen.facts["control"]) == ("pack", "control_missing", "account_id")


def test_an_unknown_version_is_never_read(clinic: Clinic) -> None:
    clinic.software.main["pageTransactions"].shown = False
    for seen in (
        clinic.practice.identify(),
        clinic.practice.read_invoice(),
        clinic.practice.read_ledger(order()),
    ):
        assert isinstance(seen, Trouble)
        assert (seen.who, seen.code) == ("pack", "unknown_version")


def test_a_restarted_program_is_recognised_anew(clinic: Clinic) -> None:
    first = clinic.practice.identify()
    program = clinic.software.backend.program
    clinic.software.backend.program = type(program)("2", "impromed", 2, "", "6.4.2")
    second = clinic.practice.identify()
    assert isinstance(first, SoftwareSeen)
    assert isinstance(second, SoftwareSeen)
    assert (first.instance, second.instance) == ("1", "2")


# ---- the ledger ----


def test_our_row_is_found_with_its_sign_turned(clinic: Clinic) -> None:
    show(clinic, row("-$212.40", "V4242-K7Q9"))
    [found] = ledger(clinic).marked
    assert (found.amount.minor, found.reference, found.invoice_number) == (21240, "V4242-K7Q9", "10482")
    assert (found.account_id, found.method, found.date) == ("01042", "Tillbridge", TODAY.isoformat())


def test_money_given_back_is_negative(clinic: Clinic) -> None:
    show(clinic, row("$212.40", "V4242-K7Q9", kind="Refund"))
    [found] = ledger(clinic).marked
    assert found.amount.minor == -21240


def test_a_marker_with_staffs_words_around_it_is_ours(clinic: Clinic) -> None:
    show(clinic, row("-$212.40", "card v4242-k7q9 ok"))
    assert len(ledger(clinic).marked) == 1


def test_software_that_pays_the_oldest_balance_tells_no_invoice(clinic: Clinic) -> None:
    [pack] = clinic.practice.packs
    flow = replace(pack.flows["post_payment"], applies_to="oldest")
    clinic.practice = PackPractice(clinic.desk, [replace(pack, flows={**pack.flows, "post_payment": flow})])
    show(clinic, row("-$212.40", "V4242-K7Q9"))
    [found] = ledger(clinic).marked
    assert found.invoice_number == ""


def test_two_rows_with_our_marker_are_both_told(clinic: Clinic) -> None:
    show(clinic, row("-$212.40", "V4242-K7Q9"), row("-$212.40", "V4242-K7Q9"))
    assert len(ledger(clinic).marked) == 2


def test_other_rows_of_today_are_told_and_older_ones_are_not(clinic: Clinic) -> None:
    show(clinic, row("-$212.40", "1021"), row("-$212.40", "1020", day="11/21/2026"))
    seen = ledger(clinic)
    assert seen.marked == ()
    assert [found.reference for found in seen.today] == ["1021"]


def test_a_note_without_an_amount_does_not_spoil_the_proof(clinic: Clinic) -> None:
    show(clinic, row("", "called the client"))
    assert ledger(clinic).complete


def test_an_amount_that_cannot_be_read_spoils_the_proof_of_absence(clinic: Clinic) -> None:
    show(clinic, row("212,4?", "1021"))
    assert not ledger(clinic).complete


def test_a_row_that_says_nothing_at_all_spoils_every_proof(clinic: Clinic) -> None:
    show(clinic, [""] * 7)  # a list that draws its cells by hand: it may be ours
    seen = ledger(clinic)
    assert (seen.complete, seen.read_to_end) == (False, False)


def test_our_row_with_an_amount_that_cannot_be_read_is_trouble(clinic: Clinic) -> None:
    show(clinic, row("212,4?", "V4242-K7Q9"))
    seen = clinic.practice.read_ledger(order())
    assert isinstance(seen, Trouble)
    assert seen.code == "money_unreadable"


def test_a_list_that_was_not_seen_to_its_end_proves_nothing(clinic: Clinic) -> None:
    clinic.software.main["grdTransactions"].all_rows = False
    assert not ledger(clinic).complete


def test_the_ledger_says_how_long_a_row_may_take_and_how_it_is_cut(clinic: Clinic) -> None:
    seen = ledger(clinic)
    assert (seen.settle_ms, seen.reference_length) == (60_000, 10)
    assert seen.balance is not None
    assert seen.balance.minor == 26790
    assert seen.quiet


def test_another_client_on_the_screen_stops_the_look_while_a_person_works(clinic: Clinic) -> None:
    clinic.guard.idle = 4.9
    clinic.software.open_client("00911")
    seen = clinic.practice.read_ledger(order())
    assert isinstance(seen, Trouble)
    assert seen.code == "other_client"
    assert clinic.software.backend.log == []


def test_a_look_puts_the_screen_back(clinic: Clinic) -> None:
    pressed: list[str] = []
    for name in ("pageTransactions", "btnRefresh", "pageInvoices"):
        clinic.software.main[name].on_press = partial(pressed.append, name)
    ledger(clinic)
    assert pressed == ["pageTransactions", "btnRefresh", "pageInvoices"]


def test_a_look_that_fails_puts_the_screen_back_too(clinic: Clinic) -> None:
    pressed: list[str] = []
    clinic.software.main["pageInvoices"].on_press = lambda: pressed.append("back")
    clinic.practice.identify()
    clinic.software.main.controls.remove(clinic.software.main["grdTransactions"])
    assert isinstance(clinic.practice.read_ledger(order()), Trouble)
    assert pressed == ["back"]


def test_rows_that_still_arrive_are_waited_for(clinic: Clinic) -> None:
    def one_more(number: int) -> None:
        show(clinic, row("-$1.00", f"late {number}"), *clinic.software.posted)

    clinic.software.backend.later.extend(partial(one_more, number) for number in range(3))
    clinic.software.main["btnRefresh"].on_press = lambda: show(clinic, row("-$212.40", "V4242-K7Q9"))
    seen = ledger(clinic)
    assert len(seen.marked) == 1
    assert len(seen.today) == 3
