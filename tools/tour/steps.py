"""The steps of the tour, as data: what is asked of the desk, and what the client, the bank and the clinic do.

A step knows nothing of windows, versions or processes, so that the same steps can be played on another software.
Amounts are small parts of the one invoice that is open, and all different: a row of any books belongs to one step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Deed = Literal["type_on_page", "settle_batch", "ask_again"]
"""What somebody else does while the desk waits: the client types on the gateway's page, the processor settles, a person
asks the desk to go on now."""
Ask = Literal["pay", "give_back"]


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
    meanwhile: tuple[Deed, ...] = ()
    charged: Literal["yes", "no"] = "yes"
    ends: str = "posted"


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
    sale("sale-ach", "A bank account is typed on the bank's page", "17.05", "keyed_ach", "type_on_page"),
    sale("sale-link", "A payment link is paid", "18.04", "link", "type_on_page"),
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
    back("refund-ach", "The bank debit is given back after the batch", ("refund", "keyed_ach"), "sale-ach"),
)
