"""What knobs do to the texts and lists that a skin is given: renamed controls, odd totals, silent lists.

It changes copies that go to a skin; the books know nothing of it.
"""

from __future__ import annotations

import re
from typing import Any

from tillbridge.stand_ins import money_text
from tillbridge.stand_ins.ledger_server.faults import Faults

OURS = "Tillbridge"
_CENTS = re.compile(r"([.,]\d\d)(?!\d)")
Texts = dict[str, Any]


def marred_form(form: Texts, faults: Faults) -> Texts:
    """The payment window with what the knobs do to it."""
    marred = {**form, "drift": drift(faults), "silent": silent(faults)}
    if faults.chosen("rounding", "cent"):
        style = form["money_format"]
        marred["apply_to"] = [_a_cent_less(row, style) for row in form["apply_to"]]
        marred["account_balance_minor"] = form["account_balance_minor"] - 1
    return marred


def _a_cent_less(row: Texts, style: str) -> Texts:
    minor = row["balance_minor"] - 1
    return {**row, "balance_minor": minor, "balance": money_text.write(minor, style)}


def marred_view(view: Texts, faults: Faults) -> Texts:
    """The main window with what the knobs do to it."""
    marred = {**view, "silent": silent(faults)}
    if faults.chosen("rounding", "three"):
        marred["invoices"] = [
            {**row, **{name: _CENTS.sub(r"\g<1>4", row[name]) for name in ("total", "balance")}}
            for row in view["invoices"]
        ]
    return marred


def drift(faults: Faults) -> dict[str, bool]:
    """What an update overnight has changed in the payment window."""
    return {name: faults.strikes(name) for name in ("renamed_ids", "renamed_title", "swapped_order")}


def silent(faults: Faults) -> list[str]:
    """Lists whose cells tell accessibility nothing."""
    chosen = faults.choice("owner_drawn")
    return [] if chosen == "none" else [chosen]
