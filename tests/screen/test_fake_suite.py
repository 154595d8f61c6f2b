"""The fake backend passes the same suite as real ones, so that what flows learn from it holds on a screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import pytest

from tillbridge.screen import backend as b
from tillbridge.screen.backends.fake import FakeBackend, FakeControl, FakeWindow
from tillbridge.testing.screen_suite import Pilot, ScreenSuite, pilot

__all__ = ["pilot"]

METHODS = ("Cash", "Check", "MasterCard", "Visa", "CareCredit")


class FakeForm:
    """The form of the suite, in memory."""

    def __init__(self) -> None:
        self._told: list[dict[str, object]] = []
        self.main = FakeWindow(
            "Suite form - 0042 Alvarez", [*self._fields(), *self._lists(), *self._buttons()]
        )
        self.backend = FakeBackend(self.main, name="suite-form")
        self.program = self.backend.program

    def truth(self) -> Sequence[Mapping[str, object]]:
        return list(self._told)

    @contextmanager
    def hung(self) -> Iterator[None]:
        self.backend.hung = True
        yield
        self.backend.hung = False

    # ---- parts -----------------------------------------------------------------------------------

    def _fields(self) -> list[FakeControl]:
        return [
            FakeControl("text", id="lblAccount", label="Account", text="0042"),
            FakeControl("edit", id="txtName", label="Name", text="Alvarez"),
            FakeControl("edit", id="txtNote", label="Note"),
            FakeControl("edit", id="txtFixed", label="Fixed", text="cannot be typed into", read_only=True),
            FakeControl("choice", id="cboMethod", label="Method", text="Cash", options=METHODS),
            FakeControl("edit", id="txtAmount", label="Amount", text="$0.00", on_set=self._validate),
            FakeControl("text", id="lblTendered", label="Tendered", text="$0.00"),
            FakeControl("check", id="chkDone", name="Done", checked=False),
        ]

    def _lists(self) -> list[FakeControl]:
        invoices = [[f"INV-{1000 + n}", "11/22/2026", f"${100 + n}.{n % 100:02d}"] for n in range(120)]
        apply = [["", f"INV-{1000 + n}"] for n in range(4)]
        return [
            FakeControl(
                "list",
                id="grdInvoices",
                name="Open invoices",
                captions=("Invoice", "Date", "Balance"),
                cells=invoices,
            ),
            FakeControl(
                "list",
                id="lstApply",
                label="Apply to",
                captions=("", "Invoice"),
                cells=apply,
                ticks=[False, True, False, False],
            ),
        ]

    def _buttons(self) -> list[FakeControl]:
        return [
            FakeControl("button", id="btnTwice", name="Twice"),
            FakeControl("button", id="btnTwin", name="Twice"),
            FakeControl("button", id="btnAsk", name="Ask", on_press=self._ask),
            FakeControl("menu_item", name="Ask by menu", shown=False, on_press=self._ask),
            FakeControl("button", id="btnDetails", name="Details", on_press=self._details),
            FakeControl("button", id="btnHideNote", name="Hide note", on_press=self._hide),
            FakeControl("button", id="btnPost", name="Post", on_press=self._post),
            FakeControl("button", id="btnOff", name="Off", enabled=False),
        ]

    # ---- what happens ----------------------------------------------------------------------------

    def _validate(self, amount: FakeControl) -> None:
        whole, _, cents = amount.text.replace("$", "").replace(",", "").partition(".")
        amount.text = self.main["lblTendered"].text = f"${int(whole):,}.{(cents + '00')[:2]}"

    def _hide(self) -> None:
        self.main["txtNote"].shown = not self.main["txtNote"].shown

    def _open(self, window: FakeWindow, *buttons: str) -> None:
        for name in buttons:
            press = partial(self._close, window, name)
            window.controls.append(FakeControl("button", name=name, on_press=press))
        self.backend.open.append(window)

    def _close(self, window: FakeWindow, answer: str) -> None:
        self.backend.open.remove(window)
        self._told.append({"answered": answer})

    def _ask(self) -> None:
        text = FakeControl("text", text="Client has a credit balance of $25.00. Apply it?")
        box = FakeWindow("Suite form", [text], kind="dialog", modal=True, owner=self.main)
        self._open(box, "Yes", "No")

    def _details(self) -> None:
        remark = FakeControl("edit", id="txtRemark", label="Remark")
        self._open(FakeWindow("Details", [remark], kind="dialog", owner=self.main), "Close")

    def _post(self) -> None:
        row = self.main["grdInvoices"].selected
        self._told.append(
            {
                "posted": self.main["txtName"].text,
                "note": self.main["txtNote"].text,
                "tendered": self.main["lblTendered"].text,
                "invoice": f"INV-{1000 + row}" if row >= 0 else "",
            }
        )


@pytest.fixture
def form() -> FakeForm:
    return FakeForm()


class TestFake(ScreenSuite):
    """See `ScreenSuite`."""


def test_a_lost_channel_at_the_commit_is_doubt_and_what_happened_shows_in_the_program(form: FakeForm) -> None:
    pilot = Pilot(form)
    post = pilot.node(b.Target("post", "button", (b.Evidence("id", "btnPost"),)))
    form.backend.lose_commit = "before"
    assert pilot.burst(commit=post).stage == "doubt"
    assert not form.truth()
    form.backend.lose_commit = "after"
    assert pilot.burst(commit=post).stage == "doubt"
    assert len(form.truth()) == 1
