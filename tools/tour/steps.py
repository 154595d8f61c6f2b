"""The steps of the tour, as data: what is asked of the desk, and what the client, the bank and the clinic do.

A step knows nothing of windows, versions or processes, so that the same steps can be played on another software.
Amounts are small parts of the one invoice that is open, and all different: a row of any books belongs to one step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Deed = Literal[
    "type_on_page", "settle_batch", "agree_to_debit", "agree_to_keeping", "next_client", "first_client"
]
"""What somebody else does: the client types on the gateway's page or agrees, the processor settles, somebody opens
another client on the screen, and the first one again."""
Ask = Literal["pay", "give_back", "record_given_back", "move"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`name`: of the step and its picture. `cell`: operation and entry, as the matrix counts them. `body`: what is
    asked, by the names of docs/API.md. `of`: an earlier step whose payment it is about. `before`, `meanwhile`: what
    others do. `ends`: the state of its newest record in the practice software."""

    name: str
    title: str
    cell: tuple[str, str]
    ask: Ask = "pay"
    body: Mapping[str, object] = field(default_factory=dict)
    of: str = ""
    before: tuple[Deed, ...] = ()
    after: tuple[Deed, ...] = ()
    meanwhile: tuple[Deed, ...] = ()
    charged: Literal["yes", "no"] = "yes"
    ends: str = "posted"
    not_on: Mapping[str, str] = field(default_factory=dict)
    """Versions where it cannot be, and why."""


def sale(name: str, title: str, amount: str, entry: str, *meanwhile: Deed, **body: object) -> Step:
    return Step(
        name=name,
        title=title,
        cell=("sale", entry),
        body={"amount": amount, "entry": entry, **body},
        meanwhile=meanwhile,
    )


def back(
    name: str,
    title: str,
    cell: tuple[str, str],
    of: str,
    *meanwhile: Deed,
    amount: str = "",
    ends: str = "posted",
) -> Step:
    body = {"amount": amount} if amount else {}
    return Step(
        name=name, title=title, cell=cell, ask="give_back", body=body, of=of, meanwhile=meanwhile, ends=ends
    )


STEPS: tuple[Step, ...] = (
    sale("sale-terminal", "A card is tapped at the terminal", "21.01", "terminal"),
    sale("sale-keypad", "A card is typed on the terminal's keypad", "20.02", "keyed_card"),
    sale(
        "sale-page",
        "A card is typed on the card processor's page",
        "19.03",
        "keyed_card",
        "type_on_page",
        page=True,
    ),
    Step(
        name="sale-ach",
        title="A client agrees on paper, and a bank account is typed on the bank's page",
        cell=("sale", "keyed_ach"),
        body={"amount": "17.05", "entry": "keyed_ach", "consent_id": "tour-debit"},
        before=("agree_to_debit",),
        meanwhile=("type_on_page",),
    ),
    Step(
        name="keep-card",
        title="A card is kept at the terminal, as the client agreed",
        cell=("store_card", "terminal"),
        body={"operation": "store_card", "consent_id": "tour-card"},
        before=("agree_to_keeping",),
        ends="not_needed",
    ),
    sale("sale-stored", "The kept card is charged", "15.08", "stored_card", card_id="of keep-card"),
    sale(
        "sale-standalone",
        "Another terminal took it: its slip is written down",
        "14.09",
        "standalone",
        slip_last4="4242",
        slip_code="A1B2C3",
        slip_brand="Visa",
    ),
    sale("sale-link", "A payment link is paid", "18.04", "link", "type_on_page"),
    Step(
        name="sale-several",
        title="One tap pays two invoices",
        cell=("several", "terminal"),
        body={
            "entry": "terminal",
            "invoices": [
                {"invoice_number": "10482", "amount": "7.11"},
                {"invoice_number": "10467", "amount": "6.12"},
            ],
        },
        not_on={"v5": "this version puts money on the oldest balance by itself"},
    ),
    Step(
        name="deposit-terminal",
        title="A deposit is taken on the client's account",
        cell=("deposit", "terminal"),
        body={"amount": "50.06", "operation": "deposit", "entry": "terminal"},
    ),
    Step(
        name="deposit-page",
        title="A deposit is typed on the card processor's page",
        cell=("deposit", "keyed_card"),
        body={"amount": "16.07", "operation": "deposit", "entry": "keyed_card", "page": True},
        meanwhile=("type_on_page",),
    ),
    Step(
        name="move",
        title="The typed page belongs to the next client, who is open on the screen: it is moved",
        cell=("move", "keyed_card"),
        ask="move",
        of="sale-page",
        before=("next_client",),
        after=("first_client",),
    ),
    back("void-terminal", "The tapped card is undone on the same day", ("void", "terminal"), "sale-terminal"),
    back(
        "refund-part",
        "A part of the link goes back: it waits for the batch, then goes by itself",
        ("split_refund", "link"),
        "sale-link",
        "settle_batch",
        amount="5.00",
    ),
    back("refund-rest", "The rest of the link goes back, too", ("split_refund", "link"), "sale-link"),
    back(
        "refund-keypad",
        "The typed card is given back after the batch",
        ("refund", "keyed_card"),
        "sale-keypad",
    ),
    back("refund-stored", "The kept card is given back", ("refund", "stored_card"), "sale-stored"),
    back("refund-ach", "The bank debit is given back after the batch", ("refund", "keyed_ach"), "sale-ach"),
)
