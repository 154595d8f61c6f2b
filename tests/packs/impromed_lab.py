"""The stand-in on a private desktop, in a version (v6 if not said), with the packs on it; the judge is the server's
truth log. What differs between versions stands in testing/front_desks.py."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.stand_ins.running import SOURCE, Server
from tillbridge.domain.money import Money
from tillbridge.flows.practice import Desk, PackPractice
from tillbridge.flows.shelf import installed
from tillbridge.ports.practice import InvoiceSeen, LedgerSeen, PostingOrder, SoftwareSeen, Trouble
from tillbridge.screen.backend import Burst, BurstReport
from tillbridge.screen.backends.atspi.driver import connect
from tillbridge.screen.guards.x11 import X11Guard
from tillbridge.testing.desktop import Desktop
from tillbridge.testing.front_desks import DESKS

Some = TypeVar("Some")
MARKER = "V4242-K7Q9"
ON_INVOICE, ON_ACCOUNT = 21240, 26790
"""What 01042 owes at first: on invoice 10482, and on the whole account (where the money goes to the oldest balance)."""


class Log:
    """Keeps what a run told, for the message of a failing test."""

    def __init__(self, name: str) -> None:
        self.lines = [name]

    def note(self, what: str, **facts: object) -> None:
        self.lines.append(f"{what} {facts}")

    def close(self) -> str:
        return "\n".join(self.lines)


class Lab:
    """One server, one skin, one practice. `hang_s` of the pack is shortened by `slowness` being one."""

    def __init__(self, desktop: Desktop, data: Path, *options: str, profile: str = "v6") -> None:
        self.desktop = desktop
        self.site = DESKS[profile]
        quick = [word for knob, value in self.site.quick.items() for word in ("--fault", f"{knob}={value}")]
        self.server = Server(data, "--profile", profile, *quick, *options)
        self.skins: list[subprocess.Popen[bytes]] = []
        self.backend = connect(desktop.env)
        self.guard = X11Guard(desktop.env)
        self.desk = Desk(
            backend=self.backend,
            guard=self.guard,
            clock=time.monotonic,
            today=date.today,
            log=Log,
            secrets=self.site.secrets.__getitem__,
            settings=self.site.settings,
        )
        self.practice = self.fresh_practice()

    def fresh_practice(self) -> PackPractice:
        """As a restarted agent would have it: nothing remembered."""
        return PackPractice(self.desk, installed("impromed"), first_burst=time.time_ns())

    def open_skin(self, *options: str) -> subprocess.Popen[bytes]:
        server = ("--profile", self.site.profile, "--server", self.server.url)
        return self._open("-m", "tillbridge.stand_ins.qt", *server, *options)

    def open_program(self, source: str) -> subprocess.Popen[bytes]:
        """Another program on the same desktop, given as Python text."""
        return self._open("-c", source)

    def _open(self, *words: str) -> subprocess.Popen[bytes]:
        env = {**self.desktop.env, "PYTHONPATH": str(SOURCE)}
        quiet = subprocess.DEVNULL
        skin = subprocess.Popen([sys.executable, *words], env=env, stdout=quiet, stderr=quiet)
        self.skins.append(skin)
        return skin

    def again(self) -> bool:
        """Make everything new for the next test without starting anything. False: it has to be built anew."""
        if len(self.skins) != 1 or self.skins[0].poll() is not None or self.windows() != 1:
            return False
        self.server.knobs(**self.site.quick)
        self.practice = self.fresh_practice()
        if self.server.send("/reset", scene="default", seed=1).status_code != 200:
            return False
        self.server.knobs(**self.site.quick)
        self.until(self._as_at_first, "the first invoice again")
        return True

    def _as_at_first(self) -> bool:
        seen = self.practice.read_invoice()
        return isinstance(seen, InvoiceSeen) and (seen.invoice_number, seen.balance) == (
            "10482",
            self.order().balance,
        )

    def start(self, *options: str) -> None:
        """Open the software and wait until it is recognised."""
        self.open_skin(*options)
        self.until(lambda: isinstance(self.practice.identify(), SoftwareSeen), "the software is recognised")

    def close(self) -> None:
        for skin in self.skins:
            skin.kill()
            skin.wait()
        self.practice.close()
        self.server.stop()

    def until(self, look: Callable[[], Some | None], what: str, limit_s: float = 20.0) -> Some:
        """Look again whenever the screen changed, until there is something."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            self.backend.wait_change(0.2)
        raise AssertionError(f"not seen within {limit_s} s: {what}")

    # ---- the judge ----

    def payments(self) -> Sequence[dict[str, Any]]:
        return self.server.payments()

    def posted(self, minor: int = 21240, **more: object) -> None:
        """Exactly one payment is in the books, and it is the ordered one. Where the software pays the oldest
        balance, its rows may lie on several invoices; then they are one posting, and their sum counts."""
        wanted = {
            "client": "01042",
            "invoice": "10482",
            "amount_minor": minor,
            "method": self.site.payment_method,
            "reference": MARKER,
            "employee": self.site.employee_in_books,
        } | more
        rows = self.payments()
        if self.site.applies_to == "oldest":
            del wanted["invoice"]
            assert len({row["posting"] for row in rows}) == 1
            rows = [{**rows[0], "amount_minor": sum(row["amount_minor"] for row in rows)}]
        assert [{key: act[key] for key in wanted} for act in rows] == [wanted]

    def nothing_posted(self) -> None:
        assert list(self.payments()) == []

    def windows(self) -> int:
        """How many windows and dialogs the software shows."""
        return sum(len(self.backend.windows(program)) for program in self.backend.programs())

    def money(self) -> list[dict[str, Any]]:
        """Every act of money in the books, reversals too, the oldest first."""
        acts: list[dict[str, Any]] = self.server.get("/truth")["acts"]
        return [act for act in acts if act["kind"] in ("payment", "reversal")]

    # ---- asking ----

    def order(self, amount_minor: int = 21240, **changes: object) -> PostingOrder:
        """As `order`, with the method and employee that this version's site has, and the balance that it shows."""
        balance = Money(minor=ON_ACCOUNT if self.site.applies_to == "oldest" else ON_INVOICE, currency="USD")
        mine = {
            "payment_method": self.site.payment_method,
            "employee": self.site.employee,
            "balance": balance,
        }
        return order(amount_minor, **(mine | changes))

    def further(self) -> list[PostingOrder]:
        """A deposit, a refund of a part of it, and a void of the deposit: one order of each kind beside the sale."""
        plain: dict[str, object] = {"invoice_number": "", "balance": None}
        return [
            self.order(30000, kind="deposit", marker="D4242-A1B2", **plain),
            self.order(2500, kind="refund", marker="R4242-C3D4", **plain),
            self.order(30000, kind="void", marker="B4242-E5F6", of_marker="D4242-A1B2", **plain),
        ]

    def ledger(self, wanted: PostingOrder) -> LedgerSeen:
        """The ledger once the marker is in it; the row is shown some time after the commit."""

        def look() -> LedgerSeen | None:
            seen = self.practice.read_ledger(wanted)
            assert isinstance(seen, LedgerSeen), seen
            return seen if seen.marked else None

        return self.until(look, "the row with our marker")


def order(amount_minor: int = 21240, **changes: object) -> PostingOrder:
    plain: dict[str, object] = {
        "payment_id": "p1",
        "kind": "sale",
        "account_id": "01042",
        "client": "Alvarez, Rosa",
        "invoice_number": "10482",
        "amount": Money(minor=amount_minor, currency="USD"),
        "marker": MARKER,
        "balance": Money(minor=ON_INVOICE, currency="USD"),
        "payment_method": "Tillbridge",
        "employee": "Dana Brooks",
    }
    return PostingOrder(**(plain | changes))  # type: ignore[arg-type]  # a builder for tests


def before_the_commit(lab: Lab, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once, in the last moment before a burst that would commit."""
    sent, done = lab.backend.burst, list[object]()

    def burst(burst: Burst) -> BurstReport:
        if burst.commit is not None and not done:
            done.append(happens())
        return sent(burst)

    monkeypatch.setattr(lab.backend, "burst", burst)


def trouble(seen: object) -> Trouble:
    """The trouble of a report, or the trouble itself."""
    found = seen if isinstance(seen, Trouble) else getattr(seen, "trouble", None)
    assert isinstance(found, Trouble), seen
    return found
