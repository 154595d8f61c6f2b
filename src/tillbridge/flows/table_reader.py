"""Each kind of table of a pack from TOML to its value: windows, controls, lists, dialogs, flows."""

from __future__ import annotations

from typing import cast, get_args

from tillbridge.domain.money import EXPONENTS
from tillbridge.flows.formats import FORMAT_WORDS, DateFormat, FormatWord, MoneyFormat
from tillbridge.flows.pack import (
    ROLES,
    ControlSpec,
    DialogDo,
    DialogMeans,
    DialogSpec,
    During,
    FieldSpec,
    Fingerprint,
    ListSpec,
    Setting,
    WindowSpec,
)
from tillbridge.flows.step_reader import read_step, read_steps, read_term
from tillbridge.flows.steps import (
    ABSENT_WORDS,
    AppliesTo,
    Flow,
    Instead,
    MenuStep,
    PressStep,
    Verify,
)
from tillbridge.flows.tables import Table
from tillbridge.flows.templates import Template, parse_template
from tillbridge.screen.backend import Evidence, EvidenceKind, Role, Way

_KINDS: tuple[EvidenceKind, ...] = get_args(EvidenceKind)
_WAYS: tuple[Way, ...] = get_args(Way)
_APPLIES: tuple[AppliesTo, ...] = get_args(AppliesTo)
_DURING: tuple[During, ...] = get_args(During)
_DO: tuple[DialogDo, ...] = get_args(DialogDo)
_MEANS: tuple[DialogMeans, ...] = get_args(DialogMeans)


def setting(name: str, table: Table) -> Setting:
    table.word("kind", ("text",))
    made = Setting(
        name=name,
        choices_from=table.text("choices_from", ""),
        must_allow=table.texts("must_allow"),
        not_card_module=table.truth("not_card_module"),
    )
    table.done()
    return made


def fingerprint(table: Table) -> Fingerprint:
    made = Fingerprint(
        window=table.text("window"),
        program=table.text("program", ""),
        program_version=table.text("program_version", ""),
        page=table.text("page", ""),
        has=table.texts("has"),
        has_not=table.texts("has_not"),
        reads=table.texts("reads"),
    )
    table.done()
    return made


def window(name: str, table: Table) -> WindowSpec:
    modal = table.truth("modal")
    if "opened_by" in table and not modal and "reused" not in table:
        table.fault("missing_key", "a window that is not modal says whether it is reused for the next client")
    made = WindowSpec(
        name=name,
        titles=_templates(table, "title"),
        instances=table.number("instances", 1),
        owner=table.text("owner", ""),
        opened_by=table.text("opened_by", ""),
        modal=modal,
        reused=table.truth("reused"),
        gone_when_done=table.truth("gone_when_done"),
    )
    table.done()
    return made


def control(name: str, table: Table) -> ControlSpec:
    made = ControlSpec(
        name=name,
        window=table.text("in"),
        role=_role(table, "button"),
        find=_evidence(table),
        within=table.text("within", ""),
        set_by=table.words("set_by", _WAYS, default=("pick", "keys")),
        format=table.word("format", FORMAT_WORDS, "text"),
        validates_on="leave" if table.word("validates_on", ("leave", "change"), "change") == "leave" else "",
        greyed=table.truth("greyed"),
        read_only=table.truth("read_only"),
        optional=table.truth("optional"),
        private=table.truth("private"),
    )
    table.done()
    return made


def a_field(name: str, table: Table) -> FieldSpec:
    made = FieldSpec(
        name=name,
        window=table.text("in"),
        role=_role(table, "text"),
        find=_evidence(table),
        within=table.text("within", ""),
        format=table.word("format", FORMAT_WORDS),
        private=table.truth("private"),
        optional=table.truth("optional"),
    )
    table.done()
    return made


def a_list(name: str, table: Table) -> ListSpec:
    made = ListSpec(
        name=name,
        window=table.text("in"),
        find=_evidence(table),
        key=table.text("key"),
        columns=_texts_of(table, "columns", required=True),
        formats=_formats_of(table),
        cut=_cuts(table),
        within=table.text("within", ""),
        complete=table.truth("complete", True),
    )
    table.done()
    return made


def dialog(name: str, table: Table) -> DialogSpec:
    made = DialogSpec(
        id=table.text("id"),
        texts=_templates(table, "text"),
        buttons=frozenset(table.texts("buttons", required=True)),
        during=frozenset(table.words("during", _DURING)),
        do=table.word("do", _DO),
        means=table.word("means", _MEANS),
        press=table.text("press", ""),
        keeps_rest=table.text("keeps_rest", ""),
        wait_s=table.numbers("wait_s"),
        reason=table.text("reason", ""),
        recheck=table.word("then", ("recheck", "go_on"), "go_on") == "recheck",
    )
    table.done()
    return made


