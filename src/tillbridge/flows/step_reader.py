"""Steps of a flow from their tables: `{ set = "amount", value = "$amount" }` becomes a `SetStep`.

The first word of a step says its kind; a step has exactly one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from tillbridge.flows.steps import (
    AnyStep,
    ChooseStep,
    Expect,
    ExpectRow,
    Given,
    MenuStep,
    ParkStep,
    PressStep,
    Read,
    ReadChoices,
    ReadEach,
    ReadRow,
    ReadRows,
    SelectStep,
    SetStep,
    Term,
    TickOnly,
    TickStep,
    WaitStep,
    WaitWord,
    When,
)
from tillbridge.flows.tables import Table

WAIT_WORDS: tuple[WaitWord, ...] = get_args(WaitWord)


def read_steps(flow: Table, part: str, *, required: bool = False) -> tuple[AnyStep, ...]:
    """All steps of one part of a flow; broken ones are reported and left out."""
    steps = (read_step(table) for table in flow.tables(part, required=required))
    return tuple(step for step in steps if step is not None)


def read_step(table: Table) -> AnyStep | None:
    """One step, or None after a finding."""
    kinds = [word for word in _READERS if word in table]
    if len(kinds) == 1:
        step = _READERS[kinds[0]](table)
        table.done()
        return step
    known = ", ".join(_READERS)
    if kinds:
        table.fault("unknown_step", f"one step, two kinds: {' and '.join(kinds)}")
    else:
        table.fault("unknown_step", f"no kind of step here; a step starts with one of {known}")
    return None


def read_term(table: Table, key: str, value: object) -> Term:
    """A literal or a given: "$amount", "-$amount", "Invoice $invoice_number". Any other use of $ is refused."""
    if isinstance(value, bool | int):
        return value
    if not isinstance(value, str):
        table.fault("wrong_type", f'"{key}" must be a text, a whole number, true or false', key)
        return ""
    if "$" not in value:
        return value
    before, _, name = value.partition("$")
    if not name.removeprefix("seen.").isidentifier():
        table.fault("not_a_term", f'"{value}": only "$name", "-$name" and "text $name" are filled in', key)
        return ""
    return Given(name, negative=True) if before == "-" else Given(name, before=before)


def _terms(table: Table, key: str, *, required: bool = False) -> Mapping[str, Term]:
    inner = table.table(key, required=required)
    return {name: read_term(inner, name, value) for name, value in inner.raw.items()}


def _term(table: Table, key: str) -> Term:
    table.asked.add(key)
    if key not in table:
        table.fault("missing_key", f'"{key}" is missing here')
        return ""
    return read_term(table, key, table.raw[key])


def _when(table: Table) -> When | None:
    word = table.text("when", "")
    if not word:
        return None
    if word in ("enabled", "shown"):
        return When("state", word)
    if word.startswith("window."):
        return When("window", word.removeprefix("window."))
    if word.startswith("$") and word[1:].isidentifier():
        return When("fact", word[1:])
    table.fault("unknown_word", f'when = "{word}": it can be enabled, shown, window.NAME or $fact', "when")
    return None


def _line(table: Table) -> int:
    return table.place().line


def _read(table: Table) -> Read:
    return Read(names=table.texts("read", required=True), line=_line(table), when=_when(table))


def _read_row(table: Table) -> ReadRow:
    return ReadRow(
        list=table.text("read_row"),
        where=_terms(table, "where"),
        which=table.word("which", ("selected", "only"), "selected") if "which" in table else "",
        line=_line(table),
        when=_when(table),
    )


def _read_rows(table: Table) -> ReadRows:
    return ReadRows(
        list=table.text("read_rows"),
        where=_terms(table, "where"),
        line=_line(table),
        when=_when(table),
    )


def _read_each(table: Table) -> ReadEach:
    return ReadEach(
        list=table.text("read_each"),
        shows=table.text("shows"),
        where=_terms(table, "where"),
        line=_line(table),
        when=_when(table),
    )


def _read_choices(table: Table) -> ReadChoices:
    return ReadChoices(control=table.text("read_choices"), line=_line(table), when=_when(table))


def _press(table: Table) -> PressStep:
    return PressStep(
        control=table.text("press"), opens=table.text("opens", ""), line=_line(table), when=_when(table)
    )


def _menu(table: Table) -> MenuStep:
    return MenuStep(
        path=table.texts("menu", required=True),
        window=table.text("in"),
        opens=table.text("opens", ""),
        apart_ms=table.number("apart_ms", 0),
        until_gone=table.text("until_gone", ""),
        quiet=table.truth("quiet"),
        line=_line(table),
        when=_when(table),
    )


def _set(table: Table) -> SetStep:
    secret = table.text("secret", "")
    if bool(secret) == ("value" in table):
        table.fault("step_keys", "a set step has either value or secret")
    value = _term(table, "value") if "value" in table else ""
    return SetStep(
        control=table.text("set"), value=value, secret=secret, line=_line(table), when=_when(table)
    )


def _choose(table: Table) -> ChooseStep:
    return ChooseStep(
        control=table.text("choose"), value=_term(table, "value"), line=_line(table), when=_when(table)
    )


def _tick(table: Table) -> TickStep:
    on = "tick" in table
    return TickStep(
        name=table.text("tick" if on else "untick"),
        on=on,
        where=_terms(table, "where"),
        line=_line(table),
        when=_when(table),
    )


def _tick_only(table: Table) -> TickOnly:
    return TickOnly(
        list=table.text("tick_only"),
        where=_terms(table, "where", required=True),
        line=_line(table),
        when=_when(table),
    )


def _select(table: Table) -> SelectStep:
    return SelectStep(
        list=table.text("select_row"),
        where=_terms(table, "where", required=True),
        line=_line(table),
        when=_when(table),
    )


def _park(table: Table) -> ParkStep:
    return ParkStep(control=table.text("park"), line=_line(table), when=_when(table))


def _expect(table: Table) -> Expect:
    return Expect(what=table.text("expect"), value=_term(table, "is"), line=_line(table), when=_when(table))


def _expect_row(table: Table) -> ExpectRow:
    return ExpectRow(
        list=table.text("expect_row"),
        where=_terms(table, "where", required=True),
        has=_terms(table, "has"),
        others=_terms(table, "others"),
        line=_line(table),
        when=_when(table),
    )


def _wait(table: Table) -> WaitStep:
    return WaitStep(
        word=table.word("wait", WAIT_WORDS),
        of=table.text("of"),
        line=_line(table),
        when=_when(table),
    )


_READERS: Mapping[str, Callable[[Table], AnyStep]] = {
    "read": _read,
    "read_row": _read_row,
    "read_rows": _read_rows,
    "read_each": _read_each,
    "read_choices": _read_choices,
    "press": _press,
    "menu": _menu,
    "set": _set,
    "choose": _choose,
    "tick": _tick,
    "untick": _tick,
    "tick_only": _tick_only,
    "select_row": _select,
    "park": _park,
    "expect": _expect,
    "expect_row": _expect_row,
    "wait": _wait,
}
