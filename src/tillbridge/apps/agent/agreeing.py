"""The text that a client agrees to before a bank debit or a kept card, for this client and amount. It records nothing:
what was agreed to is recorded with this text and version, word for word."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from tillbridge.apps.agent.asking import text_of
from tillbridge.apps.agent.ground import Ground, OnGround
from tillbridge.apps.agent.receipts_sheet import day
from tillbridge.apps.agent.views import View
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money import parse_typed
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.strings import amount as told
from tillbridge.strings.agreements import agreement, kinds


class Agreeing(OnGround):
    """`zone`: the site's time, None = this computer's."""

    def __init__(self, ground: Ground, zone: tzinfo | None = None) -> None:
        super().__init__(ground)
        self._zone = zone

    def agreement(self, body: dict[str, Any]) -> View:
        """`kind`: PPD, TEL, WEB, CCD or card_on_file; `client`; `amount` for a debit.

        Raises OperatorError `agreement_kind`, `agreement_lacks` (fact `lacking`), `amount_unreadable`,
        `card_number_typed`.
        """
        kind, client, amount = text_of(body, "kind"), text_of(body, "client", ""), text_of(body, "amount", "")
        if looks_like_card_number(client):
            raise OperatorError("card_number_typed")
        clinic, wall_ms = self._runner.ask(
            lambda engine: (engine.policy.clinic_name, engine.clock.now().wall_ms)
        )
        currency, papers = self._ground.currency, self._ground.papers
        found = agreement(
            kind,
            {
                "client": client.strip(),
                "clinic": clinic,
                "contact": papers.contact if papers is not None else "",
                "amount": told(parse_typed(amount, currency).minor, currency) if amount else "",
                "day": day(wall_ms, self._zone),
            },
        )
        if found is None:
            raise OperatorError("agreement_kind", kinds=", ".join(kinds()))
        if found.lacking:
            raise OperatorError("agreement_lacks", lacking=", ".join(found.lacking))
        return {"kind": found.kind, "version": found.version, "text": found.text, "do": found.do}
