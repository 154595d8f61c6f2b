"""The classic skin (v5) seen through accessibility: what it hides, its habits, and where the money goes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.stand_ins.qt.eyes import ENABLED, SHOWING, Eyes, Node
from tests.stand_ins.running import SOURCE, Server, until
from tillbridge.testing.desktop import Desktop

MAIN = "ImproMed Infinity - [Client: 1042 - Alvarez, Rosa]"
METHODS = ["Cash", "Check", "CareCredit", "Credit Card (Integrated)", "Gift Card", "Tillbridge", "Write-off"]
FIELDS = {"date": "1001", "method": "1002", "amount": "1003", "reference": "1004", "employee": "1005"}


class Counter:
    """One server and one classic skin, and the steps that a cashier does."""

    def __init__(self, desktop: Desktop, server: Server) -> None:
        self.server = server
        self.eyes = Eyes(desktop)
        command = [sys.executable, "-m", "tillbridge.stand_ins.qt", "--profile", "v5", "--server", server.url]
        self.skin: subprocess.Popen[bytes] = desktop.spawn(command, env={"PYTHONPATH": str(SOURCE)})

    def close(self) -> None:
        self.skin.kill()
        self.skin.wait()
        self.eyes.close()

    def button(self, window: str, name: str) -> None:
        self.eyes.press(self.eyes.by_name(self.eyes.window(window), "push button", name))

    def open_payment(self) -> Node:
        self.button(MAIN, "Payment...")
        return self.eyes.window("Payment")

    def field(self, name: str) -> Node:
        return self.eyes.find(self.eyes.window("Payment"), FIELDS[name])

    def keys(self, *names: str) -> None:
        self.eyes.keys("Payment", *names)

    def to_method(self) -> Node:
        """The focus on the list of methods: from the date by Tab."""
        self.eyes.focus(self.field("date"))
        self.keys("Tab")
        return self.field("method")

    def method_becomes(self, name: str) -> None:
        box = self.field("method")
        until(lambda: self.eyes.name(box) == name, f"method {name}")

    def gone(self, title: str) -> None:
        until(lambda: title not in self.eyes.titles(), f"{title!r} gone")


@pytest.fixture(scope="module")
def running(desktop: Desktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with Server(
        tmp_path_factory.mktemp("books"), "--profile", "v5", "--fault", "ledger_delay_ms=0"
    ) as server:
        made = Counter(desktop, server)
        yield made
        made.close()


@pytest.fixture
def counter(running: Counter) -> Iterator[Counter]:
    """As at first: the default scene, no payment window."""
    running.server.send("/reset", scene="default", seed=1)
    running.server.knobs(ledger_delay_ms="0")
    running.eyes.window(MAIN)
    yield running
    if "Payment" in running.eyes.titles():
        running.button("Payment", "Cancel")
        running.gone("Payment")


def showing(counter: Counter, window: Node, role: str) -> list[Node]:
    eyes = counter.eyes
    return [node for node in eyes.all(window) if eyes.role(node) == role and eyes.has(node, SHOWING)]


def test_the_painted_ledger_shows_accessibility_no_rows(counter: Counter) -> None:
    main = counter.eyes.window(MAIN)
    assert len(showing(counter, main, "table")) == 3, "patients, open invoices and their charges"
    counter.eyes.press(counter.eyes.by_name(main, "page tab", "Transactions"))
    until(lambda: len(showing(counter, main, "table")) == 2, "patients and invoices are lists, still")
    counter.eyes.press(counter.eyes.by_name(main, "page tab", "Charges"))


def test_fields_have_bare_numbers_and_nothing_that_ties_a_label_to_them(counter: Counter) -> None:
    window = counter.open_payment()
    for name in FIELDS:
        assert counter.eyes.labelled_by(counter.field(name)) == [], name
    assert "Payment Date" in [counter.eyes.name(node) for node in showing(counter, window, "label")]
    assert not counter.eyes.has(counter.field("reference"), ENABLED), "Cash asks for no number"


def test_it_opens_with_today_and_the_whole_balance_of_the_account(counter: Counter) -> None:
    counter.open_payment()
    assert counter.eyes.text(counter.field("amount")) == "267.90"
    assert counter.eyes.text(counter.field("date")).count("/") == 2
    assert counter.eyes.text(counter.field("employee")) == "KT"


def test_enter_goes_to_the_next_field_and_posts_nothing(counter: Counter) -> None:
    counter.open_payment()
    counter.eyes.focus(counter.field("amount"))
    counter.eyes.write(counter.field("amount"), "12.00")
    counter.keys("Return", "Return", "Return", "Return", "Return", "Return")
    total = counter.eyes.find(counter.eyes.window("Payment"), "1009")
    until(lambda: counter.eyes.name(total) == "12.00", "the amount was left")
    assert counter.server.payments() == []


def test_a_letter_goes_on_to_the_next_method_so_that_a_typed_name_ends_elsewhere(counter: Counter) -> None:
    counter.open_payment()
    counter.to_method()
    for name in ("Check", "CareCredit", "Credit Card (Integrated)", "Cash"):
        counter.keys("c")
        counter.method_becomes(name)
    counter.keys(*"tillbridge")
    counter.method_becomes("Gift Card")


def test_a_text_written_into_the_methods_shows_and_the_old_one_is_posted(counter: Counter) -> None:
    counter.open_payment()
    box = counter.field("method")
    edit = next(node for node in counter.eyes.all(box) if counter.eyes.role(node) == "text")
    assert counter.eyes.write(edit, "Tillbridge")
    assert counter.eyes.name(box) == "Tillbridge"
    counter.button("Payment", "OK")
    counter.gone("Payment")
    assert {act["method"] for act in counter.server.payments()} == {"Cash"}


def test_an_amount_that_was_not_left_posts_the_old_one(counter: Counter) -> None:
    counter.open_payment()
    counter.eyes.write(counter.field("amount"), "1.00")
    counter.button("Payment", "OK")
    counter.gone("Payment")
    assert [(act["invoice"], act["amount_minor"]) for act in counter.server.payments()] == [
        ("10467", 5550),
        ("10482", 21240),
    ]


def test_what_was_paid_stands_whole_in_the_reverse_window_until_it_is_reversed(counter: Counter) -> None:
    counter.server.world("by_hand", invoice="10482", amount_minor=10000, method="Check", reference="77")
    assert ["Check", "100.00", "77", "DB"] in [row[1:] for row in reversible(counter)]
    counter.server.world("reverse", payment=counter.server.payments()[0]["id"])
    assert "77" not in [row[3] for row in reversible(counter)]
    counter.server.world("close_period")
    assert reversible(counter) == []


def reversible(counter: Counter) -> list[list[str]]:
    counter.button(MAIN, "Reverse...")
    window = counter.eyes.window("Reverse Payment")
    rows = counter.eyes.rows(counter.eyes.find(window, "1301"))
    counter.button("Reverse Payment", "Cancel")
    counter.gone("Reverse Payment")
    return rows


def test_from_the_account_menu_nothing_is_offered_and_what_is_given_back_is_a_credit(
    counter: Counter,
) -> None:
    eyes = counter.eyes
    eyes.press(eyes.by_name(eyes.window(MAIN), "menu item", "Payment on Account..."))
    window = eyes.window("Payment")
    assert (eyes.text(counter.field("amount")), eyes.name(eyes.find(window, "1010"))) == (
        "0.00",
        "On account",
    )
    eyes.focus(counter.field("amount"))
    eyes.write(counter.field("amount"), "-25.00")
    eyes.focus(counter.field("employee"))
    until(lambda: eyes.text(counter.field("amount")) == "25.00 CR", "the amount as the program writes it")
    counter.button("Payment", "OK")
    counter.gone("Payment")
    assert [(act["invoice"], act["amount_minor"]) for act in counter.server.payments()] == [("", -2500)]


def test_a_reversal_wants_a_reason_and_stands_under_it_among_those_of_today(counter: Counter) -> None:
    counter.server.world("by_hand", invoice="10467", amount_minor=5550, method="Check", reference="77")
    counter.button(MAIN, "Reverse...")
    window, eyes = counter.eyes.window("Reverse Payment"), counter.eyes
    eyes.write(eyes.find(window, "1305"), "DB")
    eyes.select_row(eyes.find(window, "1301"), 0)
    counter.button("Reverse Payment", "Reverse")
    box = eyes.window("ImproMed Infinity")
    assert eyes.name(eyes.find(box, "qt_msgbox_label")) == "Enter the reason for the reversal."
    counter.button("ImproMed Infinity", "OK")
    counter.gone("ImproMed Infinity")
    eyes.write(eyes.find(window, "1304"), "Wrong client")
    counter.button("Reverse Payment", "Reverse")
    counter.gone("Reverse Payment")
    counter.button(MAIN, "Reverse...")
    [row] = eyes.rows(eyes.find(eyes.window("Reverse Payment"), "1306"))
    assert row[1:] == ["Check", "55.50 CR", "77", "Wrong client", "DB"]
    counter.button("Reverse Payment", "Cancel")
    counter.gone("Reverse Payment")


def test_f2_shows_the_employees_and_takes_their_initials(counter: Counter) -> None:
    counter.open_payment()
    counter.eyes.focus(counter.field("employee"))
    counter.keys("F2")
    window = counter.eyes.window("Employees")
    counter.eyes.select_row(counter.eyes.find(window, "1401"), 1)
    counter.button("Employees", "OK")
    counter.gone("Employees")
    assert counter.eyes.text(counter.field("employee")) == "DB"


@pytest.mark.parametrize(
    ("field", "text", "complaint"),
    [
        ("date", "13/45/2026", "Date is not valid. Enter it as MM/DD/YYYY."),
        ("employee", "ZZ", "Employee initials are not on file."),
    ],
)
def test_what_is_not_on_file_is_complained_about_and_the_window_stays(
    field: str, text: str, complaint: str, counter: Counter
) -> None:
    counter.open_payment()
    counter.eyes.write(counter.field(field), text)
    counter.button("Payment", "OK")
    box = counter.eyes.window("ImproMed Infinity")
    assert counter.eyes.name(counter.eyes.find(box, "qt_msgbox_label")) == complaint
    counter.button("ImproMed Infinity", "OK")
    counter.gone("ImproMed Infinity")
    assert counter.server.payments() == []


def test_find_client_narrows_by_account_and_opens_the_chosen_one(counter: Counter) -> None:
    counter.eyes.press(counter.eyes.by_name(counter.eyes.window(MAIN), "menu item", "Find..."))
    window = counter.eyes.window("Find Client")
    counter.eyes.write(counter.eyes.find(window, "1201"), "00911")
    counter.button("Find Client", "OK")
    counter.gone("Find Client")
    until(lambda: any("Client: 911 " in title for title in counter.eyes.titles()), "client 00911")
