"""Every profile is whole, and v6 keeps the names that a pack relies on."""

from __future__ import annotations

import re
import string
from importlib import resources

import pytest

from tillbridge.stand_ins import profile
from tillbridge.stand_ins.ledger_server.faults import DIALOGS

V6 = profile.load("v6")
NAMES = sorted(
    path.name.removesuffix(".toml")
    for path in resources.files("tillbridge.stand_ins").joinpath("profiles").iterdir()
    if path.name.endswith(".toml")
)
ALL = pytest.mark.parametrize("whole", [profile.load(name) for name in NAMES], ids=NAMES)

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


def test_there_are_three_versions() -> None:
    assert NAMES == ["v5", "v6", "v7"]


def test_controls_have_the_ids_of_the_draft_pack() -> None:
    assert {name: V6.controls[name].id for name in PACK_IDS} == PACK_IDS


@ALL
def test_no_two_controls_share_an_id(whole: profile.Profile) -> None:
    ids = [control.id for control in whole.controls.values() if control.id]
    assert len(ids) == len(set(ids))


def test_lists_have_the_captions_of_the_draft_pack() -> None:
    captions = {name: [column.caption for column in V6.columns[name]] for name in V6.columns}
    assert captions["invoices"] == ["Invoice", "Date", "Label", "Total", "Paid", "Balance"]
    assert captions["apply_to"][1:] == ["Invoice", "Balance"]
    assert captions["transactions"][:6] == ["Date", "Type", "Method", "Amount", "Reference", "Invoice"]


@ALL
def test_every_dialog_that_a_knob_can_force_is_worded(whole: profile.Profile) -> None:
    assert set(DIALOGS) <= set(whole.messages)


@ALL
def test_every_version_words_what_v6_words_and_in_its_own_way(whole: profile.Profile) -> None:
    assert set(V6.messages) <= set(whole.messages)
    same = [m.id for m in whole.messages.values() if m.id in V6.messages and m.text == V6.messages[m.id].text]
    assert whole is V6 or whole.name == "v6" or len(same) <= 3, same


@ALL
def test_escape_is_one_of_the_buttons_of_each_message(whole: profile.Profile) -> None:
    assert [m.id for m in whole.messages.values() if m.escape not in m.buttons] == []


@ALL
def test_every_button_of_every_version_means_what_one_of_v6_means(whole: profile.Profile) -> None:
    odd = [
        (m.id, answer)
        for m in whole.messages.values()
        if m.id in V6.messages
        for answer in m.answers
        if answer not in V6.messages[m.id].answers
    ]
    assert odd == []
    assert all(len(m.answers) == len(m.buttons) for m in whole.messages.values())


@ALL
def test_messages_have_only_holes_that_the_server_fills(whole: profile.Profile) -> None:
    known = {"money", "workstation", "employee", "date", "number", "alert", "operator"}
    texts = [m.text for m in whole.messages.values()]
    holes = {hole for text in texts for _, hole, _, _ in string.Formatter().parse(text) if hole}
    assert holes <= known


def test_titles_hold_account_and_client() -> None:
    for name in ("main", "payment"):
        assert re.findall(r"\{(\w+)\}", V6.titles[name]) == ["account", "client"]


def test_a_caption_says_what_it_means_and_an_unknown_word_means_itself() -> None:
    message = profile.load("v7").messages["credit"]
    assert [message.answer(word) for word in ("Use it", "Leave it", "Back", "thawed")] == [
        "Yes",
        "No",
        "Cancel",
        "thawed",
    ]
