"""What a client agreed to, and the cards that the gateway keeps for them. Whose they are, the screen tells."""

from __future__ import annotations

from typing import Any

from tillbridge.apps.agent.asking import long_text_of, named, number_of, text_of
from tillbridge.apps.agent.ground import Ground, OnGround
from tillbridge.apps.agent.reading import Reading, debt_of
from tillbridge.apps.agent.views import View
from tillbridge.engine.cashier import Engine
from tillbridge.engine.keeping import Wording
from tillbridge.engine.work import forget
from tillbridge.ports.site_store import Consent, StoredCard
from tillbridge.strings import number, sentence


class CardDesk(OnGround):
    def __init__(self, ground: Ground, reading: Reading) -> None:
        super().__init__(ground)
        self._reading = reading

    def record_consent(self, body: dict[str, Any]) -> View:
        """The client on the screen agreed. `consent_id` is the face's; `given_wall_ms` is now if it is not said.

        Raises OperatorError `person_missing`, `field_wrong`, and those of the engine's record_consent.
        """
        person = named(text_of(body, "person", ""))
        consent_id, kind = text_of(body, "consent_id"), text_of(body, "kind")
        given_ms = number_of(body, "given_wall_ms")
        self._ground.pause.refuse()
        debt = debt_of(self._reading.shown(body))
        said = {name: text_of(body, name, "") for name in ("version", "how", "given_by")}
        text = long_text_of(body, "text")

        def record(engine: Engine) -> Consent:
            at_ms = engine.clock.now().wall_ms if given_ms is None else given_ms
            wording = Wording(text=text, given_wall_ms=at_ms, **said)
            return engine.record_consent(consent_id, kind, debt, wording, person)

        return {"consent": consent_view(self._runner.ask(record))}

    def revoke_consent(self, body: dict[str, Any]) -> View:
        """Raises OperatorError `person_missing`, JournalError `id_unknown`."""
        consent_id, person = text_of(body, "consent_id"), named(text_of(body, "person", ""))
        self._runner.ask(lambda engine: engine.revoke_consent(consent_id, person))
        return {"revoked": consent_id}

    def stored_cards(self, body: dict[str, Any]) -> View:
        """The cards of the client on the screen, and what they agreed to; `trouble`: why one cannot be charged."""
        self._ground.pause.refuse()
        debt = debt_of(self._reading.shown(body))

        def found(engine: Engine) -> View:
            cards = engine.stored_cards(debt.software, debt.account_id)
            agreed = engine.journal.site.consents_of(debt.software, debt.account_id)
            return {
                "cards": [card_view(card, engine.card_trouble(card)) for card in cards],
                "consents": [consent_view(consent) for consent in agreed],
            }

        return {"client": debt.client, "account_id": debt.account_id, **self._runner.ask(found)}

    def forget_card(self, body: dict[str, Any]) -> View:
        """Deleted at the gateway, then here. Raises OperatorError `person_missing`, `card_gone`, `card_not_deleted`
        (it is charged by nobody any more, and can be deleted once more)."""
        card_id, person = text_of(body, "card_id"), named(text_of(body, "person", ""))
        forgetting = self._runner.ask(lambda engine: engine.begin_forget(card_id, person))
        outcome = self._runner.on_gateway(lambda engine: forget(forgetting.token, engine.gateway))
        self._runner.ask(lambda engine: engine.end_forget(forgetting, outcome))
        return {"forgotten": card_id}


def card_view(card: StoredCard, trouble: str) -> View:
    """Never its token."""
    facts = {"brand": card.brand, "last4": card.last4}
    told = {"code": trouble, "number": number(trouble), "text": sentence(trouble, facts)} if trouble else None
    return {
        "card_id": card.card_id,
        "brand": card.brand,
        "last4": card.last4,
        "expiry": card.expiry,
        "consent_id": card.consent_id,
        "created_wall_ms": card.created_wall_ms,
        "trouble": told,
    }


def consent_view(consent: Consent) -> View:
    return {
        "consent_id": consent.consent_id,
        "kind": consent.kind,
        "text": consent.text,
        "version": consent.version,
        "how": consent.how,
        "given_by": consent.given_by,
        "recorded_by": consent.recorded_by,
        "given_wall_ms": consent.given_wall_ms,
        "holds": consent.holds,
    }
