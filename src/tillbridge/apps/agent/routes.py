"""What can be asked of a desk: one row for each address, with its name, its fields and who must be named.

The door, the command line's options and help, and docs/API.md are made from these rows, so that a name is the same
everywhere. Pure data: it decides nothing. What a row and a field mean to a person stands in strings (`cli`, `field`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "amount", "flag", "number", "id", "shares"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a request may say. `amount`: a text like 212.40, never a number. `id`: a payment's own number.
    `shares`: a list of objects with `invoice_number` and perhaps `amount`; 10482=21.00 on the command line.

    `option`: its name on the command line, where that is another one ("" = the name with dashes); `command`: False
    where the command line has no use for it. `needed`: refused without it; a command may fill it in.
    """

    name: str
    kind: Kind = "text"
    needed: bool = False
    option: str = ""
    command: bool = True

    @property
    def flag(self) -> str:
        """`--terminal`"""
        return f"--{self.option or self.name.replace('_', '-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`name`: of the request, its sentence and (with dashes) its command. `fields`: of the body, or behind the `?`
    of a GET. `command`: False where the command line has it inside another command."""

    name: str
    method: Literal["GET", "POST"] = "POST"
    path: str
    fields: tuple[Field, ...] = ()
    command: bool = True

    @property
    def of_payment(self) -> bool:
        return "{payment_id}" in self.path

    @property
    def word(self) -> str:
        """As it is typed on the command line."""
        return self.name.replace("_", "-")


PERSON = Field(name="person")
DECIDES = Field(name="person", needed=True)
"""A decision is a named person's."""
MARKER = Field(name="marker", needed=True)
ANYWAY = Field(name="anyway", kind="flag")
TERMINAL = Field(name="terminal_id", option="terminal")
SHOWN = (
    Field(name="client"),
    Field(name="account_id", option="account"),
    Field(name="invoice_number", option="invoice"),
)
"""What the face showed, or for a typed amount, what was typed."""


REACH = (Field(name="send_by", option="by"), Field(name="send_to", option="to"))
"""How and where a client is told of a link."""


def verb(name: str, *fields: Field) -> Route:
    """Something that is done with one payment."""
    return Route(name=name, path=f"/v1/payments/{{payment_id}}/{name}", fields=fields)


GIVING: tuple[Route, ...] = (
    verb("offer", Field(name="amount", kind="amount")),
    verb(
        "give_back",
        Field(name="give_back_id", kind="id", needed=True, option="id"),
        Field(name="amount", kind="amount"),
        Field(name="reason"),
        Field(name="error"),
        Field(name="in_software", kind="flag"),
        DECIDES,
    ),
    verb(
        "record_given_back",
        Field(name="record_id", kind="id", needed=True, option="id"),
        Field(name="amount", kind="amount"),
        Field(name="how"),
        Field(name="in_software", kind="flag"),
        DECIDES,
    ),
)

LINKS: tuple[Route, ...] = (
    Route(name="links", method="GET", path="/v1/links", fields=(Field(name="client"),)),
    verb("send_link", *REACH, PERSON),
    Route(name="qr", method="GET", path="/v1/payments/{payment_id}/qr"),
)

CARDS: tuple[Route, ...] = (
    Route(
        name="record_consent",
        path="/v1/consents",
        fields=(
            Field(name="consent_id", needed=True, option="consent"),
            Field(name="kind", needed=True),
            Field(name="text", needed=True),
            Field(name="version", needed=True),
            Field(name="how", needed=True),
            Field(name="given_by", needed=True),
            Field(name="given_wall_ms", kind="number", command=False),
            *SHOWN,
            DECIDES,
        ),
    ),
    Route(
        name="revoke_consent",
        path="/v1/consents/end",
        fields=(Field(name="consent_id", needed=True, option="consent"), DECIDES),
    ),
    Route(name="stored_cards", path="/v1/cards", fields=SHOWN),
    Route(
        name="forget_card",
        path="/v1/cards/forget",
        fields=(Field(name="card_id", needed=True, option="card"), DECIDES),
    ),
)

