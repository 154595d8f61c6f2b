"""What a client agreed to, and the cards that the gateway keeps for them: recorded, offered, used, replaced, deleted.

Rules of money that live here:
 2. The approval is in the journal before its card is in the site store; a crash in between asks the gateway again.
14. Only a token comes here, and it stays in the site store: no event holds one.
Consent comes first (card networks' rules for stored credentials; Nacha for bank debits): without it nothing is kept and
nothing is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast, get_args

from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import PaymentEvent
from tillbridge.domain.invoice import TYPED, Debt
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Approved, Found, Outcome
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.domain.stored import expiry_month, month_of
from tillbridge.engine.requests import PayRequest
from tillbridge.engine.sending import Token
from tillbridge.engine.work import Result, Send, Task
from tillbridge.engine.writing import Writing
from tillbridge.ports.site_store import CONSENT_KINDS, Consent, ConsentKind, StoredCard

CARD_ON_FILE: ConsentKind = "card_on_file"
BANK_DEBIT: frozenset[ConsentKind] = frozenset({"PPD", "TEL", "WEB", "CCD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What was agreed to: `text` word for word, its `version`, `how` it was given (such as "signed, in the file"), by
    whom. `given_wall_ms`: when."""

    text: str
    version: str
    how: str
    given_by: str
    given_wall_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """A card that is to be deleted at the gateway. The token stays in memory only."""

    card_id: str
    token: str = field(repr=False)


