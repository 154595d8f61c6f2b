"""The v6 skin, driven from outside by accessibility, judged by the server's truth log."""

from __future__ import annotations

import pytest

from tests.stand_ins.qt.eyes import CHECKED, SENSITIVE, SHOWING, Gone
from tests.stand_ins.qt.stage import MAIN, MARKER, MESSAGE, PAYMENT, Stage
from tests.stand_ins.running import until
from tillbridge.stand_ins import profile

pytestmark = pytest.mark.screen
FIRST_PAGE = ("account", "client", "alert", "balance", "credit")


def test_the_open_invoice_is_on_the_screen(stage: Stage) -> None:
    main, eyes = stage.main(), stage.eyes
    facts = [stage.label(main, profile.load("v6").controls[name].id) for name in FIRST_PAGE]
    assert facts == ["01042", "Alvarez, Rosa", "Prefers text messages", "$267.90", "$0.00"]
    rows = eyes.rows(eyes.find(main, "grdInvoices"))
    assert [(row[0], row[5]) for row in rows] == [("10467", "$55.50"), ("10482", "$212.40")]


def test_every_control_of_the_profile_is_there_under_its_id(stage: Stage) -> None:
    eyes, controls = stage.eyes, profile.load("v6").controls
    main = stage.main()
    window = stage.open_payment()
    ids = {
        eyes._property(node, "AccessibleId").rsplit(".", 1)[-1]
        for top in (main, window)
        for node in eyes.all(top)
    }
    elsewhere = {"reason", "reversal_no", "do_reverse", "keep"}  # in the window that reverses a payment
    here = {name for name in controls if name not in elsewhere and not name.startswith("reversed_")}
    assert {controls[name].id for name in here} <= ids


def test_fields_of_the_payment_window_are_labelled(stage: Stage) -> None:
    window, eyes = stage.open_payment(), stage.eyes
    labelled = {key: eyes.labelled_by(eyes.find(window, key)) for key in ("cboMethod", "txtAmount", "lblDue")}
    assert labelled == {"cboMethod": ["Payment Method"], "txtAmount": ["Amount"], "lblDue": ["Amount due"]}


def test_a_payment_is_posted_end_to_end(stage: Stage) -> None:
    window, eyes = stage.open_payment(), stage.eyes
    stage.fill(window, "142.5")
    until(lambda: stage.label(window, "lblTendered") == "$142.50", "tendered follows")
    conclude = eyes.find(window, "chkConclude")
    eyes.press(conclude)
    until(lambda: not eyes.has(conclude, CHECKED), "conclude unticked")
    stage.ok(window)
    assert stage.message() == "Print receipt?"
    stage.answer("No")
    stage.gone(PAYMENT)
    (row,) = stage.server.payments()
    assert (row["client"], row["invoice"], row["amount_minor"]) == ("01042", "10482", 14250)
    assert (row["method"], row["reference"], row["by"]) == ("Tillbridge", MARKER, "skin")
    main = stage.main()
    until(lambda: stage.label(main, "lblBalance") == "$125.40", "balance after the ledger delay")
    ledger = eyes.rows(eyes.find(main, "grdTransactions"))
    assert ledger[0][1:6] == ["Payment", "Tillbridge", "-$142.50", MARKER, "10482"]


def test_the_owner_is_disabled_and_deaf_while_the_payment_window_is_up(stage: Stage) -> None:
    main, eyes = stage.main(), stage.eyes
    pay = eyes.find(main, "btnPay")
    assert eyes.has(pay, SENSITIVE)
    window = stage.open_payment()
    assert not eyes.has(pay, SENSITIVE)
    with pytest.raises(Gone):
        eyes.press(pay)
    assert eyes.titles().count(PAYMENT) == 1
    eyes.press(eyes.find(window, "btnCancel"))
    stage.gone(PAYMENT)
    until(lambda: eyes.has(pay, SENSITIVE), "owner enabled again")
    assert stage.server.payments() == []


def test_the_payment_window_is_deaf_under_a_message(stage: Stage) -> None:
    window, eyes = stage.open_payment(), stage.eyes
    ok, cancel = eyes.find(window, "btnOK"), eyes.find(window, "btnCancel")
    eyes.press(ok)
    assert stage.message() == "Print receipt?"
    for button in (ok, cancel):
        with pytest.raises(Gone):
            eyes.press(button)
    stage.answer("No")
    stage.gone(PAYMENT)
    assert len(stage.server.payments()) == 1


