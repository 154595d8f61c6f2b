"""Every way to break a pack is found, with file, line and a word of the closed list."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.fake_impromed import PACK_FOLDER
from tillbridge.flows.lint import lint
from tillbridge.flows.tables import Finding

TEXT = (PACK_FOLDER / "pack.toml").read_text("utf-8")


SALE_ONLY = re.sub(
    r'"read_account".*"post_return"]', '"post_payment"]', TEXT[: TEXT.index("[flow.read_account]")]
)
"""The pack of somebody who has learnt nothing but the sale."""


@dataclass(frozen=True)
class Bad:
    """Break the pack by replacing `old` by `new`; the finding must stand on the line that holds `at`."""

    code: str
    old: str
    new: str
    at: str
    severity: str = "error"
    everywhere: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.new[:40].strip() or 'taken out'}"


PAY = '[control.pay]\nin = "main"\nrole = "button"\n'
ABANDON = (
    """abandon = [{ press = "cancel", when = "window.payment" }, { wait = "gone", of = "window.payment" }]"""
)
ALL_ABSENT = '"list_complete", "window_gone", "program_idle", "settle_passed"'
COMMIT = 'commit = { press = "ok" }'

BAD = [
    # ---- reading: types, words, keys ----
    Bad("syntax", 'version  = "6"', 'version  = "6', "version  ="),
    Bad("language", "language = 1", "language = 2", "language = 2"),
    Bad("unknown_key", "flow_s = 30", "flow_s = 30\nfloww_s = 3", "floww_s"),
    Bad("unknown_key", 'press = "No"\nmeans = "nothing"\nthen', 'pres = "No"\nmeans = "nothing"\nthen', "pres ="),
    Bad("unknown_key", "{ press = \"refresh\" }", "{ press = \"refresh\", openz = \"x\" }", "openz"),
    Bad("unknown_key", "[limits]", "[format.colour]\na = 1\n[limits]", "[format.colour]"),
    Bad("missing_key", 'title    = "Process Payment', 'tittle    = "Process Payment', "[window.payment]"),
    Bad("missing_key", "{ wait = \"settled\", of = \"ledger\" }", '{ wait = "settled" }', '{ wait = "settled" }'),
    Bad("missing_key", PAY + "find", PAY + "fond", "[control.pay]"),
    Bad("wrong_type", "flow_s = 30", 'flow_s = "30"', 'flow_s = "30"'),
    Bad("wrong_type", "hang_s = 180", "hang_s = -1", "hang_s = -1"),
    Bad("wrong_type", "modal    = true", 'modal    = "yes"', 'modal    = "yes"'),
    Bad("wrong_type", "wait_s = [2, 5, 10, 20, 40]", 'wait_s = ["2"]', "wait_s = "),
    Bad("wrong_type", '{ id = "btnPay" }', "{ id = 7 }", "{ id = 7 }"),
    Bad("wrong_type", '{ id = "btnPay" }', '{ only = "x" }', '{ only = "x" }'),
    Bad("wrong_type", '{ id = "btnPay" }', '{ number = "x" }', '{ number = "x" }'),
    Bad("wrong_type", "columns = { ticked", "columns = { many = 3, ticked", "many = 3"),
    Bad("unknown_word", 'evidence = "inferred"', 'evidence = "guessed"', '"guessed"'),
    Bad("unknown_word", PAY, PAY.replace("button", "buton"), '"buton"'),
    Bad("unknown_word", '{ id = "btnPay" }', '{ xpath = "btnPay" }', "xpath"),
    Bad("unknown_word", 'set_by = ["pick", "keys"]', 'set_by = ["mouse"]', '"mouse"'),
    Bad("unknown_word", 'formats = { balance = "money" }', 'formats = { balance = "cash" }', '"cash"'),
    Bad("unknown_word", '{ wait = "settled"', '{ wait = "asleep"', '"asleep"'),
    Bad("unknown_word", 'when = "window.payment"', 'when = "payment"', 'when = "payment"'),
    Bad("unknown_word", '"program_idle", ', '"program_idle", "looks_fine", ', "looks_fine"),
    Bad("not_a_term", '{ set = "amount", value = "$amount" }', '{ set = "amount", value = "$amount+1" }', "+1"),
    Bad("not_a_term", 'is = "$amount" },\n  { expect = "field.change"', 'is = "USD $amount" },\n  { expect = "field.change"', "USD $"),  # noqa: E501
    Bad("not_a_term", 'needs    = ["$account_id"]', 'needs    = ["account_id"]', "needs    ="),
    Bad("step_keys", '{ set = "reference", value = "$marker" }', '{ set = "reference", value = "x", secret = "y" }', 'secret = "y"'),  # noqa: E501
    Bad("step_keys", 'which = "selected" }', 'which = "selected", where = { number = "1" } }', "which ="),
    Bad("unknown_step", '{ untick = "conclude" }', '{ click = "conclude" }', "click"),
    Bad("unknown_step", '{ untick = "conclude" }', '{ untick = "conclude", press = "ok" }', 'press = "ok" },'),
    Bad("bad_template", "{money} was already", "{cash} was already", "{cash}"),
    Bad("bad_format", 'decimal  = "."', 'decimal  = ","', "[format.money]"),
    Bad("bad_format", 'currency = "USD"', 'currency = "XXX"', '"XXX"'),
    Bad("bad_format", 'read  = ["MM/DD/YYYY"]', 'read  = ["MM/YYYY"]', "[format.date]"),
    # ---- names that dangle ----
    Bad("dangling_name", '"read_ledger", "read_account"', '"read_account"', "flows    ="),
    Bad("dangling_name", 'keeps_rest = "Yes"', 'keeps_rest = "Maybe"', 'id = "overpay"'),
    Bad("dangling_name", '{ press = "pay", opens', '{ press = "paay", opens', '"paay"'),
    Bad("dangling_name", 'opens = "payment" }', 'opens = "paymint" }', '"paymint"'),
    Bad("dangling_name", '{ read = ["account_balance"] }', '{ read = ["amount_owed"] }', '"amount_owed"'),
    Bad("dangling_name", 'identity = [{ expect = "field.account_id"', 'identity = [{ expect = "field.account"', '"field.account"'),  # noqa: E501
    Bad("dangling_name", '{ expect = "window.payment.account_id", is = "$account_id" },\n  { tick', '{ expect = "window.payment.account", is = "$account_id" },\n  { tick', "payment.account\""),  # noqa: E501
    Bad("dangling_name", '{ wait = "shown", of = "reference" }', '{ wait = "shown", of = "refarence" }', "refarence"),
    Bad("dangling_name", 'when = "window.payment"', 'when = "window.paymint"', "window.paymint"),
    Bad("dangling_name", '{ untick = "conclude" }', '{ untick = "concluded" }', '"concluded" }'),
    Bad("dangling_name", '{ tick_only = "apply_to", where = { number', '{ tick_only = "apply_to", where = { invoice', "where = { invoice ="),  # noqa: E501
    Bad("dangling_name", '{ read_rows = "ledger" }', '{ read_rows = "ledgers" }', '"ledgers"'),
    Bad("dangling_name", 'alert = "field.alert"', 'alert = "field.amount_due"', "[flow.read_invoice]"),
    Bad("dangling_name", PAY, PAY.replace("main", "mane"), "[control.pay]"),
    Bad("dangling_name", 'owner    = "main"', 'owner    = "mane"', "[window.payment]"),
    Bad("dangling_name", 'opened_by = "pay"', 'opened_by = "paay"', "[window.payment]"),
    Bad("dangling_name", PAY, PAY + 'within = "pane"\n', "[control.pay]"),
    Bad("dangling_name", 'key = "reference"', 'key = "ref"', "[list.ledger]"),
    Bad("dangling_name", "cut = { reference", "cut = { ref", "[list.ledger]"),
    Bad("dangling_name", 'press = "Later"', 'press = "Not now"', 'id = "update"'),
    Bad("dangling_name", 'by      = "read_ledger"', 'by      = "read_books"', "[flow.post_payment]"),
    Bad("dangling_name", 'choices_from = "employee"', 'choices_from = "amount"', "employee       ="),
    Bad("dangling_name", 'must_allow = ["reference"]', 'must_allow = ["refs"]', "payment_method ="),
    Bad("dangling_name", 'has_not  = ["menu_bar"]', 'has_not  = ["amount"]', "[[fingerprint]]"),
    Bad("name_twice", "[field.amount_due]", "[field.amount]", "[field.amount]"),
    Bad("need_missing", '"$payment_method", "$employee"]', '"$payment_method"]', 'value = "$employee"'),
    Bad("unknown_fact", '{ set = "amount", value = "$amount" }', '{ set = "amount", value = "$sum" }', "$sum"),
    # ---- rules of a flow ----
    Bad("commit_missing", COMMIT, "", "[flow.post_payment]"),
    Bad("commit_step", COMMIT, 'commit = { set = "amount", value = "$amount" }', "commit ="),
    Bad("commit_twice", ABANDON, ABANDON.replace('"cancel"', '"ok"'), "abandon ="),
    Bad("wrong_part", COMMIT, 'commit = { press = "ok", when = "enabled" }', "commit ="),
    Bad("wrong_part", '{ park = "parking" }', '{ press = "cancel" }', '{ press = "cancel" },'),
    Bad("wrong_part", 'touches = false ', 'touches = false\nrestore = [{ press = "refresh" }] #', 'restore = [{ press = "refresh"'),  # noqa: E501
    Bad("abandon_missing", ABANDON, "", "[flow.post_payment]"),
    Bad("after_missing", 'after = [{ wait = "gone", of = "window.payment" }]', "", "[flow.post_payment]"),
    Bad("verify_missing", "[flow.post_payment.verify]", "[flow.post_payment.verfy]", "[flow.post_payment]"),
    Bad("not_read_back", '  { expect = "control.employee", is = "$employee" },\n', "", '{ choose = "employee"'),
    Bad("not_read_back", '  { expect = "control.reference", is = "$marker" },\n', "", '{ set = "reference"'),
    Bad("secret_read_back", '{ set = "reference", value = "$marker" }', '{ set = "reference", secret = "cashier" }', '{ expect = "control.reference"'),  # noqa: E501
    Bad("marker_missing", '{ set = "reference", value = "$marker" }', '{ set = "reference", value = "TB" }', "[flow.post_payment]", everywhere=True),  # noqa: E501
    Bad("marker_missing", 'one_row = { reference = "$marker"', 'one_row = { reference = "x"', "[flow.post_payment]"),
    Bad("marker_cut", "marker_length_max = 10", "marker_length_max = 12", "[flow.post_payment]"),
    Bad("absent_incomplete", ALL_ABSENT, '"list_complete", "window_gone", "program_idle"', "[flow.post_payment]"),
    Bad("absence_unprovable", "complete = true ", "complete = false ", "[flow.post_payment]"),
    Bad("minus", 'invoice = "$invoice_number" }', 'invoice = "-$invoice_number" }', "[flow.post_payment]"),
    Bad("wrong_type", '{ set = "amount", value = "$amount" }', '{ set = "amount", value = "$marker" }', 'value = "$marker" },\n  { park'),  # noqa: E501
    Bad("wrong_role", '{ untick = "conclude" }', '{ set = "conclude", value = "x" }', '{ set = "conclude"'),
    Bad("wrong_role", '{ park = "parking" }', '{ park = "amount" }', '{ park = "amount" }'),
    Bad("wrong_role", '{ choose = "employee"', '{ choose = "reference"', '{ choose = "reference"'),
    Bad("wrong_role", '{ wait = "settled", of = "ledger" }', '{ wait = "settled", of = "refresh" }', 'of = "refresh"'),
    Bad("wrong_role", '{ wait = "shown", of = "reference" }', '{ wait = "settled", of = "window.main" }', "window.m"),
    Bad("missing_key", "modal    = true", "modal    = false", "[window.payment]"),
    Bad("contradiction", "modal    = true", "modal    = true\nreused   = true", "[window.payment]"),
    # ---- the way to a client ----
    Bad("missing_key", "\nremember = [\n", "\nremembr = [\n", "[flow.go_to_client]"),
    Bad("wrong_part", 'steps   = [{ read = ["amount"', 'remember = [{ read = ["amount"] }]\nsteps   = [{ read = ["amount"', "remember = [{"),  # noqa: E501
    Bad("wrong_part", '  { read = ["account_id", "find", "tabs"] },\n', '  { press = "refresh" },\n  { read = ["account_id", "find", "tabs"] },\n', '{ press = "refresh" },'),  # noqa: E501
    Bad("no_way_back", '{ set = "find", value = "$account_id" }', '{ set = "find", value = "$client" }', 'value = "$client"'),  # noqa: E501
    Bad("unknown_key", 'returns = { account_id = "field.account_id" }', 'returns = { account_id = "field.account_id", whom = "field.account_id" }', "[flow.go_to_client]"),  # noqa: E501
    Bad("commit_twice", '{ press = "open_client" }', '{ press = "ok" }', '{ press = "ok" },'),
    Bad("wrong_part", 'touches = false\nsteps   = [{ read = ["amount"', 'touches = false\nsteps   = [{ press = "refresh" }, { read = ["amount"', 'steps   = [{ press'),  # noqa: E501
    # ---- money given back ----
    Bad("dangling_name", 'same_as = "post_void"', 'same_as = "post_nothing"', "same_as ="),
    Bad("contradiction", 'one_row = { reference = "$marker", amount = "$amount" }', 'one_row = { reference = "$marker", amount = "-$amount" }', "[flow.post_void]"),  # noqa: E501
    Bad("dangling_name", 'when = ["period_closed", "row_unknown"]', 'when = ["client_locked"]', "[flow.post_void]"),
    Bad("dangling_name", 'instead  = { flow = "post_refund"', 'instead  = { flow = "read_ledger"', "[flow.post_void]"),
    Bad("contradiction", 'instead  = { flow = "post_refund"', 'instead  = { flow = "post_deposit"', "[flow.post_void]"),
    Bad("contradiction", 'reason = "already_reversed"', 'reason = "already_reversed"\nthen = "recheck"', 'id = "reversed"'),  # noqa: E501
    Bad("contradiction", 'do = "refuse"\npress = "OK"\nmeans = "not_posted"\nreason = "already', 'do = "refuse"\npress = "OK"\nmeans = "doubt"\nreason = "already', 'id = "reversed"'),  # noqa: E501
    Bad("not_read_back", '  { expect = "control.reason", is = "Entry error" },\n', "", '{ choose = "reason", value = "(none)"'),  # noqa: E501
    Bad("commit_twice", '{ press = "reverse", opens', '{ press = "do_reverse", opens', '{ press = "do_reverse", opens'),
    Bad("commit_twice", 'restore = [{ press = "cancel", when', 'restore = [{ press = "ok", when', 'restore = [{ press = "ok"'),  # noqa: E501
    Bad("need_missing", 'needs    = ["$account_id", "$of_marker", ', 'needs    = ["$account_id", ', 'where = { reference = "$of_marker"'),  # noqa: E501
    Bad("wrong_role", '{ read_choices = "method" }', '{ read_choices = "amount" }', '{ read_choices = "amount"'),
    Bad("dangling_name", 'methods = "choices.method"', 'methods = "choices.employee"', "[flow.list_payment_methods]"),
    Bad("missing_key", 'balance = "field.account_balance", credit = "field.credit", rows', 'credit = "field.credit", rows', "[flow.read_account]"),  # noqa: E501
    Bad("dangling_name", '{ read_rows = "open_invoices" }', '{ read_rows = "clients" }', '{ read_rows = "clients"'),
    # ---- dialogs ----
    Bad("contradiction", 'do = "stop"                         # Retry', 'do = "answer" # Retry', 'id = "connection"'),
    Bad("contradiction", "wait_s = [2, 5, 10, 20, 40]\n", "", 'id = "locked"'),
    Bad("contradiction", 'do = "retry"\npress = "Cancel"\n', 'do = "stop"\n', 'id = "locked"'),
    Bad("missing_key", 'reason = "period_closed"\n', "", 'id = "period"'),
    Bad("missing_key", 'buttons = ["Retry", "Cancel"]\nduring = ["after_commit"]', 'buttons = ["Retry", "Cancel"]\nduring = []', 'id = "printer"'),  # noqa: E501
    Bad("dialog_twice", 'text = ["Printer not ready"]\nbuttons = ["Retry", "Cancel"]', 'text = ["Print receipt?"]\nbuttons = ["Yes", "No", "Cancel"]\n[[dialog]]\nid = "again"\ntext = ["Print receipt?"]\nbuttons = ["Yes", "No"]', 'id = "again"'),  # noqa: E501
    # ---- warnings ----
    Bad("one_world", '[{ id = "btnPay" }, { name = "Process Payment" }]', "[{ number = 1004 }]", "[control.pay]", "warning"),  # noqa: E501
    Bad("amount_not_last", '{ set = "reference", value = "$marker" },\n  { set = "amount", value = "$amount" }', '{ set = "amount", value = "$amount" },\n  { set = "reference", value = "$marker" }', '{ set = "amount"', "warning"),  # noqa: E501
    Bad("fingerprint_thin", 'has      = ["open_invoices", "account_balance"]', 'has      = ["open_invoices"]', 'page     =', "warning"),  # noqa: E501
]  # fmt: skip


def findings_of(text: str, folder: Path) -> list[Finding]:
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(text, "utf-8")
    return lint(folder)


def test_the_shipped_pack_is_sound() -> None:
    assert lint(PACK_FOLDER) == []


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_broken_pack_is_found_with_file_and_line(bad: Bad, tmp_path: Path) -> None:
    assert TEXT.count(bad.old) >= 1, "the table does not fit the pack any more"
    text = TEXT.replace(bad.old, bad.new, -1 if bad.everywhere else 1)
    found = findings_of(text, tmp_path / "soft/6")
    lines = {text.count("\n", 0, at) + 1 for at in _places(text, bad.at)}
    nearby = lines | {line - 1 for line in lines}  # an [[array]] entry is told by its head
    hits = [finding for finding in found if finding.code == bad.code and finding.severity == bad.severity]
    assert hits, f"found only {found}"
    assert any(finding.line in nearby for finding in hits), (hits, lines)
    assert {finding.file for finding in found} == {str(tmp_path / "soft/6/pack.toml")}


def test_a_reused_window_names_who_it_is_for_inside_it_too(tmp_path: Path) -> None:
    reused = SALE_ONLY.replace("modal    = true", "modal    = false\nreused   = true", 1)
    assert (
        findings_of(reused, tmp_path / "soft/6") == []
    )  # the ticked row names the invoice inside the window
    inside = '{ expect_row = "apply_to", where = { number = "$invoice_number" }'
    by_title_only = reused.replace(inside, inside.replace("$invoice_number", "Unapplied"), 1)
    found = findings_of(by_title_only, tmp_path / "soft/7")
    line = by_title_only.count("\n", 0, by_title_only.index("[flow.post_payment]")) + 1
    assert [(finding.code, finding.line) for finding in found] == [("second_identity", line)]


def test_a_check_that_looks_at_nobody_is_found(tmp_path: Path) -> None:
    at = TEXT.index("check = [")
    blind = TEXT[at : TEXT.index("]", at)].replace("$account_id", "01042").replace("$invoice_number", "10482")
    text = TEXT[:at] + blind + TEXT[TEXT.index("]", at) :]
    assert [finding.code for finding in findings_of(text, tmp_path / "soft/6")] == ["identity_missing"]


def _places(text: str, part: str) -> list[int]:
    at = text.find(part)
    places = []
    while at >= 0:
        places.append(at)
        at = text.find(part, at + 1)
    return places


def test_a_finding_says_file_line_code_and_words(tmp_path: Path) -> None:
    [finding] = findings_of(TEXT.replace("flow_s = 30", "flow_s = 30\nfloww_s = 3", 1), tmp_path / "soft/6")
    line = TEXT.count("\n", 0, TEXT.index("flow_s = 30")) + 2
    assert str(finding).startswith(f"{tmp_path}/soft/6/pack.toml:{line}: error unknown_key: ")


def test_a_folder_without_a_pack_is_a_finding(tmp_path: Path) -> None:
    [finding] = lint(tmp_path)
    assert finding.code == "unreadable_file"


# ---- inheritance ----


def heir(tmp_path: Path, text: str) -> list[Finding]:
    shutil.copytree(PACK_FOLDER, tmp_path / "soft/6")
    return findings_of(text, tmp_path / "soft/7")


HEAD = """[pack]
language = 1
software = "impromed"
version = "7"
inherits = "6"
evidence = "inferred"
"""
HEAD += next(line for line in TEXT.splitlines() if line.startswith("flows ")) + "\n"
PRINT = '[[fingerprint]]\nwindow = "main"\nhas = ["open_invoices", "refresh"]\n'


def test_an_heir_needs_its_own_fingerprint_and_nothing_else(tmp_path: Path) -> None:
    assert heir(tmp_path, HEAD + PRINT) == []


def test_an_heir_without_a_fingerprint_would_be_taken_for_its_parent(tmp_path: Path) -> None:
    [finding] = heir(tmp_path, HEAD)
    assert (finding.code, finding.file) == ("missing_key", str(tmp_path / "soft/7/pack.toml"))


def test_a_table_of_the_same_name_replaces_the_whole_table(tmp_path: Path) -> None:
    found = heir(tmp_path, HEAD + PRINT + '[control.pay]\nin = "main"\nrole = "button"\n')
    assert [(finding.code, finding.line) for finding in found] == [("missing_key", 11)]


def test_a_fault_in_an_inherited_table_is_told_where_it_stands(tmp_path: Path) -> None:
    found = heir(tmp_path, HEAD.replace("evidence", 'without = ["control.cancel"]\nevidence', 1) + PRINT)
    assert {finding.file for finding in found} == {str(tmp_path / "soft/6/pack.toml")}
    assert {finding.code for finding in found} == {"dangling_name"}


def test_only_what_is_inherited_can_be_left_out(tmp_path: Path) -> None:
    found = heir(tmp_path, HEAD.replace("evidence", 'without = ["dialog.nag"]\nevidence', 1) + PRINT)
    assert [finding.code for finding in found] == ["dangling_name"]


@pytest.mark.parametrize("parent", ["7", "8"])
def test_a_pack_never_inherits_from_itself_or_from_nothing(parent: str, tmp_path: Path) -> None:
    found = heir(tmp_path, HEAD.replace('inherits = "6"', f'inherits = "{parent}"') + PRINT)
    assert "inherits" in {finding.code for finding in found}
