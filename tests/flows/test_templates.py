"""Titles and dialog texts match whole or not at all, and their holes are typed."""

from __future__ import annotations

from datetime import date

import pytest

from tillbridge.flows.formats import DateFormat, Formats, MoneyFormat
from tillbridge.flows.templates import Template, parse_template

FORMS = Formats(
    MoneyFormat("USD", grouping=",", symbol="$", signs=("-1", "(1)", "1 CR")),
    DateFormat(("MM/DD/YYYY",), "MM/DD/YYYY", ("MM/DD",)),
)


def template(source: str) -> Template:
    made = parse_template(source)
    assert isinstance(made, Template)
    return made


def test_a_title_gives_its_holes_with_leading_zeros() -> None:
    title = template("Process Payment - {account_id:code} {client_name:text}")
    assert title.match("Process Payment - 01042 Alvarez, Rosa", FORMS) == {
        "account_id": "01042",
        "client_name": "Alvarez, Rosa",
    }


@pytest.mark.parametrize(
    "text",
    [
        "Process Payment - 01042",
        "Process Payment -  ",
        "x Process Payment - 01042 Alvarez",
        "Process payment - 01042 Alvarez",
        "ImproMed - 01042 Alvarez, Rosa",
    ],
)
def test_a_title_that_only_looks_alike_does_not_match(text: str) -> None:
    assert template("Process Payment - {account_id:code} {client_name:text}").match(text, FORMS) is None


@pytest.mark.parametrize("amount", ["$25.00", "25.00", "$1,234.56", "(25.00)", "25.00 CR", "-$25.00"])
def test_a_money_hole_takes_every_form_of_the_pack(amount: str) -> None:
    said = template("Client has a credit balance of {sum:money}. Apply it?")
    values = said.match(f"Client has a credit balance of {amount}. Apply it?", FORMS)
    assert values == {"sum": FORMS.money.read(amount)}


@pytest.mark.parametrize("amount", ["25", "$2,5.00", "", "many", "25.00. Or 26.00"])
def test_a_money_hole_takes_nothing_else(amount: str) -> None:
    said = template("Client has a credit balance of {money}. Apply it?")
    assert said.match(f"Client has a credit balance of {amount}. Apply it?", FORMS) is None


def test_a_date_hole_takes_short_days_where_nobody_needs_the_value() -> None:
    said = template("The period ending {date} has been closed.")
    assert said.match("The period ending 06/30 has been closed.", FORMS) == {}
    assert said.match("The period ending soon has been closed.", FORMS) is None
    named = template("The period ending {day:date} has been closed.")
    assert named.match("The period ending 06/30/2026 has been closed.", FORMS) == {"day": date(2026, 6, 30)}
    assert named.match("The period ending 06/30 has been closed.", FORMS) is None


def test_runs_of_blanks_and_line_ends_count_as_one_blank() -> None:
    said = template("This client is in use by workstation {code} ({text}).")
    assert said.match("This client is in use\n by workstation  FRONT2 (Kim Tran).", FORMS) == {}


def test_signs_of_patterns_are_plain_text() -> None:
    assert template("Wait... (1+1)").match("Wait... (1+1)", FORMS) == {}
    assert template("Wait...").match("Waitabc", FORMS) is None


@pytest.mark.parametrize(
    ("source", "fault"),
    [("{amount:cash}", "no kind"), ("{money}{text}", "touch"), ("{Money}", "brace"), ("a } b", "brace")],
)
def test_a_template_that_cannot_be_matched_says_why(source: str, fault: str) -> None:
    made = parse_template(source)
    assert isinstance(made, str)
    assert fault in made
