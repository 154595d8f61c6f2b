"""Deciding: what a person says about a payment that has begun. Each verb is one word of the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tillbridge.apps.agent.asking import named, text_of
from tillbridge.apps.agent.ground import Ground, OnGround
from tillbridge.apps.agent.reading import Reading, debt_of
from tillbridge.apps.agent.views import View
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine

Decision = Callable[[Engine, str, dict[str, Any]], Payment]


class Deciding(OnGround):
    """`cancel`, `stop`, `keep`, `resume`; by a named person: `posted`, `not_posted`, `drop`,
    `keep_rest`, `give_rest_back` (what was taken does not fit any more), `attach` (a typed amount belongs to the
    invoice that is open on the screen), `end_task`."""

    def __init__(self, ground: Ground, reading: Reading) -> None:
        super().__init__(ground)
        self._reading = reading

    def decide(self, name: str, payment_id: str, body: dict[str, Any]) -> View:
        decision = DECISIONS[name]
        return self._done(lambda engine: decision(engine, payment_id, body))

    def attach(self, payment_id: str, body: dict[str, Any]) -> View:
        """From now on it is entered there by itself. Raises OperatorError: the screen cannot be read, or shows another
        client or invoice than the face did."""
        person = _person(body)
        self._ground.pause.refuse()
        seen = self._reading.shown(body)
        return self._done(lambda engine: engine.attach(payment_id, debt_of(seen), person))

    def move(self, payment_id: str, body: dict[str, Any]) -> View:
        """It belongs to the invoice that is open on the screen: the wrong row is taken back, the right one entered. The
        card is not touched."""
        person, marker = _person(body), text_of(body, "marker")
        self._ground.pause.refuse()
        seen = self._reading.shown(body)
        return self._done(lambda engine: engine.move(payment_id, marker, debt_of(seen), person))


def _person(body: dict[str, Any]) -> str:
    """Raises OperatorError `person_missing`."""
    return named(text_of(body, "person", ""))


def _cancel(engine: Engine, payment_id: str, body: dict[str, Any]) -> Payment:
    return engine.cancel(payment_id, text_of(body, "person", ""))


def _stop(engine: Engine, payment_id: str, body: dict[str, Any]) -> Payment:
    return engine.stop(payment_id, _person(body))


def _allow_another(engine: Engine, payment_id: str, body: dict[str, Any]) -> Payment:
    return engine.allow_another(payment_id, _person(body))


def _keep(engine: Engine, payment_id: str, body: dict[str, Any]) -> Payment:
    return engine.keep_partial(payment_id, True, text_of(body, "person", ""))


def _resume(engine: Engine, payment_id: str, _body: dict[str, Any]) -> Payment:
    return engine.resume(payment_id)


def _said(posted: bool | None) -> Decision:
    """It is in the books, it is not, or it is not needed there."""
    return lambda engine, payment_id, body: engine.person_says(
        payment_id, text_of(body, "marker"), posted, _person(body)
    )


def _rest(keep: bool) -> Decision:
    """What is more than is still owed."""
    return lambda engine, payment_id, body: engine.decide_rest(
        payment_id, text_of(body, "marker"), keep, _person(body)
    )


def _keep_as_prepayment(engine: Engine, payment_id: str, body: dict[str, Any]) -> Payment:
    return engine.keep_as_prepayment(payment_id, _person(body))


def _slip_checked(engine: Engine, payment_id: str, body: dict[str, Any]) -> Payment:
    return engine.slip_checked(payment_id, _person(body))


def _end_task(engine: Engine, payment_id: str, body: dict[str, Any]) -> Payment:
    return engine.end_task(payment_id, text_of(body, "task"), _person(body))


DECISIONS: dict[str, Decision] = {
    "cancel": _cancel,
    "stop": _stop,
    "allow_another": _allow_another,
    "keep": _keep,
    "resume": _resume,
    "posted": _said(True),
    "not_posted": _said(False),
    "drop": _said(None),
    "keep_rest": _rest(True),
    "give_rest_back": _rest(False),
    "end_task": _end_task,
    "keep_as_prepayment": _keep_as_prepayment,
    "slip_checked": _slip_checked,
}
