"""From `pack.toml` to a `Pack`: reads the file, puts inherited tables in place, gives each table its type.

A version may inherit from a sibling folder: a table of the same name (dialogs: of the same id) replaces the
whole inherited table, never a part of it, and `without` takes tables away. Fingerprints are never inherited.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from tillbridge.flows import table_reader as reader
from tillbridge.flows.formats import DateFormat, Formats, MoneyFormat
from tillbridge.flows.pack import LANGUAGE, Limits, Pack, SeenHow
from tillbridge.flows.positions import positions
from tillbridge.flows.steps import FLOW_NAMES, Flow
from tillbridge.flows.tables import Place, Report, Source, Table

FILE = "pack.toml"

_NAMED = ("settings", "format", "window", "control", "field", "list", "flow")
_GENERATIONS_MAX = 5


@dataclass(slots=True)
class Loaded:
    """A pack as read. `pack` is None where the file could not be read as a pack at all."""

    pack: Pack | None
    report: Report
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each named table stands: "control.amount", "dialog.credit", "flow.post_payment.check.3"."""


def load(path: Path) -> Loaded:
    """Read the pack in a folder (or a `pack.toml`). Faults are findings, never exceptions."""
    report = Report()
    file = path / FILE if path.is_dir() else path
    tables = _Tables(report)
    head = tables.add(file, generation=0)
    if head is None:
        return Loaded(None, report)
    pack = _build(head, tables)
    prints = {f"fingerprint.{index}": table for index, table in enumerate(tables.fingerprints)}
    places = {name: table.place() for name, table in {**tables.named, **prints, "pack": head}.items()}
    return Loaded(pack, report, places)


class _Tables:
    """The tables of a pack with those that it inherits."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.named: dict[str, Table] = {}
        self.fingerprints: tuple[Table, ...] = ()

    def add(self, file: Path, generation: int) -> Table | None:
        """Put a file's tables over those of its ancestors; give its [pack] table."""
        root = _parse(file, self.report)
        if root is None:
            return None
        head = root.table("pack", required=True)
        inherits = head.text("inherits", "")
        if inherits:
            self._inherit(head, file.parent.parent / inherits / FILE, generation)
        for name in head.texts("without"):
            if self.named.pop(name, None) is None:
                head.fault("dangling_name", f'"{name}" is not inherited, so it cannot be left out', "without")
        self._own(root)
        return head

    def _inherit(self, head: Table, file: Path, generation: int) -> None:
        if generation >= _GENERATIONS_MAX:
            head.fault("inherits", "inherits from itself, or through too many versions", "inherits")
        elif not file.is_file():
            head.fault(
                "inherits", f'there is no version "{head.text("inherits")}" beside this one', "inherits"
            )
        else:
            self.add(file, generation + 1)

    def _own(self, root: Table) -> None:
        for section in _NAMED:
            for name, table in root.items(section):
                self.named[f"{section}.{name}"] = table
        if "limits" in root:
            self.named["limits"] = root.table("limits")
        for table in root.tables("dialog"):
            self.named[f"dialog.{table.text('id')}"] = table
        self.fingerprints = root.tables("fingerprint")
        root.done()

    def section(self, section: str) -> dict[str, Table]:
        return {
            name.partition(".")[2]: table
            for name, table in self.named.items()
            if name.partition(".")[0] == section
        }


def _parse(file: Path, report: Report) -> Table | None:
    try:
        text = file.read_text("utf-8")
        raw = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as cause:
        report.add(Place(str(file), 1), "unreadable_file", str(cause))
        return None
    except tomllib.TOMLDecodeError as cause:
        report.add(Place(str(file), _line_of(cause)), "syntax", str(cause))
        return None
    return Table(raw, (), Source(file, positions(text)), report)


def _line_of(cause: tomllib.TOMLDecodeError) -> int:
    words = str(cause).replace(",", " ").replace(")", " ").split()
    return int(words[words.index("line") + 1]) if "line" in words else 1


def _build(head: Table, tables: _Tables) -> Pack:
    if head.number("language", 0) != LANGUAGE:
        head.fault("language", f"this program reads language {LANGUAGE}", "language")
    section = tables.section
    pack = Pack(
        software=head.text("software"),
        version=head.text("version"),
        title=head.text("title", head.text("software", "")),
        evidence=head.word("evidence", get_args(SeenHow)),
        limits=_limits(tables.named.get("limits")),
        formats=_formats(head, section("format")),
        settings={name: reader.setting(name, table) for name, table in section("settings").items()},
        fingerprints=tuple(reader.fingerprint(table) for table in tables.fingerprints),
        windows={name: reader.window(name, table) for name, table in section("window").items()},
        controls={name: reader.control(name, table) for name, table in section("control").items()},
        fields={name: reader.a_field(name, table) for name, table in section("field").items()},
        lists={name: reader.a_list(name, table) for name, table in section("list").items()},
        dialogs=tuple(reader.dialog(name, table) for name, table in section("dialog").items()),
        flows=_flows(section("flow")),
    )
    _judge_flow_names(head, pack)
    head.done()
    return pack


def _flows(tables: Mapping[str, Table]) -> dict[str, Flow]:
    """All flows; one that is `same_as` another has that one's parts under its own name."""
    flows = {name: reader.flow(name, table) for name, table in tables.items()}
    for name, flow in flows.items():
        other = flows.get(flow.same_as)
        if flow.same_as and (other is None or other.same_as):
            text = f'"{flow.same_as}" is no flow of this pack with parts of its own'
            tables[name].fault("dangling_name", text, "same_as")
        elif other is not None:
            flows[name] = replace(other, name=name, line=flow.line, same_as=flow.same_as)
    return flows


def _judge_flow_names(head: Table, pack: Pack) -> None:
    promised = head.words("flows", FLOW_NAMES)
    for name in promised:
        if name not in pack.flows:
            head.fault("dangling_name", f'the flow "{name}" is promised and not there', "flows")
    for name in pack.flows:
        if name not in promised:
            head.fault("dangling_name", f'the flow "{name}" is there and not promised', "flows")


def _limits(table: Table | None) -> Limits:
    if table is None:
        return Limits()
    plain = Limits()
    limits = Limits(
        flow_s=table.number("flow_s", plain.flow_s),
        hang_s=table.number("hang_s", plain.hang_s),
        settle_s=table.number("settle_s", plain.settle_s),
        marker_length_max=table.number("marker_length_max", plain.marker_length_max),
    )
    table.done()
    return limits


def _formats(head: Table, tables: Mapping[str, Table]) -> Formats:
    for name, table in tables.items():
        if name not in ("money", "date"):
            table.fault("unknown_key", f'there is no format "{name}"; there are money and date')
    if "money" not in tables:
        head.fault("missing_key", "[format.money] is missing")
        return Formats(MoneyFormat("USD"), DateFormat())
    money = reader.money_format(tables["money"])
    return Formats(money, reader.date_format(tables["date"]) if "date" in tables else DateFormat())
