"""What a desk can be asked, by the names of the table of routes. Between the HTTP door and the runner; no money rule
lives here, nor in the parts that answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tillbridge.apps.agent.accounts import AccountDesk
from tillbridge.apps.agent.agreeing import Agreeing
from tillbridge.apps.agent.asking import count_of
from tillbridge.apps.agent.cards import CardDesk
from tillbridge.apps.agent.caring import Caring
from tillbridge.apps.agent.closing import ClosingDesk
from tillbridge.apps.agent.deciding import DECISIONS, Deciding
from tillbridge.apps.agent.giving_back import GiveBackDesk
from tillbridge.apps.agent.ground import Ground
from tillbridge.apps.agent.links import LinkDesk
from tillbridge.apps.agent.looking import Looking
from tillbridge.apps.agent.paying import Paying
from tillbridge.apps.agent.reading import Reading
from tillbridge.apps.agent.receipts import ReceiptDesk
from tillbridge.apps.agent.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: the names in its address (`payment_id`), its body, and what stands behind the `?`."""

    named: Mapping[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def payment_id(self) -> str:
        return self.named["payment_id"]


Answer = Callable[[Asked], View]


class Desk:
    """One desk's agent as its faces see it. A part for each kind of question; `answers` joins them to the routes."""

    def __init__(self, ground: Ground) -> None:
        reading = Reading(ground)
        self._ground = ground
        self.currency = ground.currency
        self.looking, self.caring = Looking(ground), Caring(ground)
        self.paying, self.deciding = Paying(ground, reading), Deciding(ground, reading)
        self.cards, self.accounts = CardDesk(ground, reading), AccountDesk(ground, reading)
        self.giving, self.linking = GiveBackDesk(ground), LinkDesk(ground)
        self.receipts, self.closing = ReceiptDesk(ground), ClosingDesk(ground)
        self.agreeing = Agreeing(ground)
        self.answers: Mapping[str, Answer] = {
            **self._looks(),
            **self._cares(),
            **self._asks(),
            **{name: self._decision(name) for name in DECISIONS},
        }

    def changed(self) -> None:
        """Called by the runner after every change: wakes those who wait for news."""
        self._ground.news.tell()

    def close(self) -> None:
        """Nobody waits for news any longer: the door is closing."""
        self._ground.news.close()

    def answer(self, name: str, asked: Asked) -> View:
        """`name`: of a row of the table of routes. Raises TillbridgeError."""
        return self.answers[name](asked)

    def _looks(self) -> dict[str, Answer]:
        looking = self.looking
        return {
            "health": lambda _: looking.health(),
            "invoice": lambda _: looking.read_invoice(),
            "software": lambda _: looking.software(),
            "account": lambda a: self.accounts.account(a.body),
            "payment_methods": lambda _: self.accounts.payment_methods(),
            "terminals": lambda _: looking.terminals(),
            "payments": lambda _: looking.payments(),
            "show": lambda a: looking.show(
                a.payment_id, count_of(a.query, "after"), count_of(a.query, "wait_ms")
            ),
            "support": lambda a: looking.support(a.payment_id),
            "check": lambda _: looking.check_journal(),
        }

    def _cares(self) -> dict[str, Answer]:
        caring, restored = self.caring, self._ground.restored
        return {
            "rehearse": lambda a: caring.rehearse(a.body),
            "pause": lambda a: caring.pause(a.body),
            "end_pause": lambda _: caring.end_pause(),
            "recheck": lambda _: caring.recheck(),
            "settle": lambda _: caring.settle(),
            "strangers": lambda _: caring.strangers(),
            "end_stranger": lambda a: caring.end_stranger(a.body),
            "agreement": lambda a: self.agreeing.agreement(a.body),
            "ready_to_close": lambda a: self.closing.ready_to_close(a.body),
            "missing": lambda _: restored.missing(),
            "accept": lambda a: restored.settle(str(a.body.get("person") or "")),
            "stop_agent": lambda _: caring.ask_to_stop(),
        }

    def _asks(self) -> dict[str, Answer]:
        return {
            "pay": lambda a: self.paying.pay(a.body),
            "receipt": lambda a: self.receipts.receipt(a.payment_id, a.body),
            "again": lambda a: self.paying.again(a.payment_id, a.body),
            "move": lambda a: self.deciding.move(a.payment_id, a.body),
            "record_consent": lambda a: self.cards.record_consent(a.body),
            "revoke_consent": lambda a: self.cards.revoke_consent(a.body),
            "stored_cards": lambda a: self.cards.stored_cards(a.body),
            "forget_card": lambda a: self.cards.forget_card(a.body),
            "attach": lambda a: self.deciding.attach(a.payment_id, a.body),
            "offer": lambda a: self.giving.offer(a.payment_id, a.body),
            "record_given_back": lambda a: self.giving.record_given_back(a.payment_id, a.body),
            "give_back": lambda a: self.giving.give_back(a.payment_id, a.body),
            "links": lambda a: self.linking.links(a.query),
            "send_link": lambda a: self.linking.send_link(a.payment_id, a.body),
            "qr": lambda a: self.linking.qr(a.payment_id),
        }

    def _decision(self, name: str) -> Answer:
        return lambda a: self.deciding.decide(name, a.payment_id, a.body)