def test_the_method_list_takes_text_and_keeps_its_value(stage: Stage) -> None:
    window, eyes = stage.open_payment(), stage.eyes
    box = eyes.find(window, "cboMethod")
    eyes.write(box, "Tillbridge")
    assert eyes.name(box) == "Cash"


def test_the_reference_is_shown_only_for_a_method_that_asks(stage: Stage) -> None:
    window = stage.open_payment()
    reference = stage.eyes.find(window, "txtReference")
    assert not stage.eyes.has(reference, SHOWING)
    stage.choose_method(window, "t", "Tillbridge")
    until(lambda: stage.eyes.has(reference, SHOWING), "reference shown")


def test_an_amount_that_nobody_left_is_not_what_is_posted(stage: Stage) -> None:
    window, eyes = stage.open_payment(), stage.eyes
    eyes.write(eyes.find(window, "txtAmount"), "100.00")
    assert stage.label(window, "lblTendered") == "$212.40"
    stage.ok(window)
    stage.message()
    assert [row["amount_minor"] for row in stage.server.payments()] == [21240]


def test_ticks_decide_where_the_money_goes(stage: Stage) -> None:
    window, eyes = stage.open_payment(), stage.eyes
    table = eyes.find(window, "lstApply")
    assert [row[1] for row in eyes.rows(table)] == ["10467", "10482", "Unapplied"]
    eyes.focus(table)
    eyes.keys(PAYMENT, "Home", "space", "Down", "space")
    until(lambda: stage.label(window, "lblDue") == "$55.50", "due follows the ticks")
    stage.fill(window, "55.50")
    until(lambda: stage.label(window, "lblTendered") == "$55.50", "tendered")
    stage.ok(window)
    stage.message()
    assert [(row["invoice"], row["amount_minor"]) for row in stage.server.payments()] == [("10467", 5550)]


def test_another_client_can_be_opened_by_accessibility(stage: Stage) -> None:
    main, eyes = stage.main(), stage.eyes
    table = eyes.find(main, "grdClients")
    accounts = [row[0] for row in eyes.rows(table)]
    eyes.select_row(table, accounts.index("10077"))
    eyes.press(eyes.find(main, "btnOpenClient"))
    eyes.window("ImproMed - 10077 Smith, John")
    assert MAIN not in eyes.titles()


def test_another_client_can_be_opened_by_order_but_not_under_a_modal(stage: Stage) -> None:
    stage.main()
    window = stage.open_payment()
    stage.server.world("show", client="01077")
    stage.server.world("pop", dialog="update")
    assert stage.message() == "A new version is available. Install now?"
    stage.answer("Later")
    assert MAIN in stage.eyes.titles()
    stage.eyes.press(stage.eyes.find(window, "btnCancel"))
    stage.eyes.window("ImproMed - 01077 Smith, John")


def test_a_colleagues_cash_is_seen_on_the_screen(stage: Stage) -> None:
    main = stage.main()
    stage.server.world("cash", invoice="10482", amount_minor=5000)
    until(lambda: stage.label(main, "lblBalance") == "$217.90", "balance after the colleague's cash")


def test_a_busy_scene_has_over_400_accessible_nodes(stage: Stage) -> None:
    main = stage.main()
    stage.server.send("/reset", scene="busy")
    until(lambda: stage.label(main, "lblBalance") != "$267.90", "busy scene shown")
    assert sum(1 for _ in stage.eyes.all(main)) >= 400


def test_a_lost_server_shows_the_programs_own_message(stage: Stage) -> None:
    window = stage.open_payment()
    stage.server.stop()
    stage.ok(window)
    assert stage.message() == "Timeout expired."
    stage.answer_exit()
    assert stage.skin.wait(15) == 0


DIALOGS = [
    ("locked", "opening", "This client is in use by workstation FRONT2 (Kim).", "Cancel"),
    ("credit", "before_commit", "Client has a credit balance of $212.40. Apply it?", "No"),
    ("duplicate", "before_commit", "A payment of $212.40 was already entered today. Continue?", "No"),
    ("overpay", "before_commit", "Amount exceeds balance. Post as unapplied credit?", "No"),
    ("period", "before_commit", "The period ending ", "OK"),
    ("printer", "after_commit", "Printer not ready", "Cancel"),
    ("connection", "after_commit", "Timeout expired.", "Retry"),
    ("unknown", "before_commit", "Unhandled exception has occurred", "Continue"),
]


