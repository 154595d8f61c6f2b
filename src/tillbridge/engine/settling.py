"""Reading the settlement: what the gateway tells after a payment was taken becomes events, by our own reference.

    settlement_in_ms -> start_settlement -> perform_settlement (calls the gateway; any thread) -> finish_settlement

The report is the truth and is read in its order from a cursor; a notice only makes it earlier. Both may come twice and
in any order. What belongs to nobody whom the journal knows, and carries a reference of ours, waits for a person.

Rules of money that live here:
 2. The cursor moves only after the events of a line are durable: after a crash the same lines are read once more.
 3. A notice is never believed where an inquiry can tell: it makes the inquiry due. Nothing here sends anything.
 9. A reference that this journal does not know (it was restored from a backup) is told, never guessed at.
10. A give-back of our own that is told by the gateway is not a second one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from tillbridge.domain.errors import ImpossibleEvent, OperatorError, SetupError
from tillbridge.domain.moment import surely_passed_ms
from tillbridge.domain.money_leg import IN_DOUBT
from tillbridge.domain.next_command import Inquire
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.engine.settlement_items import events_of_item, known_of, unfitting
from tillbridge.engine.writing import Writing
from tillbridge.ports.gateway import Gateway, Notice, SettlementItem

OURS = re.compile(r"TB[A-Z0-9]{4,18}")
"""What a reference of Tillbridge looks like: others of the same merchant account are nobody's business here."""

