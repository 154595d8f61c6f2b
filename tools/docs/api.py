"""docs/API.md: what can be asked of the agent, drawn from the table of routes and its sentences."""

from __future__ import annotations

from collections.abc import Iterable

from tillbridge.apps.agent.routes import CARDS, CARING, GIVING, LINKS, LOOKING, PAYING, VERBS, Field, Route
from tillbridge.strings import sentence

TITLE = """# What can be asked of the agent

Drawn by `just docs` from `src/tillbridge/apps/agent/routes.py` and the sentences: do not edit by hand.

The agent answers on loopback only. Its address and token stand in `agent.json` in the home folder, which only its owner
can read. Each request needs the exact `Host`, no foreign `Origin`, and `Authorization: Bearer TOKEN`. Bodies are JSON
objects of at most 64 KiB. Amounts are texts like `212.40`; in answers they are whole numbers of the smallest unit
(`minor`) with their `currency` and a `text` for people.

A refusal is `{"error": {"code": ..., "text": ..., "facts": {...}}}`: 422 where the request was wrong, 404 where
there is no such thing, 503 where something has to be mended first. A number that looks like a card number is refused
wherever it stands, and kept nowhere.

The command line has the same names, with dashes: `tillbridge NAME`. A field with a star must be there; a `person` with
a star is a decision that carries a name.
"""
PARTS = (
    ("Paying", PAYING),
    ("Giving money back", GIVING),
    ("Payment links", LINKS),
    ("Agreements and kept cards", CARDS),
    ("Looking", LOOKING),
    ("Deciding about a payment", VERBS),
    ("Caring for the desk", CARING),
)


def page() -> str:
    parts = [TITLE]
    for title, rows in PARTS:
        parts += [f"## {title}\n", table(rows)]
    fields = {field.name: field for _, rows in PARTS for row in rows for field in row.fields}
    return "\n".join([*parts, "## Fields\n", explained(fields.values())])


def table(rows: Iterable[Route]) -> str:
    lines = ["| name | request | fields | what it does |", "|---|---|---|---|"]
    for row in rows:
        fields = ", ".join(f"`{field.name}`{'*' if field.needed else ''}" for field in row.fields)
        what = sentence(row.name, section="route")
        lines.append(f"| `{row.name}` | `{row.method} {row.path}` | {fields} | {what} |")
    return "\n".join([*lines, ""])


def explained(fields: Iterable[Field]) -> str:
    lines = ["| field | kind | on the command line | what it means |", "|---|---|---|---|"]
    for field in sorted(fields, key=lambda each: each.name):
        what, flag = sentence(field.name, section="field"), f"`{field.flag}`" if field.command else ""
        lines.append(f"| `{field.name}` | {field.kind} | {flag} | {what} |")
    return "\n".join([*lines, ""])
