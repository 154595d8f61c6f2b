"""The v6 windows in memory, as much of them as flows need: books, a payment window, dialogs on demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from tillbridge.domain.money import Money
from tillbridge.flows.practice import Desk, PackPractice
from tillbridge.flows.shelf import sound
from tillbridge.ports.practice import PostingOrder
from tillbridge.screen.backend import Mark, Program, ShieldReport
from tillbridge.screen.backends.fake import FakeBackend, FakeControl, FakeWindow

TODAY = date(2026, 11, 22)
PACK_FOLDER = Path(__file__).parents[2] / "src/tillbridge/packs/impromed/6"
METHODS = ("Cash", "Check", "Credit Card (Integrated)", "Tillbridge")
REASONS = ("(none)", "Entry error", "Wrong client")
EMPLOYEES = ("Kim Tran", "Dana Brooks")


def _minor(text: str) -> int:
    return int(text.replace("$", "").replace(",", "").replace(".", ""))


def money(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}${abs(minor) // 100:,}.{abs(minor) % 100:02d}"


class FakeImproMed:
    """One running program with one client open. Tests turn its attributes into faults."""

    def __init__(self) -> None:
        self.account, self.client = "01042", "Alvarez, Rosa"
        self.invoices = {"10467": 5550, "10482": 21240}
        self.selected = "10482"
        self.posted: list[list[str]] = []
        self.others: dict[str, tuple[str, dict[str, int]]] = {
            "00911": ("Novak, Petra", {"10490": 4000, "10491": 6000}),
            "00230": ("Bauer, Heinz", {}),
        }
        """Account -> name and open invoices of every client that is not in front."""
        self.ledgers: dict[str, list[list[str]]] = {}
        self.starts = 0
        self.twice = ""
        """An account that the list of clients shows twice."""
        self.misleads: dict[str, str] = {}
        """Account chosen in the list -> account that opens instead."""
        self.on_opening: Callable[[], object] | None = None
        self.on_method: Callable[[], object] | None = None
        self.on_commit: Callable[[], object] | None = None
        """Runs instead of the commit; may call `commit`."""
        self.opens_anyway = True
        """False: a message while opening stands instead of the payment window."""
        self.pressed: list[str] = []
        """Buttons of messages that were pressed."""
        self.hides_reference = False
        self.reversal_says = ""
        """A message instead of the window in which a payment is reversed."""
        self.credit = 0
        self.validates = True
        self.main = FakeWindow("", self._main_controls())
        self.backend = FakeBackend(self.main, name="impromed", version="6.4.2")
        self.draw()

    # ---- the main window ----

    def _main_controls(self) -> list[FakeControl]:
        return [
            FakeControl("button", id="appButton", name="I"),
            FakeControl("button", id="btnPay", name="Process Payment", on_press=self.open_payment),
            FakeControl(
                "tab", id="pageTransactions", name="Transactions", on_press=self._tab("Transactions")
            ),
            FakeControl("tab", id="pageInvoices", name="Invoices", on_press=self._tab("Invoices")),
            FakeControl("tabs", id="tabs", text="Invoices", options=("Invoices", "Transactions", "Notes")),
            FakeControl("edit", id="txtFind", label="Find", on_set=self._search),
            FakeControl("list", id="grdClients", name="Clients", captions=("Account", "Name")),
            FakeControl("button", id="btnOpenClient", name="Open Client", on_press=self._open_found),
            FakeControl("button", id="btnRefresh", name="Refresh"),
            FakeControl("button", id="btnReverse", name="Reverse Payment", on_press=self._open_reversing),
            FakeControl("text", id="lblCredit", label="Unapplied credit"),
            FakeControl("text", id="lblAccount", label="Account"),
            FakeControl("text", id="lblClient", label="Client"),
            FakeControl("text", id="lblAlert", label="Alert", shown=False),
            FakeControl("text", id="lblBalance", label="Account balance"),
            FakeControl(
                "list",
                id="grdInvoices",
                name="Open invoices",
                captions=("Invoice", "Date", "Label", "Total", "Paid", "Balance"),
            ),
            FakeControl(
                "list",
                id="grdTransactions",
                name="Transactions",
                captions=("Date", "Type", "Method", "Amount", "Reference", "Invoice", "Employee"),
            ),
        ]

    def draw(self) -> None:
        """Show the books as they are now."""
        self.main.title = f"ImproMed - {self.account} {self.client}"
        self.main["lblAccount"].text = self.account
        self.main["lblClient"].text = self.client
        self.main["lblBalance"].text = money(sum(self.invoices.values()) - self.credit)
        self.main["lblCredit"].text = money(self.credit)
        grid = self.main["grdInvoices"]
        grid.cells = [
            [number, "11/20/2026", "Visit", money(owed), money(0), money(owed)]
            for number, owed in self.invoices.items()
        ]
        grid.selected = list(self.invoices).index(self.selected) if self.selected in self.invoices else -1
        self.main["grdTransactions"].cells = list(self.posted)
        self._fill_clients(self.main["txtFind"].text)

    def restart(self, version: str = "6.4.2") -> None:
        """The program ends and is started again, perhaps updated: new windows, the first client in front."""
        self.starts += 1
        self.main = FakeWindow("", self._main_controls())
        self.backend.open = [self.main]
        self.backend.program = Program(f"again {self.starts}", "impromed", 100 + self.starts, "", version)
        self.draw()

    def rows_of(self, account: str) -> list[list[str]]:
        """What the books hold for a client, whoever is in front."""
        return self.posted if self.account == account else self.ledgers.get(account, [])

    # ---- other clients ----

    def open_client(self, account: str, invoice: str = "") -> None:
        """Another client comes to the front, as when a person opens one."""
        if account == self.account:
            return
        self.others[self.account] = (self.client, self.invoices)
        self.ledgers[self.account] = self.posted
        self.client, self.invoices = self.others.pop(account)
        self.posted = self.ledgers.pop(account, [])
        self.account = account
        self.selected = invoice or next(iter(self.invoices), "")
        self.draw()

    def accounts(self) -> dict[str, str]:
        """Every client's account and name."""
        names = {account: name for account, (name, _) in self.others.items()}
        return dict(sorted({**names, self.account: self.client}.items()))

    def _tab(self, name: str) -> Callable[[], None]:
        def shown() -> None:
            self.main["tabs"].text = name

        return shown

    def _search(self, find: FakeControl) -> None:
        self._fill_clients(find.text)

    def _fill_clients(self, wanted: str) -> None:
        grid = self.main["grdClients"]
        grid.cells = [
            [account, name] for account, name in self.accounts().items() if wanted in account + name
        ]
        grid.cells += [row for row in grid.cells if row[0] == self.twice]
        open_ones = [at for at, row in enumerate(grid.cells) if row[0] == self.account]
        grid.selected = open_ones[0] if open_ones else -1

    def _open_found(self) -> None:
        grid = self.main["grdClients"]
        if grid.selected >= 0:
            chosen = grid.cells[grid.selected][0]
            self.open_client(self.misleads.get(chosen, chosen))

    # ---- the payment window ----

    def selected_now(self) -> str:
        """The invoice that is selected on the screen; empty if none is."""
        at = self.main["grdInvoices"].selected
        return list(self.invoices)[at] if at >= 0 else ""

    def front(self) -> tuple[str, str, str, str]:
        """What a person has in front: client, selected invoice, tab, text in the search box."""
        return self.account, self.selected_now(), self.main["tabs"].text, self.main["txtFind"].text

    def open_payment(self) -> None:
        asked = len(self.backend.open)
        if self.on_opening:
            self.on_opening()
        if len(self.backend.open) > asked and not self.opens_anyway:
            return
        if not any(window.title.startswith("Process") for window in self.backend.open):
            self.payment = FakeWindow(
                f"Process Payment - {self.account} {self.client}",
                self._payment_controls(),
                kind="dialog",
                modal=True,
                owner=self.main,
            )
            at = self.backend.open.index(self.main) + 1
            self.backend.open.insert(at, self.payment)

    def _payment_controls(self) -> list[FakeControl]:
        row = self.main["grdInvoices"].selected
        number = list(self.invoices)[row]
        due = self.invoices[number]
        everything = [*self.invoices, "Unapplied"]
        return [
            FakeControl(
                "list",
                id="lstApply",
                label="Apply to",
                captions=("Invoice", "Balance"),
                cells=[[one, money(self.invoices.get(one, 0))] for one in everything],
                ticks=[one == number for one in everything],
            ),
            FakeControl(
                "choice",
                id="cboMethod",
                label="Payment Method",
                text="Cash",
                options=METHODS,
                ways=frozenset({"keys"}),
                on_set=self._method_set,
            ),
            FakeControl(
                "choice",
                id="cboCardType",
                label="Card Type",
                text="Not Specified",
                options=("Not Specified", "Visa"),
                enabled=False,
            ),
            FakeControl("edit", id="txtAmount", label="Amount", text=money(due), on_set=self._amount_set),
            FakeControl("edit", id="txtReference", label="Reference", shown=False),
            FakeControl("choice", id="cboEmployee", label="Employee", text="Kim Tran", options=EMPLOYEES),
            FakeControl("check", id="chkConclude", name="Conclude invoice", checked=True),
            FakeControl("button", id="btnOK", name="OK", on_press=self._ok),
            FakeControl("button", id="btnCancel", name="Cancel", on_press=self.close_payment),
            FakeControl("edit", id="txtClient", label="Client", text=self.client, read_only=True),
            FakeControl("text", id="lblDue", label="Amount due", text=money(due)),
            FakeControl("text", id="lblTendered", label="Tendered", text=money(due)),
            FakeControl("text", id="lblChange", label="Change", text=money(0)),
        ]

    def _method_set(self, method: FakeControl) -> None:
        if self.on_method:
            self.on_method()
        self.payment["txtReference"].shown = method.text != "Cash" and not self.hides_reference
        self.payment["cboCardType"].enabled = method.text != "Cash"

    def _amount_set(self, amount: FakeControl) -> None:
        if self.validates:
            self.payment["lblTendered"].text = money(_minor(amount.text))

    def close_payment(self) -> None:
        self.backend.open = [window for window in self.backend.open if window is not self.payment]

    def _ok(self) -> None:
        if self.on_commit:
            self.on_commit()
        else:
            self.commit()
            self.ask("Print receipt?", "Yes", "No", after=self.close_payment)

    def commit(self) -> None:
        """What really happens: a row for each ticked invoice."""
        window = self.payment
        minor = _minor(window["txtAmount"].text)
        numbers = [row[0] for row, on in zip(window["lstApply"].cells, window["lstApply"].ticks or ()) if on]
        for number in numbers:
            self.posted.insert(
                0,
                [
                    "11/22/2026",
                    "Payment" if minor > 0 else "Refund",
                    window["cboMethod"].text,
                    money(-minor),
                    window["txtReference"].text[:10],
                    number if number in self.invoices else "",
                    window["cboEmployee"].text,
                ],
            )
            if number in self.invoices:
                self.invoices[number] -= minor
            else:
                self.credit += minor
        self.draw()

    # ---- the window in which a payment is reversed ----

    def _open_reversing(self) -> None:
        at = self.main["grdTransactions"].selected
        if self.reversal_says:
            self.ask(self.reversal_says, "OK")
            return
        row = self.posted[at]
        self.reversing = FakeWindow(
            f"Reverse Payment - {self.account} {self.client}",
            [
                FakeControl("edit", id="txtReversedClient", label="Client", text=self.client, read_only=True),
                FakeControl("text", id="lblReversedReference", label="Reference", text=row[4]),
                FakeControl("text", id="lblReversedAmount", label="Amount", text=row[3]),
                FakeControl("choice", id="cboReason", label="Reason", text="(none)", options=REASONS),
                FakeControl("edit", id="txtReversalNo", label="Reversal No."),
                FakeControl("choice", id="cboReversedBy", label="Reversed by", text="Kim Tran", options=EMPLOYEES),
                FakeControl("button", id="btnDoReverse", name="Reverse", on_press=lambda: self._reverse(row)),
                FakeControl("button", id="btnKeep", name="Cancel", on_press=self._close_reversing),
            ],
            kind="dialog",
            modal=True,
            owner=self.main,
        )  # fmt: skip
        self.backend.open.append(self.reversing)

    def _reverse(self, row: list[str]) -> None:
        """A row of the opposite sum with a number of its own; the old row stays."""
        number, employee = self.reversing["txtReversalNo"].text, self.reversing["cboReversedBy"].text
        paid = -_minor(row[3])
        self.posted.insert(0, ["11/22/2026", "Reversal", row[2], money(paid), number[:10], row[5], employee])
        self.invoices[row[5]] += paid
        self._close_reversing()
        self.draw()

    def _close_reversing(self) -> None:
        self.backend.open.remove(self.reversing)

    # ---- dialogs ----

    def ask(
        self, text: str, *buttons: str, after: Callable[[], object] | None = None, title: str = "ImproMed"
    ) -> FakeWindow:
        """A modal message on top of everything."""
        message = FakeWindow(title, [FakeControl("text", text=text)], kind="dialog", modal=True)

        def press(name: str) -> Callable[[], None]:
            def pressed() -> None:
                self.pressed.append(name)
                self.backend.open.remove(message)
                if after:
                    after()

            return pressed

        message.controls += [FakeControl("button", name=name, on_press=press(name)) for name in buttons]
        self.backend.open.append(message)
        return message