def flow(name: str, table: Table) -> Flow:
    if "same_as" in table:
        same = Flow(name=name, line=table.place().line, same_as=table.text("same_as"))
        table.done()
        return same
    made = Flow(
        name=name,
        line=table.place().line,
        touches=table.truth("touches", True),
        remember=read_steps(table, "remember"),
        steps=read_steps(table, "steps"),
        returns=_texts_of(table, "returns"),
        restore=read_steps(table, "restore"),
        needs=_needs(table),
        applies_to=table.word("applies_to", _APPLIES, "chosen"),
        identity=read_steps(table, "identity"),
        prepare=read_steps(table, "prepare"),
        burst=read_steps(table, "burst"),
        check=read_steps(table, "check"),
        commit=_commit(table),
        after=read_steps(table, "after"),
        abandon=read_steps(table, "abandon"),
        verify=_verify(table.table("verify")) if "verify" in table else None,
        instead=_instead(table.table("instead")) if "instead" in table else None,
    )
    table.done()
    return made


def _instead(table: Table) -> Instead:
    made = Instead(flow=table.text("flow"), when=table.texts("when", required=True))
    table.done()
    return made


def _commit(table: Table) -> PressStep | MenuStep | None:
    if "commit" not in table:
        return None
    step = read_step(table.table("commit"))
    if isinstance(step, PressStep | MenuStep):
        return step
    table.fault("commit_step", "the commit is one press or one menu item", "commit")
    return None


def _verify(table: Table) -> Verify:
    one_row = table.table("one_row", required=True)
    made = Verify(
        by=table.text("by"),
        one_row={name: read_term(one_row, name, value) for name, value in one_row.raw.items()},
        absent_when=table.words("absent_when", ABSENT_WORDS),
    )
    table.done()
    return made


def _needs(table: Table) -> tuple[str, ...]:
    needs = table.texts("needs")
    for index, need in enumerate(needs):
        if not need.startswith("$"):
            table.fault("not_a_term", f'"{need}": a need is written "$name"', "needs", index)
    return tuple(need.removeprefix("$") for need in needs)


def _role(table: Table, plain: str) -> Role:
    return cast(Role, table.word("role", ROLES, plain))


def _evidence(table: Table) -> tuple[Evidence, ...]:
    found = [_piece(inner) for inner in table.tables("find", required=True)]
    if not any(found) and "find" in table:
        table.fault("missing_key", "no usable evidence: nobody could find this", "find")
    return tuple(piece for piece in found if piece is not None)


def _piece(inner: Table) -> Evidence | None:
    kinds = [kind for kind in _KINDS if kind in inner]
    if len(inner.raw) != 1 or not kinds:
        inner.fault("unknown_word", f"one piece of evidence here, one of {', '.join(_KINDS)}")
        return None
    kind, value = kinds[0], inner.raw[kinds[0]]
    if kind == "only" and value is True:
        return Evidence(kind, "")
    if kind == "number" and type(value) is int:
        return Evidence(kind, str(value))
    if kind not in ("only", "number") and isinstance(value, str) and value:
        return Evidence(kind, value)
    inner.fault("wrong_type", f'{value!r} is no evidence of the kind "{kind}"', kind)
    return None


def _templates(table: Table, key: str) -> tuple[Template, ...]:
    made = []
    for source in table.texts(key, required=True):
        template = parse_template(source)
        if isinstance(template, str):
            table.fault("bad_template", template, key)
        else:
            made.append(template)
    return tuple(made)


def _texts_of(table: Table, key: str, *, required: bool = False) -> dict[str, str]:
    inner = table.table(key, required=required)
    return {name: inner.text(name, "") for name in inner.raw}


def _formats_of(table: Table) -> dict[str, FormatWord]:
    inner = table.table("formats")
    return {column: inner.word(column, FORMAT_WORDS) for column in inner.raw}


def _cuts(table: Table) -> dict[str, int]:
    inner = table.table("cut")
    return {name: inner.number(name, 0) for name in inner.raw}


def money_format(table: Table) -> MoneyFormat:
    currency = table.text("currency")
    if currency not in EXPONENTS:
        table.fault("bad_format", f'"{currency}" is no currency that is known', "currency")
    made = MoneyFormat(
        currency=currency,
        places=EXPONENTS.get(currency, 2),
        decimal=table.text("decimal", "."),
        grouping=table.text("grouping", ""),
        symbol=table.text("symbol", ""),
        signs=table.texts("signs", default=("-1",)),
        write_as=table.text("write"),
    )
    for fault in made.faults():
        table.fault("bad_format", fault)
    table.done()
    return made


def date_format(table: Table) -> DateFormat:
    made = DateFormat(
        read_as=table.texts("read", required=True),
        write_as=table.text("write"),
        short=table.texts("short"),
    )
    for fault in made.faults():
        table.fault("bad_format", fault)
    table.done()
    return made
