"""Agreements, kept cards, account and payment methods of the client on the screen."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Iterable
from typing import Any

from tillbridge.apps.agent.routes import BY_NAME
from tillbridge.apps.cli.agent_for import CONSOLE, agent_for, say, say_trouble
from tillbridge.apps.cli.asked import body_of
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.strings import sentence
from tillbridge.wiring import home_folder, load_site


def run(name: str, options: argparse.Namespace) -> int:
    site, route = load_site(options.home or home_folder()), BY_NAME[name]
    body = body_of(route, options)
    if name == "record_consent":
        body.setdefault("consent_id", str(uuid.uuid4()))
    with agent_for(site, say_pause=False) as agent, CONSOLE.status(sentence("working", section="cli")):
        told = agent.post(route.path, body)
    if "trouble" in told:
        return say_trouble(told["trouble"])
    _say(name, told)
    return 0


def _say(name: str, told: dict[str, Any]) -> None:
    match name:
        case "record_consent":
            _consent("consent_recorded", told["consent"])
        case "revoke_consent":
            say("consent_revoked", consent_id=told["revoked"])
        case "forget_card":
            say("card_forgotten", card_id=told["forgotten"])
        case "stored_cards":
            _cards(told)
        case "account":
            _account(told)
        case _:
            for method in told["methods"]:
                say("method_row", method=method)


def _cards(told: dict[str, Any]) -> None:
    if not told["cards"]:
        say("no_cards", client=told["client"])
    for card in told["cards"]:
        facts = {key: card[key] for key in ("brand", "last4", "expiry", "card_id")}
        say("card_row", **facts)
        if card["trouble"]:
            print_hanging(CONSOLE, "  ", f"{card['trouble']['text']}  {card['trouble']['number']}")
    for consent in told["consents"]:
        _consent("consent_row" if consent["holds"] else "consent_ended_row", consent)


def _consent(code: str, consent: dict[str, Any]) -> None:
    say(code, **_picked(consent, ("given_by", "kind", "version", "how", "consent_id")))


def _account(told: dict[str, Any]) -> None:
    credit = told["credit"]["text"] if told["credit"] else "?"
    say("account_is", client=told["client"], account_id=told["account_id"],
         balance=told["balance"]["text"], credit=credit)  # fmt: skip
    for each in told["invoices"]:
        say("account_invoice", number=each["invoice_number"], balance=each["balance"]["text"])
    for offer in told["credit_offers"]:
        plain = offer["amount"]["text"].lstrip("$")
        say("account_offer", text=offer["text"], payment_id=offer["payment_id"], amount=plain)


def _picked(row: dict[str, Any], names: Iterable[str]) -> dict[str, str]:
    return {name: str(row[name]) for name in names}