def _nothing() -> None:
    pass


class FakeGuard:
    """A person who touches the mouse when a test says so."""

    name = "fake"

    def __init__(self) -> None:
        self.swallowed = 0
        self.pressed_inside = 0
        """How many keys a person presses inside each shield."""
        self.on_leaving: Callable[[], object] = _nothing
        """Called as each shield ends."""
        self.touched = 0
        """So many next questions are answered by: disturbed."""
        self.began = False
        """A person began to work: told of every mark that was set before, until the next one is set."""
        self.shields = 0
        self.idle = 60.0
        self.may_hold = True

    def watch(self) -> Mark:
        self.began = False
        return Mark(0)

    def disturbed(self, since: Mark) -> bool:
        if self.touched:
            self.touched -= 1
            return True
        return self.began

    def idle_s(self) -> float:
        return self.idle

    def shield(self, max_s: float, pid: int = 0) -> FakeShield:
        self.shields += 1
        self.swallowed += self.pressed_inside
        return FakeShield(self.may_hold, self.on_leaving)

    def close(self) -> None:
        pass


class FakeShield:
    def __init__(self, held: bool, on_leaving: Callable[[], object]) -> None:
        self.held = held
        self.on_leaving = on_leaving

    def __enter__(self) -> ShieldReport:
        return ShieldReport(held=self.held)

    def __exit__(self, *_: object) -> None:
        self.on_leaving()