class Keeping(Writing):
    """The part of the engine that knows agreements and cards."""

    __slots__ = ()

    # ---- consent ----

    def record_consent(
        self, consent_id: str, kind: str, debt: Debt, wording: Wording, person: str
    ) -> Consent:
        """Written down before anything is kept or debited. `consent_id` is the face's; the same one again is the same.

        Raises OperatorError `consent_unknown_kind`, `consent_incomplete` (fact `lacking`), `consent_whose`,
        `card_number_typed`; JournalError `id_used`.
        """
        if kind not in get_args(ConsentKind):
            raise OperatorError("consent_unknown_kind", kinds=", ".join(CONSENT_KINDS))
        said = {"text": wording.text, "version": wording.version, "how": wording.how, "by": wording.given_by}
        lacking = [name for name, value in {**said, "person": person}.items() if not value.strip()]
        if lacking:
            raise OperatorError("consent_incomplete", lacking=", ".join(lacking))
        if debt.software == TYPED or not debt.account_id:
            raise OperatorError("consent_whose")
        consent = Consent(
            consent_id=consent_id,
            kind=cast("ConsentKind", kind),
            software=debt.software,
            account_id=debt.account_id,
            text=wording.text,
            version=wording.version,
            how=wording.how,
            given_by=wording.given_by,
            recorded_by=person,
            given_wall_ms=wording.given_wall_ms,
        )
        self.journal.site.add_consent(consent)
        return consent

    def revoke_consent(self, consent_id: str, person: str) -> None:
        """From now on nothing is debited and no card is charged under it. Raises JournalError `id_unknown`."""
        self.journal.site.revoke_consent(consent_id, person, self.clock.now().wall_ms)

    # ---- cards ----

    def stored_cards(self, software: str, account_id: str) -> Sequence[StoredCard]:
        """The cards of a client that are not deleted or replaced, newest first; expired ones among them."""
        return self.journal.site.cards_of(software, account_id)

    def card_trouble(self, card: StoredCard) -> str:
        """Why a card cannot be charged, as a code; empty if it can be tried: `card_gone`, `card_of_other_gateway`,
        `card_expired`, `consent_ended`."""
        consent = self.journal.site.consent(card.consent_id)
        if not card.usable:
            return "card_gone"
        if card.account != self.policy.gateway:
            return "card_of_other_gateway"
        if card.expired(month_of(self.clock.now().wall_ms)):
            return "card_expired"
        return "" if consent is not None and consent.holds else "consent_ended"

    def begin_forget(self, card_id: str, person: str) -> Forgetting:
        """A client wants a card deleted: from now on it is charged no more. Hand the token to the gateway
        (`work.forget`), then tell `end_forget`. Once more after a doubt is right: the gateway forgets it once.

        Raises OperatorError `card_gone`, `card_number_typed`."""
        card = self.journal.site.card(card_id)
        if card is None or card.deleted_wall_ms is not None:
            raise OperatorError("card_gone", card_id=card_id)
        self.journal.site.revoke_consent(card.consent_id, person, self.clock.now().wall_ms)
        return Forgetting(card_id=card_id, token=card.token)

    def end_forget(self, forgetting: Forgetting, outcome: Outcome) -> None:
        """Deleted here once it is deleted there. Raises OperatorError `card_not_deleted`: it is still listed, charged
        by nobody, and can be deleted once more."""
        if not isinstance(outcome, Approved):
            raise OperatorError("card_not_deleted", card_id=forgetting.card_id)
        self.journal.site.delete_card(forgetting.card_id, self.clock.now().wall_ms)

    # ---- at the door ----

    def _refuse_unagreed(self, request: PayRequest) -> str:
        """How consent to a bank debit was given (Nacha), empty for everything else.

        Raises OperatorError `consent_missing`, `consent_used`, `consent_ended`, `card_gone`, `card_of_other_client`,
        `card_of_other_gateway`, `card_expired`."""
        if request.entry is Entry.STORED_CARD:
            self._refuse_card(self._card_of(request.card_id, request.debt))
        if request.operation == "store_card":
            self._refuse_consent(request, frozenset({CARD_ON_FILE}))
            cards = self.stored_cards(request.debt.software, request.debt.account_id)
            if any(card.consent_id == request.consent_id for card in cards):
                raise OperatorError("consent_used")
            if request.replaces:
                self._card_of(request.replaces, request.debt)
        elif request.entry is Entry.KEYED_ACH:
            return self._refuse_consent(request, BANK_DEBIT).kind
        return ""

    def _refuse_card(self, card: StoredCard) -> None:
        match self.card_trouble(card):
            case "":
                return
            case "card_expired":
                raise OperatorError("card_expired", brand=card.brand, last4=card.last4)
            case "consent_ended":
                raise OperatorError("consent_ended")
            case "card_of_other_gateway":
                raise OperatorError("card_of_other_gateway")
        raise OperatorError("card_gone")

    def _card_of(self, card_id: str, debt: Debt) -> StoredCard:
        """Whoever's card it is: the client by whose account it was stored."""
        card = self.journal.site.card(card_id)
        if card is None or not card.usable:
            raise OperatorError("card_gone")
        if (card.software, card.account_id) != (debt.software, debt.account_id):
            raise OperatorError("card_of_other_client")
        return card

    def _refuse_consent(self, request: PayRequest, kinds: frozenset[ConsentKind]) -> Consent:
        consent = self.journal.site.consent(request.consent_id) if request.consent_id else None
        whose = (request.debt.software, request.debt.account_id)
        if consent is None or consent.kind not in kinds or (consent.software, consent.account_id) != whose:
            raise OperatorError("consent_missing")
        if not consent.holds:
            raise OperatorError("consent_ended")
        return consent

    def _refuse_ended(self, payment: Payment, last: Attempt) -> None:
        """Once more under an agreement that ended since? Raises OperatorError `consent_ended`, those of a card."""
        if last.where == "token":
            self._refuse_card(self._card_of(last.card_id, payment.debt))
        consent = self.journal.site.consent(last.consent_id) if last.consent_id else None
        if consent is not None and not consent.holds:
            raise OperatorError("consent_ended")

    # ---- sending, and what came of it ----

    def _with_token(self, payment: Payment, task: Task) -> Task:
        """A card that was deleted since has none: then nothing is sent."""
        attempt = payment.attempt(task.subject)
        if not isinstance(task.work, Send) or attempt is None or attempt.where != "token":
            return task
        card = self.journal.site.card(attempt.card_id)
        if card is None or self.card_trouble(card) not in ("", "card_expired"):
            return task
        token = Token(token=card.token, by_clinic=attempt.by_clinic)
        return replace(task, work=replace(task.work, token=token))

    def _keep_card(self, payment: Payment, reference: str, result: Result) -> None:
        """The approval is in the journal; now the card goes into the site store, and the journal hears of that."""
        attempt = payment.attempt(reference)
        told = _approval_in(result)
        if attempt is None or told is None or not payment.card_missing(attempt):
            return
        if not told.token and not isinstance(result, Found):
            return  # an inquiry may tell it
        why = self._put_away(payment, attempt, told) if told.token else ""
        kept = self._event(PaymentEvent.CARD_KEPT, reference, {"card_id": _card_id(reference)})
        if why or not told.token:
            lost: dict[str, Fact] = {"reason": "token_not_told", "task": "card_not_kept"}
            kept = self._event(PaymentEvent.CARD_NOT_KEPT, reference, lost | ({"said": why} if why else {}))
        self._append(payment.payment_id, payment, (kept,))

    def _put_away(self, payment: Payment, attempt: Attempt, told: Approved) -> str:
        """Why it cannot be kept, as a code; empty if it is. Doing it twice keeps it once."""
        card = StoredCard(
            card_id=_card_id(attempt.reference),
            account=attempt.gateway,
            token=told.token,
            software=payment.debt.software,
            account_id=payment.debt.account_id,
            brand=told.card.brand if told.card else "",
            last4=told.card.last4 if told.card else "",
            expiry=expiry_month(told.card.expiry) if told.card else "",
            consent_id=attempt.consent_id,
            created_wall_ms=attempt.since.wall_ms,
        )
        try:
            self.journal.site.add_card(card, attempt.replaces)
        except OperatorError as error:
            return error.code
        return ""


def _card_id(reference: str) -> str:
    return f"C{reference}"


def _approval_in(result: Result) -> Approved | None:
    told = result.outcome if isinstance(result, Found) else result
    return told if isinstance(told, Approved) else None
