"""Give-backs, moves and refunds by others among everything else that may happen (test_rules_hold.py): the rules hold.

Asserted from the books of the card network and of the model of the practice software: never more went back than was
taken, nothing was given back by two of ours, and both books agree in the end.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.engine.test_rules_hold import CLIENTS, TwoClients, usd
from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.outcome import CannotTell, Inquiry
from tillbridge.domain.payment import Payment
from tillbridge.engine.giving_back import GiveBackRequest
from tillbridge.simulator.core.faults import Fault, FaultKind
from tillbridge.simulator.core.scribe import Refusal

BACK_FAULTS = (
    FaultKind.LOSE_REQUEST,
    FaultKind.LOSE_REPLY_BEFORE,
    FaultKind.LOSE_REPLY,
    FaultKind.COMMIT_LATE,
    FaultKind.ERROR_AFTER,
    FaultKind.GARBLED,
    FaultKind.UNREACHABLE,
)


class GivingBackToo(TwoClients):
    backs: int = 0
    somebody_deletes_a_row = None  # type: ignore[assignment]
    """Rows that people delete are the other machine's matter: what stands after that is decided by people."""

    # ---- what people and others do ----

    @precondition(lambda self: getattr(self, "count", 0) > 0)
    @rule(
        data=st.data(),
        minor=st.one_of(st.none(), st.integers(1, 12_000)),
        asked=st.sampled_from(("now", "stale", "silent", "never")),
    )
    def somebody_gives_back(self, data: st.DataObject, minor: int | None, asked: str) -> None:
        payments = [p for p in self._payments() if p.charged == "yes"]
        if not payments:
            return
        payment = data.draw(st.sampled_from(payments))
        self.backs += 1
        amount = None if minor is None else usd(minor)
        request = GiveBackRequest(
            payment_id=f"back-{self.backs:04d}", of=payment.payment_id, amount=amount, person="Dana"
        )
        found = self._found(payment, asked)
        with suppress(OperatorError):
            begun = self.engine.give_back(request, found)
            assert self.engine.give_back(request, found) == begun, "rule 1"

    def _found(self, payment: Payment, asked: str) -> Inquiry | None:
        """`stale`: read before the batch closed."""
        if asked == "never":
            return None
        if asked == "silent":
            return CannotTell(cause="read_timeout")
        attempt = next(a for a in payment.attempts if a.taken)
        found = self.engine.gateway.inquire(attempt.reference, attempt.gateway_ref)
        if asked == "stale":
            self.line.network.settle(self.clock.now_ms)
        return found

    @precondition(lambda self: getattr(self, "backs", 0) > 0)
    @rule(data=st.data())
    def somebody_calls_a_give_back_off(self, data: st.DataObject) -> None:
        name = data.draw(st.integers(1, self.backs))
        with suppress(OperatorError):
            self.engine.cancel(f"back-{name:04d}", "Dana")

    @rule(kind=st.sampled_from(BACK_FAULTS), op=st.sampled_from(("void", "refund")))
    def giving_back_will_fail(self, kind: FaultKind, op: str) -> None:
        self.line.plan.faults.append(Fault(kind, op=op, delay_ms=200_000))

    @precondition(lambda self: getattr(self, "count", 0) > 0)
    @rule(data=st.data(), minor=st.integers(1, 5_000))
    def somebody_refunds_in_the_portal(self, data: st.DataObject, minor: int) -> None:
        """Known to the settlement report at once; our own inquiries tell of it by their sum."""
        taken = [a for p in self._payments() for a in p.attempts if a.taken]
        books = self.line.network.books
        records = [r for a in taken for r in books.of_reference(a.reference) if r.took_money and r.batch]
        if not records:
            return
        record = data.draw(st.sampled_from(records))
        with suppress(Refusal):
            self.line.network.portal(record.provider_ref, "refund", minor, self.clock.now_ms)
            self._told_by_the_report(record.reference, minor, f"portal-{len(books.entries)}")

    def _told_by_the_report(self, reference: str, minor: int, key: str) -> None:
        payment_id = self.journal.payment_of_reference(reference)
        assert payment_id is not None
        facts: dict[str, Fact] = {"returned_minor": minor, "key": key}
        told = self.engine._event("refunded_elsewhere", reference, facts)
        self.engine._append(payment_id, self.journal.payment(payment_id), (told,))

    @precondition(lambda self: getattr(self, "count", 0) > 0)
    @rule(data=st.data())
    def somebody_moves_a_payment(self, data: st.DataObject) -> None:
        rows = [(p, row) for p in self._payments() for row in p.postings if p.is_primary(row)]
        if not rows:
            return
        payment, row = data.draw(st.sampled_from(rows))
        here = payment.debt_of(row).invoice_number
        number = next(other for other in sorted(CLIENTS) if other != here)
        account_id, client = CLIENTS[number]
        debt = Debt(
            software="model",
            account_id=account_id,
            client=client,
            invoice_number=number,
            balance=self.practice.owed_of(number),
        )
        with suppress(OperatorError):
            self.engine.move(payment.payment_id, row.marker, debt, "Dana")

    # ---- what must hold ----

    def _backs(self, payment: Payment) -> list[Payment]:
        ids = (f"back-{number:04d}" for number in range(1, self.backs + 1))
        found = (self.journal.payment(payment_id) for payment_id in ids)
        return [p for p in found if p is not None and p.of == payment.payment_id]

    @invariant()
    def never_more_went_back_than_was_taken(self) -> None:
        """Rule 10, from the network's own books."""
        if not hasattr(self, "line"):
            return
        for record in self.line.network.books.records.values():
            assert record.left >= 0
            assert not record.took_money or record.given_back <= record.amount

    @invariant()
    def what_we_promised_is_held(self) -> None:
        """Rule 10: all our give-backs together hold no more than the payment has left."""
        if not hasattr(self, "journal"):
            return
        for payment in self._payments():
            held = self.journal.held_minor(f"payment:{payment.payment_id}")
            assert held <= payment.taken.minor or not payment.taken.minor

    @invariant()
    def every_row_is_on_the_invoice_of_its_payment(self) -> None:
        """Rule 5: where it was pinned, or where a named person moved it to."""
        if not hasattr(self, "practice"):
            return
        for row in self.practice.books:
            payment = self.journal.payment(self.journal.payment_of_marker(row.reference) or "")
            posting = payment.posting(row.reference) if payment is not None else None
            assert payment is not None
            assert posting is not None
            debt = payment.debt_of(posting)
            assert (debt.account_id, debt.invoice_number) == (row.account_id, row.invoice_number)

    def teardown(self) -> None:
        if not hasattr(self, "engine"):
            return
        self.line.plan.faults.clear()
        self._run(2 * 3_600_000)
        self.line.network.settle(self.clock.now_ms)
        self._people_answer()
        super().teardown()
        ended = Counter(
            p.told is not None and not p.must_tell for q in self._payments() for p in self._backs(q)
        )
        assert not ended[False], "every give-back is told to its payment"

    def _people_answer(self) -> None:
        for _ in range(3):
            self._run(30 * 3_600_000)
            for payment in self._payments():
                for each in (payment, *self._backs(payment)):
                    self._answer(each)

    def _answer(self, payment: Payment) -> None:
        for posting in payment.postings:
            if posting.state == "needs_attention":
                self.deleted.discard(posting.marker)
                in_books = any(row.reference == posting.marker for row in self.practice.books)
                with suppress(OperatorError):
                    self.engine.person_says(payment.payment_id, posting.marker, in_books, "Dana")

    def _judge(self, payment: Payment) -> None:
        """The network's books and the practice software's agree: what stays taken is what stands there."""
        references = {attempt.reference for attempt in payment.attempts}
        entries = self.line.network.books.entries
        taken = sum(e.amount for e in entries if e.kind == "capture" and e.reference in references)
        back = sum(e.amount for e in entries if e.kind in ("void", "refund") and e.of_reference in references)
        everything = (payment, *self._backs(payment))
        markers = {posting.marker for p in everything for posting in p.postings}
        if markers & self.too_late:
            return
        rows = [row for row in self.practice.books if row.reference in markers]
        assert sum(row.amount.minor for row in rows) == taken - back, (payment, taken, back, rows)
        for child in self._backs(payment):
            gone = sum(
                e.amount for a in child.attempts for e in entries
                if e.kind in ("void", "refund") and e.reference == a.reference
            )  # fmt: skip
            assert gone == child.taken.minor, child
            assert gone <= child.parts.whole.minor, "it was given back once"


TestGivingBackToo = GivingBackToo.TestCase
TestGivingBackToo.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
