"""What a flow expects to see, and what it means when it sees something else.

A difference in who or what is on the screen is the operator's to mend; a difference in what was typed is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tillbridge.domain.errors import Fact, OperatorError, PackError, TillbridgeError
from tillbridge.flows.formats import Formats, FormatWord
from tillbridge.flows.order_facts import Facts, Value
from tillbridge.flows.pack import SELECTED
from tillbridge.flows.scene import ListSeen, RowSeen, Scene
from tillbridge.flows.steps import Expect, ExpectRow, Given, Term
from tillbridge.screen.backend import Check, Node

_WHO = {
    "account_id": "other_client",
    "client": "other_client",
    "invoice_number": "other_invoice",
    "balance": "balance_changed",
}


def differs(
    name: str, term: Term, seen: Value | str, wanted: Value, form: FormatWord, formats: Formats
) -> TillbridgeError:
    """The error for one expectation that was not met. Money is told in the software's own form, a name never."""
    if isinstance(term, Given) and term.name == "client":
        return OperatorError(_WHO["client"], control=name)
    facts: dict[str, Fact] = {
        "control": name,
        "seen": _told(seen, form, formats),
        "wanted": _told(wanted, form, formats),
    }
    if form == "money" and type(seen) is int:
        facts["seen_minor"] = seen
    if isinstance(term, Given) and term.name in _WHO:
        return OperatorError(_WHO[term.name], **facts)
    return PackError("read_back_differs", **facts)


def _told(value: Value | str, form: FormatWord, formats: Formats) -> str:
    if form == "money" and type(value) is int:
        return formats.money.write(value)
    return str(value)


@dataclass(frozen=True, slots=True)
class Expected:
    """One check of a burst with where it comes from, so that a difference can be told."""

    check: Check
    name: str
    term: Term
    wanted: Value
    form: FormatWord


class Expecting:
    """Turns `expect` and `expect_row` steps into plain checks for a burst."""

    def __init__(self, scene: Scene, facts: Facts) -> None:
        self.scene = scene
        self.facts = facts

    def control(self, step: Expect) -> Expected:
        """A check of one control or field."""
        node = self.scene.node(step.what)
        form = self.form(step.what)
        wanted = self.facts.fill(step.value)
        accepted = self.scene.pack.formats.spellings(wanted, form)
        check = Check(node, "checked" if isinstance(wanted, bool) else "text", accepted, what=step.what)
        return Expected(check, step.what, step.value, wanted, form)

    def form(self, name: str) -> FormatWord:
        spec = self.scene.spec(name)
        return getattr(spec, "format", "text")

    def known(self, terms: Mapping[str, Term]) -> dict[str, Term]:
        """The terms whose value is known: an order without a balance expects none."""
        return {name: term for name, term in terms.items() if self.facts.knows(term)}

    def row(self, step: ExpectRow) -> list[Expected]:
        """Checks of one row and, with `others`, of every other row. Raises OperatorError when there is no such row."""
        listed, row = self.find_row(step.list, step.where, whole=bool(step.others))
        node = self.scene.node(step.list)
        checks = [self._cell(node, listed, row, name, term) for name, term in self.known(step.where).items()]
        checks += [self._cell(node, listed, row, name, term) for name, term in self.known(step.has).items()]
        for other in listed.rows:
            if other.index != row.index:
                checks += [self._cell(node, listed, other, name, term) for name, term in step.others.items()]
        return checks

    def _cell(self, node: Node, listed: ListSeen, row: RowSeen, column: str, term: Term) -> Expected:
        wanted = self.facts.fill(term)
        form = listed.spec.format_of(column)
        name = f"{listed.spec.name}.{column}"
        if isinstance(wanted, bool):
            accepted = self.scene.pack.formats.spellings(wanted, form)
            selected = listed.spec.columns[column] == SELECTED
            facet: Literal["row_selected", "row_ticked"] = "row_selected" if selected else "row_ticked"
            return Expected(Check(node, facet, accepted, row.index, what=name), name, term, wanted, form)
        cut = listed.spec.cut.get(column)
        shown = wanted[:cut] if isinstance(wanted, str) else wanted
        accepted = self.scene.pack.formats.spellings(shown, form)
        check = Check(node, "row_text", accepted, row.index, listed.spec.columns[column], name)
        return Expected(check, name, term, shown, form)

    def find_row(
        self, name: str, where: Mapping[str, Term], *, whole: bool = False
    ) -> tuple[ListSeen, RowSeen]:
        """The one row that fits, and the list as far as it was read (`whole`: all of it).

        Raises OperatorError `invoice_not_listed`, `payment_not_listed`, `already_reversed`, `payment_in_parts`,
        PackError `row_missing`, `row_ambiguous`.
        """
        wanted = {column: self.facts.fill(term) for column, term in self.known(where).items()}
        listed = self.scene.rows(name, None if whole else wanted)
        rows = listed.matching(wanted)
        if len(rows) == 1:
            return listed, rows[0]
        told = ", ".join(f"{name}={value}" for name, value in wanted.items())
        if any(isinstance(term, Given) and term.name == "of_marker" for term in where.values()):
            raise _not_one_to_take_back(rows, told)
        if rows:
            raise PackError("row_ambiguous", list=listed.spec.name, wanted=told, count=len(rows))
        if any(isinstance(term, Given) and term.name == "invoice_number" for term in where.values()):
            raise OperatorError("invoice_not_listed", list=listed.spec.name, wanted=told)
        raise PackError("row_missing", list=listed.spec.name, wanted=told)


def _not_one_to_take_back(rows: Sequence[RowSeen], told: str) -> OperatorError:
    """None or several rows carry the number of the payment to take back. Do they cancel out, somebody has done it."""
    amounts = [row.cells.get("amount") for row in rows]
    cancelled = sum(amount for amount in amounts if type(amount) is int) == 0
    if not rows:
        return OperatorError("payment_not_listed", wanted=told)
    return OperatorError("already_reversed" if cancelled else "payment_in_parts", wanted=told)
