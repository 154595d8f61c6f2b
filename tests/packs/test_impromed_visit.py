"""The next client on the real windows of the stand-in v6: posted at a quiet moment, and the screen as it was."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.packs.impromed_lab import Lab, order, trouble
from tillbridge.flows.practice import PackPractice
from tillbridge.ports.practice import AccountSeen, InvoiceSeen, LedgerSeen
from tillbridge.screen.backend import Burst, Choose, Evidence, Found, Node, Park, Press, SetText, Target
from tillbridge.screen.guards.x11 import X11Guard
from tillbridge.testing.desktop import Desktop

pytestmark = pytest.mark.screen

NEXT = "00415"


class LeftAlone(X11Guard):
    """The real guard on a desktop that was left alone long before the test began."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop.env)
        self.began = self.watch()

    def idle_s(self) -> float:
        return super().idle_s() if self.disturbed(self.began) else 60.0


def _control(name: str, role: str, kind: str, value: str) -> Target:
    return Target(name, role, (Evidence(kind, value),))  # type: ignore[arg-type]  # words of the closed lists


CONTROLS = [
    _control("tabs", "tabs", "only", ""),
    _control("find", "edit", "id", "txtFind"),
    _control("invoices", "list", "id", "grdInvoices"),
    _control("clients", "list", "id", "grdClients"),
    _control("account", "text", "id", "lblAccount"),
]


class Front(NamedTuple):
    """What a person has in front."""

    account: str
    page: str
    sought: str
    invoice: tuple[str, ...]
    client: tuple[str, ...]
    focus: Node | None
    windows: int


class Person:
    """Works at the lab's screen by the backend alone, as far as a test needs it."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.backend = lab, lab.backend
        program = next(one for one in self.backend.programs() if self.backend.windows(one))
        self.program = program
        self.window = self.backend.windows(program)[0].handle
        found = self.backend.resolve(self.window, CONTROLS)
        self.node = {
            target.name: one.node
            for target, one in zip(CONTROLS, found, strict=True)
            if isinstance(one, Found)
        }

    def opens(self, client: str, invoice: str = "") -> None:
        self.lab.server.world("show", client=client, invoice=invoice)
        self.lab.until(lambda: self.front().account == client, f"client {client}")

    def works(self) -> Front:
        """Looks something up, turns a page, and leaves the focus in the search box."""
        acts = (SetText(self.node["find"], "ch"), Choose(self.node["tabs"], "Notes"), Park(self.node["find"]))
        report = self.backend.burst(Burst(time.time_ns(), acts))
        assert report.acts_done == len(acts), report
        return self.front()

    def front(self) -> Front:
        tabs, find, account = self.backend.read([self.node[name] for name in ("tabs", "find", "account")])
        return Front(
            account.text,
            tabs.text,
            find.text,
            self._selected("invoices", "Invoice"),
            self._selected("clients", "Account"),
            self.backend.focused(self.window),
            len(self.backend.windows(self.program)),
        )

    def _selected(self, name: str, caption: str) -> tuple[str, ...]:
        rows = self.backend.rows(self.node[name], (caption,)).rows
        return tuple(row.cells[0] for row in rows if row.selected)

    def presses_a_key(self) -> None:
        subprocess.run(["xdotool", "key", "shift"], env=self.lab.desktop.env, check=True, timeout=10)


@pytest.fixture
def person(lab: Lab, private_desktop: Desktop) -> Iterator[Person]:
    guard = LeftAlone(private_desktop)
    desk = replace(lab.desk, guard=guard)
    lab.practice = PackPractice(desk, lab.practice.packs, first_burst=time.time_ns())
    yield Person(lab)
    guard.close()
    lab.practice = lab.fresh_practice()


def test_the_payment_goes_in_by_itself_and_everything_is_as_the_person_left_it(
    lab: Lab, person: Person
) -> None:
    person.opens(NEXT)
    before = person.works()
    seen = lab.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen), seen
    assert person.front() == before
    report = lab.practice.post(order())
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    assert person.front() == before
    lab.posted()
    assert len(lab.ledger(order()).marked) == 1
    assert person.front() == before


def test_in_place_the_other_invoice_stays_selected_and_the_focus_where_it_was(
    lab: Lab, person: Person
) -> None:
    person.opens("01042", "10467")
    before = person.works()
    assert before.invoice == ("10467",)
    report = lab.practice.post(order())
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    lab.posted()
    assert person.front() == before


def test_a_key_pressed_in_the_middle_ends_the_visit_and_nothing_is_posted(lab: Lab, person: Person) -> None:
    person.opens(NEXT)
    before = person.works()
    typing = Typist(lab, person)
    report = typing.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "user_typing"), report.transcript
    lab.nothing_posted()
    assert person.front() == before
    assert typing.pressed


class Typist:
    """A practice at whose screen a person presses a key as soon as the payment window is open."""

    def __init__(self, lab: Lab, person: Person) -> None:
        self.person = person
        self.pressed = False
        desk = replace(lab.practice.desk, log=lambda name: self)
        self.practice = PackPractice(desk, lab.practice.packs, first_burst=time.time_ns())

    def note(self, what: str, **facts: object) -> None:
        if what == "step" and facts.get("about") == "method" and not self.pressed:
            self.pressed = True
            self.person.presses_a_key()

    def close(self) -> str:
        return "typist"


def test_a_payment_window_of_a_person_is_read_before_a_charge(lab: Lab, person: Person) -> None:
    """Somebody types the payment by hand: amount and method stand in the window already."""
    program = person.program
    pay = Target("pay", "button", (Evidence("id", "btnPay"),))
    [button] = lab.backend.resolve(person.window, [pay])
    assert isinstance(button, Found)
    lab.backend.burst(Burst(time.time_ns(), (Press(button.node, opens=True),)))
    lab.until(lambda: len(lab.backend.windows(program)) == 2, "the payment window")
    seen = lab.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen), seen
    assert seen.entering is not None
    assert (seen.entering.amount, seen.entering.method) == (seen.balance, "Cash")


def test_of_two_programs_the_upper_one_is_read_and_the_one_read_from_is_posted_into(
    lab: Lab, person: Person
) -> None:
    first = lab.practice.read_invoice()
    assert isinstance(first, InvoiceSeen)
    skin = lab.open_skin("--workstation", "FRONT2", "--client", "01042", "--invoice", "10467")
    lab.until(lambda: len(lab.backend.programs()) == 2, "the second copy")
    lab.until(lambda: _reads(lab, "10467"), "the invoice of the second one, which lies on top")
    report = lab.practice.post(order())
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    lab.posted(workstation="FRONT1")
    assert (
        trouble(lab.practice.post(order(account_id="00230", invoice_number="99999"))).code
        == "several_instances"
    )
    skin.kill()
    skin.wait()


def _reads(lab: Lab, number: str) -> bool:
    seen = lab.practice.read_invoice()
    return isinstance(seen, InvoiceSeen) and seen.invoice_number == number


def test_money_given_back_goes_in_by_itself_too_and_everything_is_as_the_person_left_it(
    lab: Lab, person: Person
) -> None:
    assert lab.practice.post(order()).stage == "committed"
    lab.ledger(order())
    person.opens(NEXT)
    before = person.works()
    taken_back = order(kind="void", marker="B1111-AAAA", of_marker=order().marker)
    report = lab.practice.post(taken_back)
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    assert person.front() == before
    lab.ledger(taken_back)
    account = lab.practice.read_account(order())
    assert isinstance(account, AccountSeen), account
    assert ("10482", 21240) in [(one.number, one.balance.minor) for one in account.invoices]
    assert person.front() == before