_GIVES_BACK = frozenset({"void", "refund"})
_STRANGERS = "#unknown"
_NOTICES = "#notices"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementAsked:
    """From where to read: the report's cursor and the notices'."""

    cursor: str
    noticed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementTold:
    """What the gateway told. `failed`: a code, where the report could not be read."""

    items: tuple[SettlementItem, ...] = ()
    notices: tuple[Notice, ...] = ()
    refused: int = 0
    """Notices whose signature is not the gateway's: left out."""
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRead:
    """What a reading brought. `payments`: whose events were added, each once."""

    payments: tuple[str, ...] = ()
    strangers: int = 0
    waiting: int = 0
    """Lines that cannot be told before an inquiry is answered: read once more."""
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Money under a reference of ours that this journal knows nothing of. `key` names the line."""

    key: str
    reference: str
    kind: str
    minor: int
    currency: str
    batch: str
    ended: bool = False
    """Somebody has seen to it. Kept until its line is behind the cursor, or it would come again with it."""


class Settling(Writing):
    """The part of the engine that reads what became of money later."""

    __slots__ = ()

    def settlement_in_ms(self) -> int | None:
        """When the settlement is to be read (again), or None: this gateway has no report."""
        rhythm, every_ms = self.settlements, self.policy.settlement_every_ms
        if every_ms <= 0:
            return None
        if rhythm.wanted or rhythm.last is None:
            return 0
        return max(0, every_ms - surely_passed_ms(rhythm.last, self.clock.now()))

    def want_settlement(self) -> None:
        """Read it at the next occasion: the day is ended, or a person asks."""
        self.settlements.wanted = True

    def start_settlement(self) -> SettlementAsked:
        rhythm = self.settlements
        rhythm.last, rhythm.wanted = self.clock.now(), False
        site, account = self.journal.site, self.policy.gateway
        return SettlementAsked(cursor=site.cursor(account), noticed=site.cursor(account + _NOTICES))

    def perform_settlement(self, asked: SettlementAsked) -> SettlementTold:
        """Ask the gateway. Runs anywhere, journals nothing, raises nothing."""
        return read_settlement(self.gateway, asked)

    def finish_settlement(self, told: SettlementTold) -> SettlementRead:
        """Journal what was told; the cursors move behind what is durable."""
        self.settlements.failed = told.failed
        changed: list[str] = []
        self._take_notices(told.notices, changed)
        site, account = self.journal.site, self.policy.gateway
        strangers = waiting = 0
        for item in told.items:
            if not self._take(item, changed):
                waiting += 1
                continue
            strangers += self._kept_as_stranger(item)
            if not waiting:
                site.set_cursor(account, item.cursor)
        if told.items and not waiting:
            self._forget_ended()
        return SettlementRead(
            payments=tuple(dict.fromkeys(changed)), strangers=strangers, waiting=waiting, failed=told.failed
        )

    def strangers(self) -> list[Stranger]:
        """Money under references of ours that nobody here knows, oldest first: each is a person's task."""
        return [each for each in self._all_strangers() if not each.ended]

    def end_stranger(self, key: str) -> list[Stranger]:
        """A named person has seen to it. Raises OperatorError `nothing_to_decide`."""
        if all(each.key != key for each in self.strangers()):
            raise OperatorError("nothing_to_decide", payment_id=key)
        known = self._all_strangers()
        self._keep_strangers([replace(each, ended=each.ended or each.key == key) for each in known])
        return self.strangers()

    # ---- inside ----

    def _take_notices(self, notices: Iterable[Notice], changed: list[str]) -> None:
        """A notice hurries whoever is finding out; what it tells of the settlement counts as if the report told it."""
        site, account = self.journal.site, self.policy.gateway
        for notice in notices:
            if notice.authentic and notice.item is not None:
                self._take(notice.item, changed)
            self._hurry(self.journal.payment_of_reference(notice.reference) if notice.reference else None)
            if notice.cursor:
                site.set_cursor(account + _NOTICES, notice.cursor)

    def _take(self, item: SettlementItem, changed: list[str]) -> bool:
        """False: it cannot be told yet."""
        found = self._whose(item)
        if found is None:
            return True
        doubt = self._perhaps_ours(found[0], item)
        if doubt is not None:
            self._hurry(doubt.payment_id)
            return False
        payment, attempt = found
        events = [stored.event for stored in self.journal.events(payment.payment_id)]
        known = known_of(events, attempt.reference)
        wanted = events_of_item(payment, attempt, item, known, self.clock.now())
        if wanted is None:
            self._hurry(payment.payment_id)
            return False
        if wanted:
            try:
                self._append(payment.payment_id, payment, wanted)
            except ImpossibleEvent:
                self._append(payment.payment_id, payment, [unfitting(wanted[0], item)])
            changed.append(payment.payment_id)
        return True

    def _whose(self, item: SettlementItem) -> tuple[Payment, Attempt] | None:
        """The attempt that a line is about. A give-back of our own is its own attempt's; another's, its parent's."""
        mine = self._told_about(item.reference)
        if mine is not None:
            return mine if _is_news(item) else None
        if not item.of_reference or self.journal.payment_of_reference(item.reference):
            return None
        parent = self._told_about(item.of_reference)
        child = self._child(parent[0], item) if parent is not None else None
        if child is None:
            return parent
        return child if _is_news(item) else None

    def _child(self, parent: Payment, item: SettlementItem) -> tuple[Payment, Attempt] | None:
        """A give-back of ours that the line names by the gateway's own number alone."""
        if not item.gateway_ref or item.kind not in _GIVES_BACK:
            return None
        attempts = ((child, attempt) for child in self._children(parent) for attempt in child.attempts)
        return next((each for each in attempts if each[1].gateway_ref == item.gateway_ref), None)

    def _perhaps_ours(self, payment: Payment, item: SettlementItem) -> Payment | None:
        """A give-back of ours of which nobody knows yet, and which this line may be about: it is asked about first."""
        if item.kind not in _GIVES_BACK or item.reference or payment.attempt(item.of_reference) is None:
            return None
        for child in self._children(payment):
            for attempt in child.attempts:
                same = child.operation == item.kind and attempt.asked.minor == item.amount.minor
                if same and attempt.state in IN_DOUBT and not attempt.gateway_ref:
                    return child
        return None

    def _children(self, parent: Payment) -> list[Payment]:
        found = (self.journal.payment(child.payment_id) for child in parent.children)
        return [child for child in found if child is not None]

    def _told_about(self, reference: str) -> tuple[Payment, Attempt] | None:
        payment_id = self.journal.payment_of_reference(reference) if reference else None
        payment = self.journal.payment(payment_id) if payment_id else None
        for attempt in payment.attempts if payment is not None else ():
            if payment is not None and reference in (attempt.reference, attempt.give_back_reference):
                return payment, attempt
        return None

    def _hurry(self, payment_id: str | None) -> None:
        """Whoever is finding out asks now."""
        waiting = [key for key in self.tried if key[0] == payment_id and isinstance(key[1], Inquire)]
        for key in waiting:
            del self.tried[key]

    def _kept_as_stranger(self, item: SettlementItem) -> int:
        about = item.reference or item.of_reference
        moved = item.kind in ("sale", "return", "rejected", "chargeback") or (
            item.kind in _GIVES_BACK and item.settle != "open"
        )
        if not moved or not OURS.fullmatch(about) or self.journal.payment_of_reference(about):
            return 0
        known = self._all_strangers()
        if any(each.key == item.key for each in known):
            return 0
        money = item.amount
        found = Stranger(
            key=item.key, reference=about, kind=item.kind, minor=money.minor, currency=money.currency,
            batch=item.batch,
        )  # fmt: skip
        self._keep_strangers([*known, found])
        return 1

    def _all_strangers(self) -> list[Stranger]:
        kept = self.journal.site.cursor(self.policy.gateway + _STRANGERS)
        return [Stranger(**row) for row in json.loads(kept)] if kept else []

    def _forget_ended(self) -> None:
        known = self._all_strangers()
        if any(each.ended for each in known):
            self._keep_strangers([each for each in known if not each.ended])

    def _keep_strangers(self, strangers: Sequence[Stranger]) -> None:
        rows = json.dumps([asdict(each) for each in strangers]) if strangers else ""
        self.journal.site.set_cursor(self.policy.gateway + _STRANGERS, rows)


def _is_news(item: SettlementItem) -> bool:
    """A void or refund of ours is known by its own answer; only that it settled, or bounced, is news."""
    return item.kind not in _GIVES_BACK or (item.kind == "refund" and item.settle == "settled")


def read_settlement(gateway: Gateway, asked: SettlementAsked) -> SettlementTold:
    """The report from a cursor on, and the notices that were kept for us. Every failure is a value."""
    try:
        features = gateway.capabilities().features
        notices, refused = _noticed(gateway, asked.noticed) if "notices" in features else ((), 0)
        items = tuple(gateway.settlement(asked.cursor)) if "settlement_report" in features else ()
    except SetupError as error:
        return SettlementTold(failed=error.code)
    except Exception as error:  # noqa: BLE001 - an unread report is read again, whatever broke
        return SettlementTold(failed=type(error).__name__)
    return SettlementTold(items=items, notices=notices, refused=refused)


def _noticed(gateway: Gateway, cursor: str) -> tuple[tuple[Notice, ...], int]:
    """Those that the gateway signed, and how many it did not."""
    told: list[Notice] = []
    refused = 0
    for delivered in gateway.notices(cursor):
        try:
            told.extend(gateway.read_notice(delivered.headers, delivered.body))
        except SetupError:
            refused += 1
    return tuple(told), refused