class Notes:
    """A transcript in memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def note(self, what: str, **facts: object) -> None:
        self.lines.append((what, facts))

    def close(self) -> str:
        return "notes"

    def text(self) -> str:
        return "\n".join(f"{what} {facts}" for what, facts in self.lines)


class Clinic:
    """The fake program, its guard and the practice that drives it."""

    def __init__(self) -> None:
        self.software = FakeImproMed()
        self.guard = FakeGuard()
        self.notes = Notes()
        self.desk = Desk(
            backend=self.software.backend,
            guard=self.guard,
            clock=lambda: self.software.backend.now,
            today=lambda: TODAY,
            log=lambda name: self.notes,
            secrets=lambda name: "secret",
            settings={},
        )
        self.practice = PackPractice(self.desk, [sound(PACK_FOLDER)])


def order(amount_minor: int = 21240, **changes: object) -> PostingOrder:
    plain: dict[str, object] = {
        "payment_id": "p1",
        "kind": "sale",
        "account_id": "01042",
        "client": "Alvarez, Rosa",
        "invoice_number": "10482",
        "amount": Money(minor=amount_minor, currency="USD"),
        "marker": "V4242-K7Q9",
        "balance": Money(minor=21240, currency="USD"),
        "payment_method": "Tillbridge",
        "employee": "Dana Brooks",
    }
    return PostingOrder(**(plain | changes))  # type: ignore[arg-type]  # a builder for tests