VERBS: tuple[Route, ...] = (
    verb("cancel", PERSON),
    verb("stop", DECIDES),
    verb("allow_another", DECIDES),
    verb("again", TERMINAL, ANYWAY, PERSON),
    verb("keep", PERSON),
    verb("resume", PERSON),
    verb("posted", MARKER, DECIDES),
    verb("not_posted", MARKER, DECIDES),
    verb("drop", MARKER, DECIDES),
    verb("keep_rest", MARKER, DECIDES),
    verb("give_rest_back", MARKER, DECIDES),
    verb("attach", *SHOWN, DECIDES),
    verb("move", MARKER, *SHOWN, DECIDES),
    verb("keep_as_prepayment", DECIDES),
    verb("slip_checked", DECIDES),
    verb("end_task", Field(name="task", needed=True), DECIDES),
)

PAYING: tuple[Route, ...] = (
    Route(
        name="pay",
        path="/v1/payments",
        fields=(
            Field(name="payment_id", kind="id", needed=True, option="id"),
            Field(name="operation"),
            Field(name="entry"),
            Field(name="amount", kind="amount"),
            Field(name="invoices", kind="shares"),
            Field(name="expected_minor", kind="number", command=False),
            Field(name="typed", kind="flag"),
            *SHOWN,
            TERMINAL,
            Field(name="page", kind="flag"),
            Field(name="valid_days", kind="number"),
            *REACH,
            Field(name="instead_of"),
            Field(name="card_id", option="card"),
            Field(name="by_clinic", kind="flag"),
            Field(name="consent_id", option="consent"),
            Field(name="replaces"),
            Field(name="slip_last4"),
            Field(name="slip_code"),
            Field(name="slip_brand"),
            Field(name="in_software", kind="flag"),
            ANYWAY,
            PERSON,
        ),
    ),
)

LOOKING: tuple[Route, ...] = (
    Route(name="health", method="GET", path="/v1/health", command=False),
    Route(name="invoice", path="/v1/invoice"),
    Route(name="software", path="/v1/software"),
    Route(name="account", path="/v1/account", fields=SHOWN),
    Route(name="payment_methods", path="/v1/payment_methods"),
    Route(name="terminals", method="GET", path="/v1/terminals"),
    Route(name="payments", method="GET", path="/v1/payments"),
    Route(
        name="show",
        method="GET",
        path="/v1/payments/{payment_id}",
        fields=(
            Field(name="after", kind="number", command=False),
            Field(name="wait_ms", kind="number", command=False),
        ),
    ),
    Route(name="support", path="/v1/payments/{payment_id}/support"),
    verb("receipt", Field(name="how"), Field(name="to"), Field(name="key", command=False), PERSON),
)

CARING: tuple[Route, ...] = (
    Route(
        name="rehearse",
        path="/v1/rehearse",
        fields=(Field(name="only_last", kind="flag", option="last"), PERSON),
    ),
    Route(name="pause", path="/v1/pause", fields=(Field(name="minutes", kind="number"),)),
    Route(name="end_pause", path="/v1/pause/end", command=False),
    Route(
        name="agreement",
        path="/v1/agreement",
        fields=(Field(name="kind", needed=True), Field(name="client"), Field(name="amount", kind="amount")),
    ),
    Route(name="recheck", path="/v1/recheck"),
    Route(name="settle", path="/v1/settle"),
    Route(name="strangers", method="GET", path="/v1/strangers"),
    Route(
        name="end_stranger", path="/v1/strangers/end", fields=(Field(name="stranger", needed=True), DECIDES)
    ),
    Route(
        name="ready_to_close",
        path="/v1/ready_to_close",
        fields=(Field(name="days_ago", kind="number"), Field(name="hold", kind="flag")),
    ),
    Route(name="check", path="/v1/journal/check", command=False),
    Route(name="missing", path="/v1/journal/missing", command=False),
    Route(name="accept", path="/v1/journal/accept", fields=(DECIDES,), command=False),
    Route(name="stop_agent", path="/v1/stop", command=False),
)

ROUTES: tuple[Route, ...] = (*PAYING, *GIVING, *LINKS, *CARDS, *LOOKING, *VERBS, *CARING)
DECISIONS: tuple[Route, ...] = (*VERBS, GIVING[1], LINKS[1])
"""What can be said of a payment that has begun: `resume ID --do NAME` as well as `NAME ID`."""
BY_NAME = {route.name: route for route in ROUTES}
