"""The counter: the terminals, what people do at them, and what follows after a while.

A cancel is a request: until it has taken effect a tap still wins, and once the bank is asked it is too late.
This file must not know about HTTP, tokens or refunds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tillbridge.simulator.core.books import Record, State
from tillbridge.simulator.core.entries import Kind
from tillbridge.simulator.core.magic import EXPIRY, PLAIN, REASONS, TABLE, TEST_CARDS, Deed, Magic, of_amount
from tillbridge.simulator.core.paper import emv_lines
from tillbridge.simulator.core.scribe import Refusal, Scribe
from tillbridge.simulator.core.terminal import Face, Run, Terminal

BUTTONS = (
    "tap", "insert", "remove", "decline", "partial", "key", "cancel", "pull", "plug", "tip", "lose_bank", "find_bank",
)  # fmt: skip
"""What a hand can do at a terminal. `key` types a test card number on the keypad, `tip` chooses an amount on top (0 =
none); `lose_bank` cuts the line behind the terminal, so that it must decide alone."""

_CARD_OUT_MS = 1500
_PLUG_IN_AGAIN_MS = 10_000


class Counter:
    """All terminals of one network."""

    def __init__(self, scribe: Scribe, terminals: Iterable[Terminal]) -> None:
        self._scribe = scribe
        self.terminals = {terminal.terminal_id: terminal for terminal in terminals}

    def terminal(self, terminal_id: str) -> Terminal:
        """Raises Refusal terminal_not_known."""
        if terminal_id not in self.terminals:
            raise Refusal("terminal_not_known", 404, terminal=terminal_id, known=", ".join(self.terminals))
        return self.terminals[terminal_id]

    def ready(self, terminal_id: str) -> Terminal:
        """The terminal if it can be armed now. Raises Refusal terminal_offline or terminal_busy."""
        terminal = self.terminal(terminal_id)
        if not terminal.online:
            raise Refusal("terminal_offline", terminal=terminal_id)
        if terminal.busy:
            raise Refusal("terminal_busy", terminal=terminal_id)
        return terminal

    def arm(self, terminal: Terminal, run: Run, now_ms: int) -> None:
        """Show the amount and wait for a card; an auto terminal plans what its client will do."""
        settings = self._scribe.settings
        if terminal.auto:
            magic = of_amount(run.amount, settings.magic)
            if magic.deed is Deed.CANCEL:
                run.cancel_at_ms, run.cancel_by = now_ms + settings.auto_present_ms, "client"
            elif magic.deed is not Deed.WALK_AWAY:
                run.present_at_ms = now_ms + settings.auto_present_ms
        terminal.arm(run)

    def cancel(self, terminal: Terminal, reference: str, now_ms: int) -> str:
        """Ask to stop: `requested`, `too_late` or `nothing_running`. What came of it, only inquiry tells."""
        run = terminal.run
        if run is None or run.reference != reference:
            return "nothing_running"
        if terminal.processing or not terminal.online:
            return "too_late" if terminal.processing else "requested"
        if not run.cancel_at_ms:
            run.cancel_at_ms, run.cancel_by = now_ms + self._scribe.settings.cancel_ms, "cashier"
        terminal.changed()
        return "requested"

    def stop_killed(self, reference: str, now_ms: int) -> None:
        """A killed reference that still waits for its card stops at once."""
        for terminal in self.terminals.values():
            if terminal.run is not None and terminal.run.reference == reference and not terminal.processing:
                self._cancelled(terminal, terminal.run, "gateway", now_ms)

    def press(
        self,
        terminal_id: str,
        button: str,
        now_ms: int,
        *,
        reason: str = "",
        number: str = "",
        amount: int = 0,
    ) -> None:
        """One deed of a hand at the terminal. Raises Refusal press_not_possible."""
        terminal = self.terminal(terminal_id)
        deeds: dict[str, Callable[[], None]] = {
            "tap": lambda: self._present(terminal, now_ms, PLAIN, "contactless"),
            "insert": lambda: self._insert(terminal, now_ms),
            "remove": lambda: self._remove(terminal, now_ms),
            "decline": lambda: self._present(terminal, now_ms, _declines(reason), "contactless"),
            "partial": lambda: self._present(terminal, now_ms, TABLE[67], "contactless"),
            "key": lambda: self._key(terminal, now_ms, number),
            "cancel": lambda: self._red_key(terminal, now_ms),
            "pull": lambda: self._cable(terminal, False),
            "plug": lambda: self._cable(terminal, True),
            "tip": lambda: self._tip(terminal, amount),
            "lose_bank": lambda: self._bank_line(terminal, False, now_ms),
            "find_bank": lambda: self._bank_line(terminal, True, now_ms),
        }
        if button not in deeds:
            raise Refusal("press_not_possible", button=button)
        deeds[button]()

    def next_due(self) -> int | None:
        """When something will happen by itself (absolute milliseconds), or None."""
        return min((due for terminal in self.terminals.values() for due in _dues(terminal)), default=None)

    def advance(self, until_ms: int) -> None:
        """Let everything happen that is due up to `until_ms`, in the order of time."""
        while (due := self.next_due()) is not None and due <= until_ms:
            for terminal in self.terminals.values():
                if due in _dues(terminal):
                    self._happen(terminal, due)

    def _happen(self, terminal: Terminal, at_ms: int) -> None:
        run = terminal.run
        if terminal.plug_in_at_ms == at_ms:
            terminal.plug_in_at_ms = 0
            self._cable(terminal, True)
        elif run is None:
            terminal.wipe()
        elif run.decide_at_ms == at_ms:
            self._decide(terminal, run, at_ms)
        elif run.present_at_ms == at_ms:
            run.present_at_ms = 0
            self._present_by_itself(terminal, run, at_ms)
        elif run.cancel_at_ms == at_ms:
            self._cancelled(terminal, run, run.cancel_by, at_ms)
        else:
            self._cancelled(terminal, run, "timeout", at_ms)

    def _present_by_itself(self, terminal: Terminal, run: Run, at_ms: int) -> None:
        magic = of_amount(run.amount, self._scribe.settings.magic)
        if not terminal.online:
            return
        if run.ask_tip:
            self._tip(terminal, run.amount * self._scribe.settings.auto_tip_percent // 100)
        self._present(terminal, at_ms, magic, "contactless")
        if magic.deed is Deed.PULL_CABLE:
            terminal.online = False
            terminal.plug_in_at_ms = run.decide_at_ms + _PLUG_IN_AGAIN_MS

    def _present(self, terminal: Terminal, now_ms: int, magic: Magic, entry_mode: str) -> None:
        run = terminal.run
        if run is None or terminal.processing or not terminal.online or run.ask_tip:
            raise Refusal("press_not_possible", button="card")
        run.deed, run.entry_mode = magic, entry_mode
        run.decide_at_ms = now_ms + max(1, self._scribe.settings.processing_ms) + magic.slow_ms
        terminal.changed()

    def _insert(self, terminal: Terminal, now_ms: int) -> None:
        if terminal.card_in:
            raise Refusal("press_not_possible", button="insert")
        if terminal.run is not None and not terminal.run.ask_tip:
            self._present(terminal, now_ms, PLAIN, "chip")
        terminal.card_in = True
        terminal.changed()

    def _remove(self, terminal: Terminal, now_ms: int) -> None:
        """Taking the card out before the bank answered does not undo anything: the request is on its way."""
        terminal.card_in = False
        if terminal.run is None and terminal.shown is not Face.IDLE:
            terminal.shown_until_ms = now_ms + _CARD_OUT_MS
        terminal.changed()

    def _key(self, terminal: Terminal, now_ms: int, number: str) -> None:
        if number not in TEST_CARDS:
            raise Refusal("not_a_test_card")
        brand, magic = TEST_CARDS[number]
        self._present(terminal, now_ms, magic, "keyed")
        if terminal.run is not None:
            terminal.run.brand, terminal.run.last4 = brand, number[-4:]

    def _red_key(self, terminal: Terminal, now_ms: int) -> None:
        run = terminal.run
        if run is None:
            terminal.wipe()
        elif not terminal.processing and terminal.online:
            self._cancelled(terminal, run, "client", now_ms)

    def _cable(self, terminal: Terminal, online: bool) -> None:
        terminal.online = online
        terminal.changed()

    def _tip(self, terminal: Terminal, amount: int) -> None:
        """The client chose: it stands on top of the amount, before the bank is asked."""
        run = terminal.run
        if run is None or not run.ask_tip or not terminal.online or not 0 <= amount <= run.amount:
            raise Refusal("press_not_possible", button="tip")
        run.tip, run.ask_tip = amount, False
        terminal.changed()

    def _bank_line(self, terminal: Terminal, online: bool, now_ms: int) -> None:
        """Store and forward: what was approved without the bank is told to it as soon as it can be reached."""
        terminal.bank_online = online
        terminal.changed()
        for record in list(self._scribe.books.records.values()) if online else ():
            stored = record.terminal == terminal.terminal_id and record.offline and record.left > 0
            if stored and record.state is State.PENDING:
                self._forward(record, now_ms)

    def _forward(self, record: Record, now_ms: int) -> None:
        known = {
            "provider_ref": record.provider_ref,
            "reference": record.reference,
            "currency": record.currency,
        }
        if record.later:
            code = REASONS[record.later].code
            self._scribe.write(
                Kind.RETURNED, now_ms, **known, amount=record.left, code="offline_declined", text=code
            )
            return
        self._scribe.write(
            Kind.CLEARED, now_ms, **known, amount=record.amount,
            auth_code=self._scribe.digits("auth", record.provider_ref),
        )  # fmt: skip

    def _cancelled(self, terminal: Terminal, run: Run, by: str, at_ms: int) -> None:
        self._scribe.write(
            Kind.CANCELLED, at_ms, provider_ref=run.provider_ref, reference=run.reference, by=by
        )
        self._finish(terminal, Face.CANCELLED, 0, by, at_ms)

    def _decide(self, terminal: Terminal, run: Run, at_ms: int) -> None:
        """The bank's answer. It is written down even when the cable is out: the bank was asked already."""
        books, settings = self._scribe.books, self._scribe.settings
        if run.reference in books.killed and settings.kill_blocks:
            self._cancelled(terminal, run, "gateway", at_ms)
            return
        magic = run.deed or PLAIN
        if not terminal.bank_online:
            self._decide_alone(terminal, run, magic, at_ms)
            return
        amount = run.amount + run.tip
        if magic.deed is Deed.PARTIAL:
            amount = run.amount // 2 if run.partial_ok and settings.allow_partial else 0
        if magic.deed is Deed.DECLINE or (magic.deed is Deed.PARTIAL and amount == 0):
            reason = magic.reason if magic.deed is Deed.DECLINE else "insufficient_funds"
            self._declined(terminal, run, reason, at_ms)
            return
        self._approved(terminal, run, amount, at_ms)

    def _decide_alone(self, terminal: Terminal, run: Run, magic: Magic, at_ms: int) -> None:
        """Without its bank a terminal says no, unless the merchant lets it take the risk up to a limit."""
        whole = run.amount + run.tip
        if run.kind != "sale" or whole > self._scribe.settings.offline_limit:
            self._declined(terminal, run, "bank_unreachable", at_ms)
            return
        refused = {Deed.DECLINE: magic.reason, Deed.PARTIAL: "insufficient_funds"}
        self._scribe.write(
            Kind.PENDING, at_ms, provider_ref=run.provider_ref, reference=run.reference, amount=whole,
            currency=run.currency, by="terminal", later=refused.get(magic.deed, ""), **self._card_of(run, "Y1", whole),
            hidden_until_ms=self._hidden_until(terminal, at_ms),
        )  # fmt: skip
        self._finish(terminal, Face.APPROVED, whole, "", at_ms)

    def _card_of(self, run: Run, auth_code: str, amount: int) -> dict[str, str | int]:
        """What an approval keeps of the card, with the lines that card rules want on the receipt."""
        word = self._scribe.word
        lines = emv_lines(run, auth_code, lambda what, length: word(what, run.provider_ref, length))
        tip = run.tip if amount == run.amount + run.tip else 0
        return {
            "brand": run.brand, "last4": run.last4, "entry_mode": run.entry_mode, "expiry": EXPIRY, "tip": tip,
            "receipt": "\n".join(f"{label}\t{value}" for label, value in lines), "auth_code": auth_code,
        }  # fmt: skip

    def _declined(self, terminal: Terminal, run: Run, reason: str, at_ms: int) -> None:
        why = REASONS[reason]
        self._scribe.write(
            Kind.DECLINED, at_ms, provider_ref=run.provider_ref, reference=run.reference, by=why.category,
            code=why.code, retry=why.retry, text=why.text, brand=run.brand, last4=run.last4,
            hidden_until_ms=self._hidden_until(terminal, at_ms),
        )  # fmt: skip
        self._finish(terminal, Face.DECLINED, run.amount, why.text, at_ms)

    def _approved(self, terminal: Terminal, run: Run, amount: int, at_ms: int) -> None:
        kind = {"auth_only": Kind.AUTHORIZED, "store_card": Kind.STORED}.get(run.kind, Kind.CAPTURE)
        auth_code = self._scribe.digits("auth", run.provider_ref)
        self._scribe.write(
            kind, at_ms, provider_ref=run.provider_ref, reference=run.reference, amount=amount,
            currency=run.currency, hidden_until_ms=self._hidden_until(terminal, at_ms),
            **self._card_of(run, auth_code, amount),
        )  # fmt: skip
        if run.kind == "store_card" or run.keep:
            self._scribe.keep_card(self._scribe.books.records[run.provider_ref], at_ms)
        whole = run.amount + run.tip
        self._finish(terminal, Face.APPROVED if amount == whole else Face.PARTIAL, amount, "", at_ms)

    def _hidden_until(self, terminal: Terminal, at_ms: int) -> int:
        return 0 if terminal.online else at_ms + self._scribe.settings.hidden_after_cable_ms

    def _finish(self, terminal: Terminal, face: Face, amount: int, text: str, at_ms: int) -> None:
        terminal.finish(face, amount, text, at_ms + self._scribe.settings.shown_ms)


def _declines(reason: str) -> Magic:
    return Magic(Deed.DECLINE, "a card that declines", reason if reason in REASONS else "generic")


def _dues(terminal: Terminal) -> list[int]:
    run = terminal.run
    if run is None:
        wipe = terminal.shown_until_ms if terminal.shown is not Face.IDLE and not terminal.card_in else 0
        times = [wipe, terminal.plug_in_at_ms]
    elif terminal.processing:
        times = [run.decide_at_ms, terminal.plug_in_at_ms]
    else:
        times = [run.present_at_ms, run.cancel_at_ms, run.deadline_ms, terminal.plug_in_at_ms]
    return [at for at in times if at]
