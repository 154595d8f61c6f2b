"""Giving money back: first what can be done, then doing it. The gateway is asked here, the engine chooses."""

from __future__ import annotations

from typing import Any

from tillbridge.apps.agent.asking import flag_of, named, text_of
from tillbridge.apps.agent.ground import OnGround
from tillbridge.apps.agent.looking import known
from tillbridge.apps.agent.views import View, money
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money import Money, parse_typed
from tillbridge.domain.outcome import CannotTell, Inquiry
from tillbridge.domain.payment import Payment
from tillbridge.engine.given_elsewhere import GivenElsewhere
from tillbridge.engine.giving_back import GiveBackRequest, Offer
from tillbridge.ports.gateway import Capabilities, Gateway
from tillbridge.strings import sentence


class GiveBackDesk(OnGround):
    def offer(self, payment_id: str, body: dict[str, Any]) -> View:
        """Which way, how much at most, and when the client sees it. Changes nothing.

        Raises OperatorError `unknown_payment`, and those of the engine's offer_give_back.
        """
        amount = self._amount(body)
        found, can = self._asked(payment_id)
        return self._told(
            self._runner.ask(lambda engine: engine.offer_give_back(payment_id, found, amount, can))
        )

    def give_back(self, payment_id: str, body: dict[str, Any]) -> View:
        """Give (some of) it back; where a smaller approval waits for an answer, that is the answer.

        `give_back_id`: the give-back's own number, made by the face. Raises OperatorError `person_missing`,
        `field_wrong`, and those of the engine's give_back.
        """
        person, amount = named(text_of(body, "person", "")), self._amount(body)
        payment = self._runner.ask(lambda engine: known(engine, payment_id)[0])
        if any(payment.undecided(attempt) for attempt in payment.attempts):
            return self._done(lambda engine: engine.keep_partial(payment_id, False, person))
        self._refuse_fatal()
        self._ground.restored.refuse()
        request = GiveBackRequest(
            payment_id=text_of(body, "give_back_id"),
            of=payment_id,
            amount=amount,
            person=person,
            reason=text_of(body, "reason", ""),
            error=text_of(body, "error", ""),
            in_software=flag_of(body, "in_software"),
        )
        found, can = self._asked(payment_id)
        return self._done(lambda engine: engine.give_back(request, found, can))

    def record_given_back(self, payment_id: str, body: dict[str, Any]) -> View:
        """It went back without us: at another terminal, or in the card processor's own portal. Sends nothing.

        Raises OperatorError `person_missing`, `field_wrong`, and those of the engine's record_given_back.
        """
        given = GivenElsewhere(
            record_id=text_of(body, "record_id"),
            of=payment_id,
            amount=self._amount(body),
            person=named(text_of(body, "person", "")),
            how=text_of(body, "how", ""),
            in_software=flag_of(body, "in_software"),
        )
        return self._done(lambda engine: engine.record_given_back(given))

    def _asked(self, payment_id: str) -> tuple[Inquiry, Capabilities]:
        """What the gateway says of it now, and what it can do."""
        payment = self._runner.ask(lambda engine: known(engine, payment_id)[0])
        return self._runner.on_gateway(lambda engine: _inquired(engine.gateway, payment))

    def _amount(self, body: dict[str, Any]) -> Money | None:
        """None: all that is left."""
        amount = body.get("amount")
        return None if amount is None else parse_typed(text_of(body, "amount"), self._ground.currency)

    def _told(self, offer: Offer) -> View:
        card = {"brand": offer.brand, "last4": offer.last4}
        amount, left = money(offer.parts.whole), money(offer.left)
        assert amount is not None
        facts = {**card, "amount": amount["text"]}
        return {
            "of": offer.of,
            "way": offer.way,
            "when": offer.when,
            "seen": offer.seen,
            "amount": amount,
            "base": money(offer.parts.base),
            "fee": money(offer.parts.fee),
            "tip": money(offer.parts.tip),
            "left": left,
            **card,
            "text": sentence(f"{offer.way}_{offer.when}", facts, section="offer"),
        }


def _inquired(gateway: Gateway, payment: Payment) -> tuple[Inquiry, Capabilities]:
    """Raises OperatorError `nothing_to_give_back`: no card was charged for it."""
    attempt = next((each for each in payment.attempts if each.taken), None)
    if attempt is None:
        raise OperatorError("nothing_to_give_back")
    try:
        found = gateway.inquire(attempt.reference, attempt.gateway_ref)
    except Exception as error:  # noqa: BLE001 - an inquiry that fails proves nothing; the engine asks again
        found = CannotTell(cause=f"{type(error).__name__}: {error}"[:200])
    return found, gateway.capabilities()