@pytest.mark.parametrize(("name", "moment", "text", "button"), DIALOGS)
def test_each_message_comes_up_and_can_be_answered(
    stage: Stage, name: str, moment: str, text: str, button: str
) -> None:
    stage.main()
    stage.server.knobs(**{f"dialog_{name}": f"{moment}*1"})
    stage.eyes.press(stage.eyes.find(stage.main(), "btnPay"))
    if moment != "opening":
        stage.ok(stage.payment())
    assert stage.message().startswith(text)
    stage.answer(button)
    assert len(stage.server.payments()) == expected_rows(name, moment, button)


def expected_rows(name: str, moment: str, button: str) -> int:
    """Posted after these answers: what comes before the commit and says No or Cancel posts nothing."""
    if moment == "opening" or (moment == "before_commit" and name in ("duplicate", "overpay", "period")):
        return 0
    return 1


@pytest.mark.parametrize(("knob", "rows"), [("crash_before_commit", 0), ("crash_after_commit", 1)])
def test_a_crash_leaves_the_truth_right_and_the_skin_can_start_again(
    stage: Stage, knob: str, rows: int
) -> None:
    window = stage.open_payment()
    stage.server.knobs(**{knob: "1*1"})
    stage.ok(window)
    assert stage.skin.wait(15) == 70
    assert len(stage.server.payments()) == rows
    stage.skin = stage.start_skin("--client", "01042", "--invoice", "10482")
    wanted = "$267.90" if rows == 0 else "$55.50"
    until(lambda: stage.label(stage.main(), "lblBalance") == wanted, "balance after the restart")
    stage.open_payment()


def test_close_without_posting_looks_like_success_and_posts_nothing(stage: Stage) -> None:
    window = stage.open_payment()
    stage.server.knobs(close_without_posting="1")
    stage.ok(window)
    stage.gone(PAYMENT)
    assert MESSAGE not in stage.eyes.titles()
    assert stage.server.payments() == []


def test_a_split_tender_is_two_rows(stage: Stage) -> None:
    window, eyes = stage.open_payment(), stage.eyes
    amount = eyes.find(window, "txtAmount")
    eyes.focus(amount)
    eyes.write(amount, "100")
    eyes.focus(eyes.find(window, "txtClient"))
    until(lambda: eyes.text(amount) == "$100.00", "amount written in full")
    eyes.press(eyes.find(window, "btnAddTender"))
    until(
        lambda: eyes.rows(eyes.find(window, "grdTenders")) == [["Cash", "$100.00", ""]], "tender in the list"
    )
    stage.fill(window, "112.40")
    until(lambda: stage.label(window, "lblTendered") == "$212.40", "both tendered")
    stage.ok(window)
    stage.message()
    posted = [(row["method"], row["amount_minor"], row["reference"]) for row in stage.server.payments()]
    assert posted == [("Cash", 10000, ""), ("Tillbridge", 11240, MARKER)]


def test_a_list_that_takes_text_and_totals_that_follow_can_be_had(stage: Stage) -> None:
    stage.main()
    stage.server.knobs(method_ignores_set="0", validate_on_blur_only="0")
    window, eyes = stage.open_payment(), stage.eyes
    box = eyes.find(window, "cboMethod")
    (text,) = [node for node in eyes.all(box) if eyes.role(node) == "text"]
    eyes.write(text, "Tillbridge")
    until(
        lambda: eyes.has(eyes.find(window, "txtReference"), SHOWING), "reference of the method that was set"
    )
    eyes.write(eyes.find(window, "txtAmount"), "20")
    until(lambda: stage.label(window, "lblTendered") == "$20.00", "totals follow at once")


def test_leaving_the_method_may_bring_a_message(stage: Stage) -> None:
    stage.main()
    stage.server.knobs(dialog_credit="filling*1")
    window = stage.open_payment()
    stage.choose_method(window, "t", "Tillbridge")
    stage.eyes.focus(stage.eyes.find(window, "txtReference"))
    assert stage.message() == "Client has a credit balance of $212.40. Apply it?"
    stage.answer("No")
    assert stage.eyes.name(stage.eyes.find(window, "cboMethod")) == "Tillbridge"


def test_a_closed_program_ends_by_order(stage: Stage) -> None:
    stage.main()
    stage.server.world("close")
    assert stage.skin.wait(15) == 0


def test_a_refusal_by_rule_leaves_the_window_open_and_payable(stage: Stage) -> None:
    stage.main()
    stage.server.world("close_period")
    window = stage.open_payment()
    stage.ok(window)
    assert stage.message().startswith("The period ending ")
    stage.answer("OK")
    stage.server.world("open_period")
    stage.ok(window)
    assert stage.message() == "Print receipt?"
    assert len(stage.server.payments()) == 1
