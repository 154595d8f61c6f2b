"""Payment links: which are open, telling a client once more, and the square to be photographed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import segno

from tillbridge.apps.agent.asking import text_of
from tillbridge.apps.agent.ground import OnGround
from tillbridge.apps.agent.looking import known
from tillbridge.apps.agent.views import View, payment_view
from tillbridge.domain.errors import OperatorError


class LinkDesk(OnGround):
    def links(self, query: Mapping[str, str]) -> View:
        """Those that can still be paid, oldest first; `client`: a part of the name, or the account."""
        client = query.get("client", "")[:200]
        found = self._runner.ask(
            lambda engine: [(p, engine.journal.events(p.payment_id)) for p in engine.open_links(client)]
        )
        return {"links": [payment_view(payment, events) for payment, events in found]}

    def send_link(self, payment_id: str, body: dict[str, Any]) -> View:
        """Tell the client once more, or for the first time; what is left out is as before."""
        by, to = text_of(body, "send_by", ""), text_of(body, "send_to", "")
        person = text_of(body, "person", "")
        return self._done(lambda engine: engine.send_link(payment_id, by, to, person))

    def qr(self, payment_id: str) -> View:
        """The open link as its address, as a picture (SVG, and PNG as a data address) and for a terminal window.

        Raises OperatorError `unknown_payment`, `no_open_link`.
        """
        payment = self._runner.ask(lambda engine: known(engine, payment_id)[0])
        attempt = payment.live
        if attempt is None or attempt.session is None:
            raise OperatorError("no_open_link", payment_id=payment_id)
        made, shown = segno.make(attempt.session.url, error="m"), io.StringIO()
        made.terminal(out=shown, compact=True)
        return {
            "url": attempt.session.url,
            "svg": made.svg_inline(scale=6, border=4),
            "png": made.png_data_uri(scale=6, border=4),
            "terminal": shown.getvalue(),
        }
