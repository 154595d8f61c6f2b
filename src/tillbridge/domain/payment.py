"""A payment: one intention to move money, with its whole history, folded from its events.

`apply` is the only way a payment changes. It raises ImpossibleEvent for a pair that the tables do not allow; the
engine then records that instead. What to do next is decided in next_command.py from the result alone (rule 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tillbridge.domain import money_leg, posting_leg
from tillbridge.domain.invoice import Debt
from tillbridge.domain.ledger import PostingKind
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money, Parts
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.operation import OPERATIONS, UNATTENDED, Entry, Operation
from tillbridge.domain.posting_leg import PostingState
from tillbridge.domain.reach import Reach
from tillbridge.domain.session import Session, Where
from tillbridge.domain.shares import Share, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at the gateway. `approved` is what was really taken, None as long as nobody knows."""

    reference: str
    state: MoneyState
    asked: Money
    horizon_ms: int
    since: Moment
    """When this state was entered."""
    terminal_id: str = ""
    where: Where = "terminal"
    """Where the payer's details are asked for; a stored card's are at the gateway, a slip's on another terminal."""
    gateway: str = ""
    """The gateway account that it was made for; empty where none was written down."""
    card_id: str = ""
    """The stored card that it charges, or that came of it."""
    by_clinic: bool = False
    """A stored card is charged while the client is not there, as they agreed before."""
    consent_id: str = ""
    """The recorded agreement that it stands on (site store)."""
    sec_code: str = ""
    """How consent to a bank debit was given: `PPD`, `TEL`, `WEB`, `CCD` (Nacha's standard entry classes)."""
    return_code: str = ""
    """Why the bank returned it: a code of domain/ach.py, or the gateway's own."""
    replaces: str = ""
    """The stored card in whose place this one is kept."""
    card_given_up: bool = False
    """Nobody can tell what the card is kept by."""
    valid_ms: int = 0
    """How long its page or link was asked to live; 0 = it has none, or as long as the gateway usually gives."""
    session: Session | None = None
    """Its page or link, as the gateway opened it."""
    reach: Reach | None = None
    """How the client is told of its link; None = it is only shown here."""
    receipt: tuple[tuple[str, str], ...] = ()
    """What the card brands want printed: (label, value), in order."""
    business_day: int = 0
    """The day of the site's own calendar that it belongs to, decided once when it was approved; 0 = not told."""
    to_check: bool = False
    """A person said that it was taken: to be held against the other terminal's own report at day end."""
    sent_at: Moment | None = None
    approved: Money | None = None
    gateway_ref: str = ""
    auth_code: str = ""
    brand: str = ""
    last4: str = ""
    reason: str = ""
    """Code of a decline, of a refusal, or the cause of a doubt."""
    void_told: bool = False
    """Somebody said that it was taken back. While a void of our own is under way that is thought to be ours."""
    returned: int = 0
    """Minor units that the bank took back: all of it, or what others had left."""
    unnamed_back: int = 0
    """Minor units of what others gave back that only the gateway's own count told, not yet a refund by its name."""
    said_back: tuple[int, ...] = ()
    """The sums that people wrote down, not yet a refund by its name."""
    tip: int = 0
    """Minor units that the client added on the terminal, beyond what was asked."""
    cancel_asked: bool = False
    closing: str = ""
    """Why its link is closed, where it was not a person's wish: `instead`, `paid_otherwise`."""
    stopped_by: str = ""
    kills: int = 0
    late: Money | None = None
    """What was approved after the door of killing: the client is owed it back."""
    late_back: int = 0
    """Minor units of it that went back."""
    late_voided: bool = False
    """It went back by a void: a settlement that still comes means that the void failed."""
    counted: tuple[str, ...] = ()
    """Keys of the refunds and disputes of others that were counted."""
    give_back_reference: str = ""
    give_back_since: Moment | None = None
    swept: bool = False
    watched_ms: int = 0
    """How long it was watched since it was killed, as journalled from time to time: a computer that is switched off
    every night forgets how long it was on before."""
    watched_at: Moment | None = None
    overridden: bool = False
    keep_decided: bool = False
    held_by_dispute: bool = False
    queued: str = ""
    """A give-back that is not sent yet: `settled` (the gateway takes it only then) or `asked` (first it is asked what
    is possible). Empty = it may be sent."""

    @property
    def over(self) -> bool:
        return self.state in money_leg.OVER

    @property
    def taken(self) -> bool:
        return self.state in money_leg.TAKEN

    @property
    def payable_ms(self) -> int:
        """For so long after its sending the gateway may commit it: a page or link lives before that time begins."""
        return self.horizon_ms + (self.session.lives_ms if self.session is not None else 0)

    @property
    def owed_back(self) -> int:
        """Minor units of a late approval that still have to go back."""
        return max(0, self.late.minor - self.late_back) if self.late is not None else 0

    @property
    def partial(self) -> bool:
        return self.approved is not None and self.approved.minor < self.asked.minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One posting record with its own marker (rule 6)."""

    marker: str
    kind: PostingKind
    state: PostingState
    amount: Money
    reference: str
    """The attempt whose money it records."""
    since: Moment
    balance_seen: Money | None = None
    """The invoice's balance when typing stopped because it was not as expected: somebody changed it meanwhile."""
    touched_at: Moment | None = None
    """The last moment at which a commit may have been sent: absence is proved only some time after it."""
    reason: str = ""
    may_be_posted: bool = False
    not_before: Moment | None = None
    by: str = ""
    """Who posted it: `us`, or the person who said so."""
    suspect_dismissed: bool = False
    """A person said that the row without a marker is another payment."""
    suspected: bool = False
    """Staff may have typed it by hand."""
    vouched: bool = False
    """A person said, after the last typing, that it is not in the books."""
    owed_at: Moment | None = None
    """Since when it waits for the books."""
    said_to_wait: bool = False
    """People were told that it waits long: once is enough."""
    method: str = ""
    """The payment method that was typed last: what a row of ours shows, whatever the site's settings say today."""
    refused: str = ""
    """Why the software did not take it when it was last typed, by what it said itself."""
    refusals: int = 0
    """How often in a row it said so."""
    refused_for_ms: int = 0
    """When trying again makes sense by itself; 0 = a person has to do something first."""
    rest_as_credit: bool = False
    """More was taken than is still owed, and a person decided that the rest is kept as credit."""
    confirmed_at: Moment | None = None
    """When it was last seen in the books after it had been posted."""
    settle_first: bool = False
    """Its money went back while we were finding out: once it is known, it is reversed or dropped."""
    debt: Debt | None = None
    """Where it belongs, if not where its payment does: one of several invoices, or the right one after a move."""
    of_marker: str = ""
    """The row that it takes back or gives back, by its marker."""
    after: str = ""
    """The record that has to be seen in the books before this one is typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a give-back stands: what it gave back in minor units, whether it is over with nothing given back, and
    whether it is decided what it changes in the books."""

    minor: int = 0
    over: bool = False
    settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A payment of our own that gives back (some of) this one, as far as this one was told."""

    payment_id: str
    operation: str
    given_minor: int = 0
    over: bool = False
    """It gave nothing back and will not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    payment_id: str
    operation: str
    entry: Entry | None
    parts: Parts
    debt: Debt
    of: str
    created_at: Moment
    person: str = ""
    attempts: tuple[Attempt, ...] = ()
    postings: tuple[Posting, ...] = ()
    given_back: Money
    """Given back so far by payments of their own, or elsewhere (rule 10)."""
    elsewhere: Money
    """The part of it that others gave back (portal, dispute): no payment of our own holds it."""
    over_returned: Money
    tasks: tuple[str, ...] = ()
    """Codes of what a person has to look at, beside the postings that need attention."""
    first_scope: str = ""
    """What it was asked for, if a person attached it to a real client since."""
    shares: tuple[Share, ...] = ()
    """Its allocation, where it is over several invoices; empty: all of it belongs to its debt."""
    children: tuple[Child, ...] = ()
    """What payments of our own give back of it, oldest first."""
    told: Told | None = None
    """A give-back: what the payment that it gives back was told of it last."""
    in_software: bool = False
    """A give-back that stands in the practice software already: nothing is typed for it, and no row of ours changes."""
    receipts: tuple[str, ...] = ()
    """Keys of the receipts that were made of it, oldest first: all but the first are copies."""
    version: int = 0
    """Number of events folded in."""

    @property
    def row(self) -> Operation:
        return OPERATIONS[self.operation]

    @property
    def gives_back(self) -> bool:
        return self.row.direction == "out" and bool(self.of)

    @property
    def to_tell(self) -> Told:
        """What the payment that it gives back has to know of it now."""
        over = all(a.over for a in self.attempts)
        return Told(minor=self.taken.minor, over=over, settled=self.told is not None and self.told.settled)

    @property
    def must_tell(self) -> bool:
        """A give-back whose payment does not know how it stands, or for which nobody decided what changes in the
        books."""
        if not self.gives_back or any(
            p.kind in ("refund", "void") for p in self.postings if self.told is None
        ):
            return False
        now = self.to_tell
        return now != self.told

    @property
    def over_minor(self) -> int:
        """Minor units that went back beyond what was taken. What a bank took back is not there to be given back."""
        late = sum(max(0, a.late_back - a.late.minor) for a in self.attempts if a.late is not None)
        back = [a for a in self.attempts if a.state is MoneyState.RETURNED and a.approved is not None]
        kept = self.taken.minor + sum((a.approved or a.asked).minor - a.returned for a in back)
        return max(0, self.given_back.minor - kept) + late

    @property
    def went_back(self) -> Literal["no", "part", "whole"]:
        """How much of what was taken went back, by us or by others."""
        if self.given_back.minor <= 0:
            return "no"
        return "whole" if self.given_back.minor >= self.taken.minor else "part"

    @property
    def live(self) -> Attempt | None:
        """The attempt that decides: the newest one that is not over, or None."""
        return next((attempt for attempt in reversed(self.attempts) if not attempt.over), None)

    @property
    def taken(self) -> Money:
        """What was taken from the client (or given back, for a give-back) by all attempts."""
        minor = sum(a.approved.minor for a in self.attempts if a.taken and a.approved is not None)
        return Money(minor=minor, currency=self.parts.whole.currency)

    @property
    def charged(self) -> Literal["yes", "no", "finding_out"]:
        """The one question that is always answered on screen."""
        if any(a.taken for a in self.attempts):
            return "yes"
        return "finding_out" if any(a.state in money_leg.IN_DOUBT for a in self.attempts) else "no"

    @property
    def finished(self) -> bool:
        """Nothing is left to do by itself or by a person (a later settlement or return may reopen it)."""
        open_ = [
            a for a in self.attempts if self.undecided(a) or self.posting_missing(a) or self.card_missing(a)
        ]
        at_rest = not open_ and all(_at_rest(a) for a in self.attempts)
        posted = all(p.state in posting_leg.CLOSED for p in self.postings)
        return at_rest and posted and not self.tasks and not self.must_tell

    def undecided(self, attempt: Attempt) -> bool:
        """A partial approval at the desk that nobody has decided on."""
        asked = attempt.partial and attempt.taken and not attempt.keep_decided
        return asked and self.row.direction == "in" and self.entry not in UNATTENDED

    def card_missing(self, attempt: Attempt) -> bool:
        """A card was to be kept, the gateway keeps it, and it is not in the site store."""
        kept = bool(attempt.card_id) or attempt.card_given_up
        return self.operation == "store_card" and attempt.taken and not kept

    def posting_missing(self, attempt: Attempt) -> bool:
        """Money was taken, it owes a posting, and there is no record of one."""
        recorded = any(p.reference == attempt.reference for p in self.postings)
        owes = self.row.posting is not None and not self.gives_back and not self.in_software
        return attempt.taken and owes and not recorded

    def attempt(self, reference: str) -> Attempt | None:
        return next((a for a in self.attempts if a.reference == reference), None)

    def posting(self, marker: str) -> Posting | None:
        return next((p for p in self.postings if p.marker == marker), None)

    def may_try_again(self) -> bool:
        """A new attempt is allowed only if every older one is over (F0), or a named person overrode its doubt."""
        return all(a.over or (a.overridden and a.state in OVERRIDABLE) for a in self.attempts)

    def debt_of(self, posting: Posting) -> Debt:
        return posting.debt or self.debt

    def is_primary(self, posting: Posting) -> bool:
        """Does it record the money itself, not the giving back of it? What is beyond an invoice may be a deposit."""
        return posting.kind in (("sale", "deposit") if self.row.direction == "in" else ("refund", "void"))

    @property
    def reversal(self) -> PostingKind:
        """What takes a row of this payment back. Money that did not reach the client is a payment again."""
        return "return" if self.row.direction == "in" else "sale"

    def spread_held(self, base_minor: int) -> dict[str, int]:
        """On which scopes so much of the base is held: its own, or each of its invoices'."""
        return held(self.shares, base_minor) if self.shares else {self.debt.scope: base_minor}

    def to_book(self, attempt: Attempt, *, fee: bool) -> Money:
        """What of an attempt's money belongs into the practice software: the base, and the fee where the site wants
        it there. A tip is owed to nobody's invoice. A smaller approval pays the base first."""
        taken = (attempt.approved or attempt.asked).minor
        most = self.parts.base.minor + (self.parts.fee.minor if fee else 0)
        return Money(minor=min(taken, most), currency=self.parts.base.currency)

    def standing(self, reference: str) -> list[Posting]:
        """Postings of an attempt's money that are open, or in the books and not taken back as a whole."""
        mine = [
            p for p in self.postings if p.reference == reference and p.state is not PostingState.NOT_NEEDED
        ]
        stand = [p for p in mine if self.is_primary(p)]
        for back in (p for p in mine if p.kind == self.reversal):
            one = next((p for p in stand if _takes_back(back, p)), None)
            if one is not None:
                stand.remove(one)
        return stand

    def may_post(self, reference: str, amount: Money, debt: Debt | None = None) -> bool:
        """A posting of the attempt's money is allowed only if none stands on the same debt, and all of them together
        are no more than was taken: one payment is posted once."""
        stand = self.standing(reference)
        attempt = self.attempt(reference)
        taken = (attempt.approved or attempt.asked).minor if attempt is not None else 0
        there = any(self.debt_of(p).scope == (debt or self.debt).scope for p in stand)
        return not there and sum(p.amount.minor for p in stand) + amount.minor <= taken


