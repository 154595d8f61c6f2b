"""What the pack's `$names` stand for in one run: the order, the site's settings, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tillbridge.domain.errors import SetupError
from tillbridge.flows.formats import FormatWord
from tillbridge.flows.steps import Given, Term, When
from tillbridge.ports.practice import PostingOrder

Value = int | date | str | bool
"""Money as minor units; a day; a text; a truth."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The given values of one run, by name."""

    values: Mapping[str, Value]
    read: dict[str, Value] = field(default_factory=dict)
    """What the flow itself has read so far: `$seen.number`."""

    def remember(self, name: str, value: Value) -> None:
        """Keep what was just read under its bare name."""
        self.read[f"seen.{name.rpartition('.')[2]}"] = value

    def knows(self, term: Term) -> bool:
        """False for a given that this run has no value for (an order without a balance)."""
        return not isinstance(term, Given) or term.name in self.values or term.name in self.read

    def fill(self, term: Term) -> Value:
        """The value of a term. Raises SetupError `fact_missing` when a setting was never said."""
        if not isinstance(term, Given):
            return term
        if not self.knows(term):
            raise SetupError("fact_missing", name=term.name)
        value = self.read[term.name] if term.seen else self.values[term.name]
        if term.before:
            return f"{term.before}{value}"
        return -value if term.negative and type(value) is int else value

    def holds(self, when: When) -> bool:
        """Is a named fact true? Only for `when = "$fact"`."""
        return bool(self.values.get(when.word, False))


def facts_of(order: PostingOrder, settings: Mapping[str, str], today: date) -> Facts:
    """Everything a posting flow may ask for. `today` is the desk's own day."""
    values: dict[str, Value] = {
        **settings,
        "invoice_number": order.invoice_number,
        "account_id": order.account_id,
        "client": order.client,
        "amount": order.amount.minor,
        "marker": order.marker,
        "today": today,
        "payment_method": order.payment_method,
        "employee": order.employee,
        "is_partial": order.balance is not None and order.amount.minor < order.balance.minor,
        "rest": _rest(order),
        "rest_as_credit": order.rest_as_credit,
        "is_full": order.balance is not None and order.amount.minor == order.balance.minor,
    }
    if order.balance is not None:
        values["balance"] = order.balance.minor
    if order.of_marker:
        values["of_marker"] = order.of_marker
    return Facts(values)


def _rest(order: PostingOrder) -> int:
    """Minor units beyond the balance that a person decided to keep as credit; 0 without that word."""
    if not order.rest_as_credit or order.balance is None:
        return 0
    return max(0, order.amount.minor - order.balance.minor)


def same(seen: Value, wanted: Value, form: FormatWord) -> bool:
    """Do a read value and a wanted one say the same? A literal is compared in the form of its field."""
    if isinstance(wanted, bool) or isinstance(seen, bool):
        return seen is wanted
    if form == "money" or isinstance(seen, date):
        return seen == wanted
    return str(seen) == str(wanted)
