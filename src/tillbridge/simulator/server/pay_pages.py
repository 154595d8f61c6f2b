"""The page where a client pays: a link on a telephone, or the clinic's entry page. Whatever became of it, it says so.

Open, paid, on its way, declined, expired and closed are different sentences. Numbers that are typed go to the network
in the same request and nowhere else.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from importlib import resources
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tillbridge.simulator.core.books import Record, State
from tillbridge.simulator.core.scribe import Refusal
from tillbridge.simulator.server.doors import body_of
from tillbridge.simulator.server.house import House

_SIGNS = {"USD": "$", "EUR": "\u20ac", "GBP": "\u00a3"}
_PROBLEMS = {"not_a_test_card": "This page takes test numbers only."}


def page(file: str, **values: str) -> HTMLResponse:
    """A page of this package with its `{{names}}` filled in, escaped. A name inside a value stays a text."""
    text = (resources.files("tillbridge.simulator.pages") / file).read_text(encoding="utf-8")
    filled = re.sub(r"\{\{(\w+)\}\}", lambda found: html.escape(values[found[1]], quote=True), text)
    return HTMLResponse(filled)


async def pay(house: House, request: Request) -> Response:
    session_id = request.path_params["session"]
    if request.method != "POST":
        return _shown(house, session_id, "")
    form = parse_qs((await body_of(request)).decode("latin-1"))
    number = "".join(sign for sign in form.get("number", [""])[0] if sign.isdecimal())
    try:
        house.change(lambda now_ms: house.network.pages.submit(session_id, number, now_ms))
    except Refusal as refusal:
        said = f"Declined: {refusal.facts['text']}. Another card?" if refusal.code == "card_declined" else ""
        return _shown(house, session_id, said or _PROBLEMS.get(refusal.code, ""))
    return RedirectResponse(f"/pay/{session_id}?done", 303)


def _shown(house: House, session_id: str, problem: str) -> Response:
    house.change(lambda now_ms: None)
    clinic = house.network.settings.clinic
    try:
        record = house.network.pages.record_of(session_id)
    except Refusal:
        return page("pay_over.html", clinic=clinic, tone="grey", title="This link is not known", text="Ask the "
                    "clinic for a new one.", amount="", payer="", paid="")  # fmt: skip
    if record.state is not State.RUNNING:
        return _over(record, clinic)
    bank = record.fingerprint.startswith("bank")
    amount = money_text(record.asked, record.currency) if record.asked else ""
    return page(
        "pay.html", clinic=clinic, amount=amount, problem=problem,
        what="Bank account number" if bank else "Card number", verb="Keep this card" if not record.asked else "Pay",
        hint="000123456789" if bank else "4242 4242 4242 4242", payer=record.payer, invoice=record.invoice,
        read_at=_moment(record.read_at_ms), read_iso=_iso(record.read_at_ms), until=_moment(record.expires_ms),
        until_iso=_iso(record.expires_ms), mandate=_mandate(record, clinic) if bank else "",
    )  # fmt: skip


def _over(record: Record, clinic: str) -> Response:
    tone, title, text = _said(record, clinic)
    paid = f"{record.brand} ending in {record.last4}" if record.took_money and record.last4 else ""
    amount = money_text(record.amount, record.currency) if record.took_money and record.amount else ""
    return page(
        "pay_over.html", clinic=clinic, tone=tone, title=title, text=text, amount=amount, payer=record.payer, paid=paid
    )  # fmt: skip


def _said(record: Record, clinic: str) -> tuple[str, str, str]:
    """(tone, headline, sentence) of a page that is over."""
    if record.voided or (record.took_money and record.given_back >= record.amount > 0):
        return "grey", "Given back", f"{clinic} has given this payment back. Nothing is to be paid here."
    match record.state:
        case State.APPROVED if record.amount == 0:
            return "green", "Card kept", f"{clinic} may charge it as you agreed. You can close this page."
        case State.APPROVED:
            return "green", "Paid. Thank you", "Nothing more is to be paid here. You can close this page."
        case State.PENDING:
            return (
                "amber",
                "On its way",
                "Your bank has been asked. It can take some days. Please do not pay again.",
            )
        case State.DECLINED:
            return "red", "Declined", f"Nothing was taken. Please ask {clinic} how to pay."
        case State.CANCELLED if record.by == "timeout":
            return "grey", "This link has expired", f"Nothing was taken. {clinic} can send you a new one."
    return "grey", "Closed by the clinic", "Nothing is to be paid here, and nothing was taken."


def _mandate(record: Record, clinic: str) -> str:
    return f"By pressing Pay you allow {clinic} to debit this account once, for the amount above." + (
        f" Agreement {record.mandate}." if record.mandate else ""
    )


def money_text(minor: int, currency: str) -> str:
    """For the currencies of two decimals that this network speaks."""
    sign = _SIGNS.get(currency, f"{currency}\u00a0")
    return f"{sign}{minor // 100:,}.{minor % 100:02d}"


def _moment(ms: int) -> str:
    """In plain words, UTC; the page puts it into the reader's own time."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%b %d, %Y, %H:%M} UTC" if ms else ""


def _iso(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}" if ms else ""