def _takes_back(back: Posting, row: Posting) -> bool:
    """The whole of a row that is in the books. Older records do not name it: then it is told by its amount."""
    named = back.of_marker in ("", row.marker)
    return named and row.state is PostingState.POSTED and back.amount == row.amount


WAITS_LONG = "waits_long"
"""Task: its posting finds no quiet moment. It ends by itself when the posting does."""

OVERRIDABLE = frozenset({MoneyState.UNKNOWN, MoneyState.KILLING})
"""Where a named person may allow a new attempt beside a doubt. A running terminal is cancelled first."""


def _at_rest(attempt: Attempt) -> bool:
    moving = money_leg.IN_DOUBT | {MoneyState.CREATED, MoneyState.PENDING}
    return attempt.swept if attempt.state is MoneyState.KILLED else attempt.state not in moving


def holds(payment: Payment) -> dict[str, int]:
    """What a payment holds on which scope, in minor units (rules 4 and 10).

    Taking: the attempt's base while money may be moving, and what was taken until it is seen posted.
    Giving back: its amount on the parent from the start, released only when it is over or it bounced.
    """
    on: dict[str, int] = {}
    for attempt in payment.attempts:
        if attempt.state in _HOLDS_NOTHING or _beside(payment, attempt):
            continue
        for scope, minor in _held(payment, attempt).items():
            on[scope] = on.get(scope, 0) + minor
    return {scope: minor for scope, minor in on.items() if minor}


