"""Which codes can the product raise, return or journal? Read from its source, so that no list is kept by hand.

A code that the source computes cannot be read off; such places are listed in COMPUTED with what they may give, and a
computed place that is not listed is a failure.
"""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "src" / "tillbridge"
OTHERS = ("simulator", "stand_ins", "testing")
"""Programs of their own, and what only tests use."""

RAISED = {
    "OperatorError", "PackError", "SetupError", "JournalError", "ImpossibleEvent", "Trouble", "NotSent", "NotDelivered",
}  # fmt: skip
REASONS = {"NotProven": "", "FoundWrong": "wrong_"}

COMPUTED: dict[str, frozenset[str]] = {
    # handed on as they are: raised elsewhere with a code that was read there
    "apps/agent/reading.py:shown": frozenset(),
    "apps/agent/sharing.py:shares": frozenset(),
    "engine/work.py:_outcome": frozenset(),
    "engine/work.py:_screen": frozenset(),
    "flows/dialogs.py:_end_of_run": frozenset(),
    "flows/dialogs.py:meet": frozenset({"dialog_in_the_way"}),
    "flows/posting_run.py:_wait_and_retry": frozenset({"dialog_in_the_way"}),
    "flows/posting_run.py:_after": frozenset(),
    "flows/practice.py:_trouble": frozenset({"dialog_in_the_way"}),
    "journal/sqlite.py:_refuse_after_failure": frozenset(),
    "messages/__init__.py:why_not": frozenset(),
    "messages/smtp.py:_asked": frozenset({"mail_refused", "mail_recipient"}),
    "wiring/late.py:_connected": frozenset(),
    # chosen among a few
    "engine/sending.py:refuse_lacking": frozenset(
        {
            "terminal_not_offered",
            "keypad_not_offered",
            "page_not_offered",
            "link_not_offered",
            "stored_card_not_offered",
            "ach_not_offered",
        }
    ),
    "engine/decisions.py:_tell": frozenset({"nothing_to_cancel", "nothing_to_stop"}),
    "flows/expecting.py:differs": frozenset({"other_client", "other_invoice", "balance_changed"}),
    "flows/hands.py:do": frozenset(
        {
            "choice_missing",
            "row_missing",
            "row_without_tick",
            "value_not_taken",
            "control_read_only",
            "act_unsupported",
            "act_refused",
        }
    ),
    "flows/posting_run.py:_why": frozenset({"dialog_in_the_way", "window_closed", "not_answering"}),
    "flows/scene.py:unreadable": frozenset({"money_unreadable", "text_unreadable"}),
    "flows/scene.py:not_found": frozenset({"control_missing", "control_ambiguous"}),
    "flows/walk.py:_blocked": frozenset(
        {"window_closed", "software_busy", "control_disabled", "control_hidden"}
    ),
    "flows/filling.py:_not_offered": frozenset({"method_missing", "setting_not_offered"}),
    "flows/walk.py:_waited_for_nothing": frozenset({"reference_hidden"}),
    "gateways/simulator/wire.py:outcome_of": frozenset({"unreachable"}),
    "gateways/simulator/wire.py:_refusal": frozenset(),  # the set _REFUSED_AS_IS, read below
    "journal/connect.py:trouble": frozenset(
        {"opened_twice", "disk_full", "read_only", "disk_failed", "closed", "damaged"}
    ),
    "journal/refusals.py:refuse_taken": frozenset({"reference_used", "marker_used"}),
}
"""`file:function` -> the codes it may give beside those that other places give it."""


@dataclass(slots=True)
class Found:
    """`raised`: code -> the names of its facts at each place (None: facts that cannot be read off).
    `places`: places that compute a code."""

    raised: dict[str, list[frozenset[str] | None]] = field(default_factory=lambda: defaultdict(list))
    reasons: set[str] = field(default_factory=set)
    tasks: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


