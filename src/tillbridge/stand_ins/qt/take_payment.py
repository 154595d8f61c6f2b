"""The payment window of the flat look: not modal, kept and shown again, its title a moment late.

A cashier's password, amount, tender, reference, and the invoice it goes to, or the account. Refund shows the same
window: what it does then stands inside, and in its title a moment later. Post is there only once new totals were worked
out, and saves by itself while the window says so. It decides nothing about money: the server does.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QMenu, QWidget

from tillbridge.stand_ins import money_text
from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.conversation import Conversation, is_held
from tillbridge.stand_ins.qt.payment_form import PaymentForm
from tillbridge.stand_ins.qt.take_payment_parts import ON_ACCOUNT, Parts

WATCH_MS = 40
NOTHING_YET = "..."
WAITING = "Posting... please wait"
NOBODY = "Not signed in"


class TakePayment(QDialog):
    """One for the whole program. `ended` tells the account when it has gone, posted or not."""

    ended = Signal(str)

    def __init__(self, owner: QWidget, profile: Profile, conversation: Conversation) -> None:
        super().__init__(owner)
        self._profile = profile
        self._conversation = conversation
        self._form = PaymentForm(_EMPTY)
        self._busy = False
        self._settled = False
        self._last_focus: QWidget | None = None
        self.setObjectName("TakePaymentWindow")
        self.setWindowTitle(profile.titles["payment_first"])
        self.setModal(profile.behaviour.payment_is_modal)
        self.parts = Parts(self, profile)
        self._late_title = QTimer(self, singleShot=True)
        self._late_title.timeout.connect(self._name_client)
        self._totals = QTimer(self, singleShot=True)
        self._totals.timeout.connect(self._show_totals)
        self._watch = QTimer(self, interval=WATCH_MS)
        self._watch.timeout.connect(self._notice_leaving)
        self._connect()

    def _connect(self) -> None:
        parts = self.parts
        parts.amount.textChanged.connect(self._unsettle)
        for box in (parts.amount, parts.password):
            box.textChanged.connect(self._notice_leaving)  # who types may be gone between two looks
        parts.amount.customContextMenuRequested.connect(self._offer_amounts)
        parts.method.currentTextChanged.connect(self._show_method)
        parts.apply_to.itemSelectionChanged.connect(self._choose_invoice)
        parts.ok.clicked.connect(self._post_pressed)
        parts.cancel.clicked.connect(self.reject)

    # ---- one client after the other ----

    def account(self) -> str:
        """Whose payment it shows; "" while it is closed."""
        return str(self._form.opened["account"]) if self.isVisible() else ""

    def is_busy(self) -> bool:
        """Whether a save is under way or a message stands over it."""
        return self._busy or is_held(self)

    def take(self, opened: dict[str, Any]) -> None:
        """Show the payment of a client, everything empty. The title follows later."""
        again = bool(self._form.opened["account"])
        self._form = PaymentForm(opened)
        self._last_focus = None
        parts = self.parts
        parts.parking.setText(opened["account"])
        parts.payer.setText(opened["client"])
        parts.password.clear()
        parts.cashier.setText(NOBODY)
        parts.fill_choices([method["name"] for method in opened["methods"]])
        parts.apply_to.silence("apply_to" in opened["silent"])
        parts.fill_invoices(self._places())
        parts.show_kind(refund=self._refunds())
        parts.reference.clear()
        parts.conclude.setChecked(self._profile.behaviour.conclude_default)
        self._form.amount_minor = 0
        parts.amount.setText("" if self._profile.behaviour.amount_default == "empty" else self._money(0))
        self._show_method()
        self._choose_invoice()
        self._late_title.start(opened["title_lag_ms"] if again else 0)
        self.show()
        self.raise_()
        self.activateWindow()
        parts.password.setFocus()
        self._watch.start()

    def _refunds(self) -> bool:
        return bool(self._form.opened.get("kind") == "refund")

    def _places(self) -> list[dict[str, Any]]:
        """Where the money may go: an open invoice, or the account; what is given back comes from the account."""
        opened, refund = self._form.opened, self._refunds()
        account = {"number": ON_ACCOUNT, "balance": opened["credit"], "balance_minor": 0, "ticked": refund}
        return [account] if refund else [*opened["apply_to"], account]

    def _name_client(self) -> None:
        opened, window = self._form.opened, "refund" if self._refunds() else "payment"
        self.setWindowTitle(self._profile.title(window, opened["account"], opened["client"]))

    # ---- while it is open ----

    def _notice_leaving(self) -> None:
        """A field is left when the window's focus moves on, also while another program has the keyboard."""
        now, before = self.focusWidget(), self._last_focus
        self._last_focus = now
        if before is now or self.is_busy():
            return
        if before is self.parts.amount:
            self._validate()
        elif before is self.parts.password:
            self._sign_in()
        elif before is self.parts.method:
            self._method_left()

    def _sign_in(self) -> None:
        typed = self.parts.password.text()
        answer = (
            self._conversation.fetch(self, "/skin/cashier", password=typed) if typed else {"employee": ""}
        )
        self.parts.cashier.setText(answer["employee"] or NOBODY)
        self._enable_post()

    def _validate(self) -> None:
        typed = money_text.read(self.parts.amount.text(), self._form.opened["money_format"]) or 0
        self._form.amount_minor = typed
        self.parts.amount.setText(self._money(typed))
        self._work_out()

    def _method_left(self) -> None:
        self._conversation.begin(
            self,
            "/skin/method",
            client=self._form.opened["account"],
            invoice=self._number(),
            method=self.parts.method.currentText(),
        )

    def _show_method(self) -> None:
        self.parts.show_reference(self._form.method(self.parts.method.currentText())["asks_reference"])

    def _choose_invoice(self) -> None:
        number, row = self._number(), self.parts.apply_to.chosen()
        self._form.ticked = {number} if number else set()
        self._form.unapplied = row is not None and not number
        self._work_out()

    def _number(self) -> str:
        """The chosen invoice; "" for the account, or for nothing."""
        row = self.parts.apply_to.chosen()
        return str(row["number"]) if row and row["number"] != ON_ACCOUNT else ""

    def _offer_amounts(self, at: QPoint) -> None:
        """The menu of the right mouse button: the two usual amounts."""
        menu = QMenu(self)
        account = max(0, int(self._form.opened["account_balance_minor"]))
        for caption, minor in (("Invoice balance", self._form.due_minor), ("Client balance", account)):
            menu.addAction(caption).triggered.connect(lambda _, minor=minor: self._put_amount(minor))
        menu.popup(self.parts.amount.mapToGlobal(at))

    def _put_amount(self, minor: int) -> None:
        self.parts.amount.setText(self._money(minor))
        self._validate()

    # ---- totals ----

    def _unsettle(self) -> None:
        """Whatever was typed is not worked out yet."""
        self._settled = False
        self._totals.stop()
        self._enable_post()
        for name in ("tendered", "change", "left"):
            self.parts.totals[name].setText(NOTHING_YET)

    def _work_out(self) -> None:
        self._unsettle()
        self.parts.totals["due"].setText(self._money(self._form.due_minor))
        self._totals.start(int(self._form.opened["recalculates_ms"]))

    def _show_totals(self) -> None:
        form, refund = self._form, self._refunds()
        change = 0 if refund else form.change_minor
        paid = -form.tendered_minor if refund else form.tendered_minor - change
        numbers = {"tendered": form.tendered_minor, "change": change, "left": form.due_minor - paid}
        for name, minor in numbers.items():
            self.parts.totals[name].setText(self._money(minor))
        self._settled = True
        self._enable_post()

    def _enable_post(self) -> None:
        signed_in = self.parts.cashier.text() != NOBODY
        self.parts.ok.setEnabled(self._settled and signed_in and not self._busy)

    def _money(self, minor: int) -> str:
        return self._form.money(minor)

    # ---- posting ----

    def _post_pressed(self) -> None:
        if self.is_busy() or not self.parts.ok.isEnabled():
            return
        self._be_busy(True)
        QTimer.singleShot(0, self, self._save)

    def _save(self) -> None:
        turn = self._conversation.begin(self, "/skin/ok", form=self._filled())
        self._be_busy(False)
        if turn["turn"] == "close":
            self._go()

    def _be_busy(self, busy: bool) -> None:
        self._busy = busy
        self.parts.enable(not busy)
        self.parts.progress.setText(WAITING if busy else "")
        self.parts.bar.setVisible(busy)
        self._enable_post()

    def _filled(self) -> dict[str, Any]:
        method = self._form.method(self.parts.method.currentText())
        signed_in = self.parts.cashier.text()
        tender = {
            "method": method["name"],
            "card_type": method["card_type"],
            "amount_minor": -self._form.amount_minor if self._refunds() else self._form.amount_minor,
            "reference": self.parts.reference.text() if method["asks_reference"] else "",
        }
        return {
            "account": self._form.opened["account"],
            "invoices": self._form.in_order(),
            "unapplied": self._form.unapplied,
            "tenders": [tender],
            "employee": "" if signed_in == NOBODY else signed_in,
            "conclude": self.parts.conclude.isChecked() and not self._refunds(),
        }

    # ---- leaving ----

    def reject(self) -> None:
        """Discard, Esc and the close box."""
        if self.is_busy() or not self.isVisible():
            return
        self._busy = True
        typed = bool(self._form.amount_minor or self.parts.reference.text())
        turn = self._conversation.leave(self, self._form.opened, self._number(), unsaved=typed)
        self._busy = False
        if turn == "close":
            self._go()
        elif turn == "post":
            self._post_pressed()

    def _go(self) -> None:
        """The window is only hidden: the next client gets the same one."""
        account = self.account()
        self._watch.stop()
        self._totals.stop()
        self.parts.password.clear()
        self.hide()
        self.ended.emit(account)

    def closeEvent(self, event: QEvent) -> None:
        """The close box discards."""
        event.ignore()
        self.reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field: nothing is posted by a key."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.focusNextChild()
            return
        super().keyPressEvent(event)


_EMPTY: dict[str, Any] = {"account": "", "client": "", "apply_to": [], "methods": [], "money_format": "minus"}
