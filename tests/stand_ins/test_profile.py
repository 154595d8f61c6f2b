"""The v6 profile is whole and keeps the names that a pack relies on."""

from __future__ import annotations

import re
import string

from tillbridge.stand_ins import profile
from tillbridge.stand_ins.ledger_server.faults import DIALOGS

V6 = profile.load("v6")

PACK_IDS = {
    "app_button": "appButton",
    "pay": "btnPay",
    "refresh": "btnRefresh",
    "account": "lblAccount",
    "client": "lblClient",
    "alert": "lblAlert",
    "balance": "lblBalance",
    "invoices": "grdInvoices",
    "transactions": "grdTransactions",
    "parking": "txtClient",
    "apply_to": "lstApply",
    "method": "cboMethod",
    "card_type": "cboCardType",
    "amount": "txtAmount",
    "reference": "txtReference",
    "employee": "cboEmployee",
    "conclude": "chkConclude",
    "due": "lblDue",
    "tendered": "lblTendered",
    "change": "lblChange",
    "ok": "btnOK",
    "cancel": "btnCancel",
}


def test_controls_have_the_ids_of_the_draft_pack() -> None:
    assert {name: V6.controls[name].id for name in PACK_IDS} == PACK_IDS


def test_no_two_controls_share_an_id() -> None:
    ids = [control.id for control in V6.controls.values()]
    assert len(ids) == len(set(ids))


def test_lists_have_the_captions_of_the_draft_pack() -> None:
    captions = {name: [column.caption for column in V6.columns[name]] for name in V6.columns}
    assert captions["invoices"] == ["Invoice", "Date", "Label", "Total", "Paid", "Balance"]
    assert captions["apply_to"][1:] == ["Invoice", "Balance"]
    assert captions["transactions"][:6] == ["Date", "Type", "Method", "Amount", "Reference", "Invoice"]


def test_every_dialog_that_a_knob_can_force_is_worded() -> None:
    assert set(DIALOGS) <= set(V6.messages)


def test_escape_is_one_of_the_buttons_of_each_message() -> None:
    assert [m.id for m in V6.messages.values() if m.escape not in m.buttons] == []


def test_messages_have_only_holes_that_the_server_fills() -> None:
    known = {"money", "workstation", "employee", "date", "number", "alert"}
    holes = {hole for m in V6.messages.values() for _, hole, _, _ in string.Formatter().parse(m.text) if hole}
    assert holes <= known


def test_titles_hold_account_and_client() -> None:
    for name in ("main", "payment"):
        assert re.findall(r"\{(\w+)\}", V6.titles[name]) == ["account", "client"]