def scan() -> Found:
    found = Found()
    for file, tree in trees():
        functions = {
            inner: f.name for f in ast.walk(tree) if isinstance(f, _FUNCTION) for inner in ast.walk(f)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                _call(node, f"{file}:{functions.get(node, '')}", found)
            elif isinstance(node, ast.Dict):
                _facts(node, found)
    return found


_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        if not file.startswith(OTHERS):
            yield file, ast.parse(path.read_text("utf-8"))


def _call(call: ast.Call, place: str, found: Found) -> None:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name not in RAISED | set(REASONS) or name == "code":
        return
    code = next((k.value for k in call.keywords if k.arg == "code"), next(iter(call.args), None))
    words = list(_words(code))
    if name in REASONS:
        found.reasons |= {REASONS[name] + word for word in words}
        return
    if not words or not all(isinstance(part, str) for part in words) or _is_partly_computed(code):
        found.places.add(place)
    for word in words:
        found.raised[word].append(_fact_names(call, name))


def _words(node: ast.expr | None) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(word)):
            yield word
        case ast.IfExp(body=one, orelse=other):
            yield from (*_words(one), *_words(other))


def _is_partly_computed(node: ast.expr | None) -> bool:
    match node:
        case ast.Constant():
            return False
        case ast.IfExp(body=one, orelse=other):
            return _is_partly_computed(one) or _is_partly_computed(other)
    return True


def _fact_names(call: ast.Call, name: str) -> frozenset[str] | None:
    if name in ("Trouble", "NotSent", "NotDelivered"):
        facts = next((k.value for k in call.keywords if k.arg == "facts"), None)
        if facts is None:
            return frozenset()
        if not isinstance(facts, ast.Dict) or None in facts.keys:
            return None
        return frozenset(str(key.value) for key in facts.keys if isinstance(key, ast.Constant))
    if any(k.arg is None for k in call.keywords):
        return None
    return frozenset(str(k.arg) for k in call.keywords)


def _facts(table: ast.Dict, found: Found) -> None:
    """Reasons and tasks that are journalled as plain words."""
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            if key.value == "reason" and value.value:
                found.reasons.add(value.value)
            elif key.value == "task":
                found.tasks.add(value.value)


def words_in(file: str, name: str) -> set[str]:
    """The words of a constant of a module: a Literal, a set, a table's values."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        if named and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            return {
                part.value
                for part in ast.walk(node.value)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            }
    raise AssertionError(f"{file} has no {name}")


def said() -> dict[str, set[str]]:
    """What apps say themselves: section -> codes given to `sentence`, `_say`, `Finding` as plain words."""
    told: dict[str, set[str]] = defaultdict(set)
    for file, tree in trees():
        if not file.startswith("apps/"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                told["words"].add(node.value)
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                _said_by(node, name, told)
    return told


def _said_by(call: ast.Call, name: str, told: dict[str, set[str]]) -> None:
    if name == "sentence" and call.args:
        section = next((k.value for k in call.keywords if k.arg == "section"), None)
        where = section.value if isinstance(section, ast.Constant) else "error"
        told[str(where)] |= set(_words(call.args[0]))
    elif name in ("_say", "say") and call.args:
        told["cli"] |= set(_words(call.args[0]))
    elif name == "_detail" and call.args:
        told["story"] |= set(_words(call.args[0]))
    elif name == "Finding" and len(call.args) > 1:
        told["doctor"] |= set(_words(call.args[1]))
    elif name == "_error" and call.args:
        told["error"] |= set(_words(call.args[0]))


def pack_reasons() -> set[str]:
    """What the shipped packs say about their dialogs."""
    packs = sorted((ROOT / "packs").rglob("pack.toml"))
    tables = [tomllib.loads(pack.read_text("utf-8")) for pack in packs]
    return {
        dialog["reason"] for table in tables for dialog in table.get("dialog", []) if dialog.get("reason")
    }
