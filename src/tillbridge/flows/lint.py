"""Judges a pack as a whole: names that dangle, parts that are missing, promises that cannot be kept.

`lint(path)` is what `tillbridge pack lint` shows. Reading faults (types, unknown words) come from the loader;
the rules of the language are here and in lint_flows.py, each with its own code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

from tillbridge.flows.lint_flows import judge_flow
from tillbridge.flows.loader import Loaded, load
from tillbridge.flows.pack import ControlSpec, DialogSpec, FieldSpec, ListSpec, Pack
from tillbridge.flows.steps import GIVE_BACK, ROW_UNKNOWN, Given
from tillbridge.flows.tables import Finding, Place, Report

_ONE_WORLD = frozenset({"number"})
"""Evidence that only one family of programs ever shows."""


def lint(path: Path) -> list[Finding]:
    """Every finding of a pack folder or file, by file and line. Empty: the pack is sound."""
    return judged(load(path))


def judged(loaded: Loaded) -> list[Finding]:
    """The findings of a pack that was read, with those of the rules added."""
    if loaded.pack is not None:
        judge = _Judge(loaded.pack, loaded.places, loaded.report)
        judge.all()
    return sorted(loaded.report.findings)


class _Judge:
    def __init__(self, pack: Pack, places: Mapping[str, Place], report: Report) -> None:
        self.pack = pack
        self.places = places
        self.report = report

    def at(self, name: str) -> Place:
        return self.places.get(name, self.places["pack"])

    def fault(self, name: str, code: str, text: str) -> None:
        self.report.add(self.at(name), code, text)

    def warn(self, name: str, code: str, text: str) -> None:
        self.report.add(self.at(name), code, text, "warning")

    def all(self) -> None:
        self.names_once()
        for window in self.pack.windows.values():
            self.window(window.name)
        for kind, specs in self._placed():
            for spec in specs:
                self.placed(kind, spec)
        for spec in self.pack.lists.values():
            self.columns(spec)
        for dialog in self.pack.dialogs:
            self.dialog(dialog)
        self.dialogs_apart()
        self.fingerprints()
        self.settings()
        for flow in self.pack.flows.values():
            if not flow.same_as:
                judge_flow(self.pack, flow, self.at(f"flow.{flow.name}"), self.report)
        self.signs()
        self.insteads()

    def _placed(self) -> Iterable[tuple[str, Iterable[ControlSpec | FieldSpec | ListSpec]]]:
        yield "control", self.pack.controls.values()
        yield "field", self.pack.fields.values()
        yield "list", self.pack.lists.values()

    def names_once(self) -> None:
        """A bare name in a step must mean one thing."""
        kinds = (self.pack.controls, self.pack.fields, self.pack.lists)
        for name, count in Counter(name for kind in kinds for name in kind).items():
            if count > 1:
                kind = next(word for word in ("list", "field", "control") if f"{word}.{name}" in self.places)
                self.fault(f"{kind}.{name}", "name_twice", f'"{name}" names two things of this pack')

    def window(self, name: str) -> None:
        spec, here = self.pack.windows[name], f"window.{name}"
        if spec.owner and spec.owner not in self.pack.windows:
            self.fault(here, "dangling_name", f'its owner "{spec.owner}" is no window of this pack')
        if spec.opened_by and spec.opened_by not in self.pack.controls:
            self.fault(here, "dangling_name", f'opened_by names no control: "{spec.opened_by}"')
        if spec.opened_by and not spec.owner:
            self.fault(here, "missing_key", "a window that is opened has an owner")
        if spec.modal and spec.reused:
            self.fault(here, "contradiction", "a modal window is never reused for the next client")

    def placed(self, kind: str, spec: ControlSpec | FieldSpec | ListSpec) -> None:
        here = f"{kind}.{spec.name}"
        if spec.window not in self.pack.windows:
            self.fault(here, "dangling_name", f'"{spec.window}" is no window of this pack')
        if spec.within:
            self.container(here, spec)
        if {piece.kind for piece in spec.find} <= _ONE_WORLD and spec.find:
            self.warn(here, "one_world", "its evidence is seen by one family of programs only; name another")

    def container(self, here: str, spec: ControlSpec | FieldSpec | ListSpec) -> None:
        seen = [spec.name]
        within = spec.within
        while within:
            holder = self.pack.controls.get(within)
            if holder is None:
                return self.fault(here, "dangling_name", f'"{within}" is no control that could hold it')
            if within in seen:
                return self.fault(here, "contradiction", "its containers hold each other")
            if holder.window != spec.window:
                return self.fault(here, "contradiction", f'"{within}" is in another window')
            seen.append(within)
            within = holder.within
        return None

    def columns(self, spec: ListSpec) -> None:
        here = f"list.{spec.name}"
        for what, names in (("key", [spec.key]), ("formats", spec.formats), ("cut", spec.cut)):
            for name in names:
                if name and name not in spec.columns:
                    self.fault(here, "dangling_name", f'{what} names no column: "{name}"')

    def dialog(self, dialog: DialogSpec) -> None:
        here = f"dialog.{dialog.id}"
        if dialog.press and dialog.press not in dialog.buttons:
            self.fault(here, "dangling_name", f'it has no button "{dialog.press}"')
        if dialog.keeps_rest and (dialog.keeps_rest not in dialog.buttons or dialog.do != "answer"):
            self.fault(here, "dangling_name", f'it cannot be answered with "{dialog.keeps_rest}"')
        if (dialog.do == "stop") == bool(dialog.press):
            self.fault(here, "contradiction", "stop presses no button, all others press one")
        if (dialog.do == "retry") != bool(dialog.wait_s):
            self.fault(here, "contradiction", "retry needs wait_s, and only retry has it")
        if dialog.means in ("not_posted", "doubt") and not dialog.reason:
            self.fault(here, "missing_key", f'"{dialog.means}" needs a reason, so that people can be told')
        if dialog.do == "refuse" and (dialog.means != "not_posted" or "before_commit" not in dialog.during):
            self.fault(here, "contradiction", "refuse comes before the commit and means not_posted")
        if dialog.recheck and dialog.do != "answer":
            self.fault(here, "contradiction", "recheck follows an answer")
        if not dialog.during:
            self.fault(here, "missing_key", "during is empty: the dialog would never be expected")

    def dialogs_apart(self) -> None:
        for one, other in combinations(self.pack.dialogs, 2):
            same_text = {text.source for text in one.texts} & {text.source for text in other.texts}
            if same_text and one.buttons == other.buttons and one.during & other.during:
                self.fault(
                    f"dialog.{other.id}",
                    "dialog_twice",
                    f'nobody can tell it from "{one.id}": same text, same buttons, same time',
                )

    def fingerprints(self) -> None:
        if not self.pack.fingerprints:
            self.fault("pack", "missing_key", "no [[fingerprint]]: this version would never be recognised")
        for number, print_ in enumerate(self.pack.fingerprints):
            here = f"fingerprint.{number}"
            if print_.window not in self.pack.windows:
                self.fault(here, "dangling_name", f'"{print_.window}" is no window of this pack')
            for name in (*print_.has, *print_.has_not, *print_.reads):
                spec = self.pack.place(name)
                if spec is None or spec.window != print_.window:
                    self.fault(here, "dangling_name", f'"{name}" is nothing in the window "{print_.window}"')
            for name in print_.reads:
                if name not in self.pack.fields:
                    self.fault(here, "dangling_name", f'reads names no field: "{name}"')
            if len(print_.has) < 2:
                self.warn(here, "fingerprint_thin", "fewer than two things that it has: others may match too")

    def signs(self) -> None:
        """In one list, money that came and money that went back stand with opposite signs."""
        first: dict[str, tuple[str, bool]] = {}
        for flow in self.pack.flows.values():
            term = flow.verify.one_row.get("amount") if flow.verify else None
            if flow.verify is None or not isinstance(term, Given):
                continue
            came = term.negative != (flow.name in GIVE_BACK)
            other, before = first.setdefault(flow.verify.by, (flow.name, came))
            if came is not before:
                text = f'in one_row "$amount" has the wrong sign beside that of {other}'
                self.fault(f"flow.{flow.name}", "contradiction", text)

    def insteads(self) -> None:
        """Another way is tried for a reason that proves that nothing was done, and leads to the same kind of row."""
        refusals = {dialog.reason for dialog in self.pack.dialogs if dialog.do == "refuse"} | {ROW_UNKNOWN}
        for flow in self.pack.flows.values():
            if flow.instead is None or flow.same_as:
                continue
            here = f"flow.{flow.name}"
            other = self.pack.flows.get(flow.instead.flow)
            if other is None or not other.writes:
                self.fault(here, "dangling_name", f'instead names no writing flow: "{flow.instead.flow}"')
            elif other.instead or (other.name in GIVE_BACK) != (flow.name in GIVE_BACK):
                self.fault(here, "contradiction", f'"{other.name}" cannot stand for "{flow.name}"')
            for reason in flow.instead.when:
                if reason not in refusals:
                    text = f'no dialog refuses for "{reason}", so nothing would be proved'
                    self.fault(here, "dangling_name", text)

    def settings(self) -> None:
        for setting in self.pack.settings.values():
            here = f"settings.{setting.name}"
            chosen = self.pack.controls.get(setting.choices_from)
            if setting.choices_from and (chosen is None or chosen.role not in ("choice", "tree")):
                self.fault(here, "dangling_name", f'"{setting.choices_from}" is no choice of this pack')
            for name in setting.must_allow:
                if name not in self.pack.controls:
                    self.fault(here, "dangling_name", f'must_allow names no control: "{name}"')
