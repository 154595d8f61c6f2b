"""A request's options and body, both from the table of routes: the command line has no names of its own."""

from __future__ import annotations

import argparse
from typing import Any

from tillbridge.apps.agent.routes import Field, Route
from tillbridge.strings import sentence


def add_options(parser: argparse.ArgumentParser, route: Route) -> None:
    """The payment's number where the request is about one, then an option for each field."""
    if route.of_payment:
        parser.add_argument("payment_id", metavar="ID", help=sentence("show_id", section="cli"))
    for field in route.fields:
        if field.command:
            add_option(parser, field)


def add_option(parser: argparse.ArgumentParser, field: Field) -> None:
    told = sentence(field.name, section="field")
    if field.kind == "flag":
        parser.add_argument(field.flag, dest=field.name, action="store_true", help=told)
    elif field.kind == "number":
        parser.add_argument(field.flag, dest=field.name, type=int, default=None, help=told)
    elif field.kind == "shares":
        parser.add_argument(field.flag, dest=field.name, nargs="+", type=_share, default=None, help=told)
    else:
        parser.add_argument(field.flag, dest=field.name, default=None, help=told)


def _share(word: str) -> dict[str, str]:
    """`10482=21.00`, or `10482` for all of it."""
    number, _, amount = word.partition("=")
    return {"invoice_number": number, **({"amount": amount} if amount else {})}


def body_of(route: Route, options: argparse.Namespace) -> dict[str, Any]:
    """What was said, and nothing else: what is left out is left out of the request, too."""
    said = {field.name: getattr(options, field.name, None) for field in route.fields}
    return {name: value for name, value in said.items() if value is not None and value is not False}