def _beside(payment: Payment, attempt: Attempt) -> bool:
    """A doubt beside which a person allowed a newer attempt: the debt is held once, by that one, unless it is over."""
    newer = payment.attempts[payment.attempts.index(attempt) + 1 :]
    allowed = attempt.overridden and attempt.state in OVERRIDABLE
    return allowed and any(one.state not in _HOLDS_NOTHING for one in newer)


_HOLDS_NOTHING = money_leg.OVER | {MoneyState.VOIDED, MoneyState.RETURNED}


def _held(payment: Payment, attempt: Attempt) -> dict[str, int]:
    if payment.row.direction == "out":
        return {f"payment:{payment.of}": _held_giving(attempt)} if payment.of else {}
    if not attempt.taken:
        return payment.spread_held(min(attempt.asked.minor, payment.parts.base.minor))
    return _held_taking(payment, attempt)


def _held_giving(attempt: Attempt) -> int:
    moved = attempt.approved if attempt.taken and attempt.approved is not None else attempt.asked
    return moved.minor


def _held_taking(payment: Payment, attempt: Attempt) -> dict[str, int]:
    """What was taken, on each debt that it is posted to, by the newest record there."""
    moved = attempt.approved if attempt.approved is not None else attempt.asked
    base = min(moved.minor, payment.parts.base.minor)
    mine = [p for p in payment.postings if p.reference == attempt.reference and payment.is_primary(p)]
    if not mine:
        return payment.spread_held(base)
    newest = {payment.debt_of(p).scope: p for p in mine}
    return {scope: _held_by(payment, p, base) for scope, p in newest.items()}


def _held_by(payment: Payment, posting: Posting, base: int) -> int:
    """A posting that a person dropped was never seen in the books: it holds what was not given back."""
    mine = min(base, posting.amount.minor)
    if posting.state is PostingState.NOT_NEEDED:
        return max(0, mine - payment.given_back.minor)
    return 0 if posting.state is PostingState.POSTED else mine


def left_to_give_back(payment: Payment) -> Money:
    """Rule 10: what was taken, less what others gave back; nothing while a dispute is open.

    What payments of our own give back or have given back is reserved on the scope `payment:<id>` and comes on top.
    """
    if any(a.held_by_dispute for a in payment.attempts):
        return Money(minor=0, currency=payment.parts.whole.currency)
    left = payment.taken.minor - payment.elsewhere.minor
    return Money(minor=max(0, left), currency=payment.parts.whole.currency)
