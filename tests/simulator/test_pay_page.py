"""The page where a client pays, on a telephone: every state has its sentence, nothing is cut off at 320 px."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.test_process import Running
from tests.simulator.test_terminal_page import browser

__all__ = ["browser"]

pytestmark = pytest.mark.browser
READ_AT_MS = 1_795_000_000_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    process = Running(
        Path(tmp_path_factory.mktemp("simulator")), "--clinic", "Pine Street Veterinary Hospital"
    )
    yield process
    process.end()


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 320, "height": 640}, color_scheme=request.param)
    yield page
    page.close()


def link(running: Running, reference: str, **more: Any) -> tuple[str, str]:
    """(address, session) of a new link."""
    body = {
        "reference": reference, "amount": 123_456, "currency": "USD", "entry_kind": "card", "where": "link",
        "payer": "Alvarez-Montgomery, Rosa <b>", "invoice": "10482", "read_at_ms": READ_AT_MS, **more,
    }  # fmt: skip
    session = running.api.post("/v1/entries", json=body).json()["session"]
    return f"{running.ready['url']}{session['path']}", str(session["id"])


def fits(page: Page) -> bool:
    """Nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_link_shows_who_how_much_and_when_the_balance_was_read(running: Running, page: Page) -> None:
    address, _ = link(running, f"TBOPEN{id(page) % 9999}")
    page.goto(address)
    for text in (
        "Pine Street Veterinary Hospital",
        "$1,234.56",
        "Rosa <b>",
        "10482",
        "Balance last read",
        "Nov ",
    ):
        expect(page.locator("form")).to_contain_text(text)
    assert fits(page)


def test_a_paid_link_says_so_and_takes_nothing_again(running: Running, page: Page) -> None:
    reference = f"TBPAID{id(page) % 9999}"
    address, _ = link(running, reference)
    page.goto(address)
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("Declined")
    assert fits(page)
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("Paid. Thank you")
    page.goto(address)
    expect(page.locator("main")).to_contain_text("Visa ending in 4242")
    assert fits(page)
    again = running.api.get(f"/v1/payments/{reference}").json()["payment"]
    assert (again["state"], again["amount"]) == ("approved", 123_456)


@pytest.mark.parametrize(
    ("what", "says"),
    [("expired", "This link has expired"), ("closed", "Closed by the clinic"), ("bank", "On its way")],
)
def test_a_link_that_is_over_says_why(running: Running, page: Page, what: str, says: str) -> None:
    kind = "bank" if what == "bank" else "card"
    address, session = link(
        running, f"TB{what}{id(page) % 9999}", entry_kind=kind, expires_in_ms=60_000, mandate="M7"
    )
    if what == "expired":
        running.admin.post("/admin/clock", json={"advance_ms": 60_000})
    elif what == "closed":
        running.api.delete(f"/v1/entries/{session}")
    page.goto(address)
    if what == "bank":
        expect(page.locator("form")).to_contain_text("you allow Pine Street")
        page.get_by_label("Bank account number").fill("000123456789")
        page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text(says)
    assert page.locator("input").count() == 0
    assert fits(page)


def test_an_unknown_link_is_not_an_error_page(running: Running, page: Page) -> None:
    page.goto(f"{running.ready['url']}/pay/NOSUCHLINK")
    expect(page.get_by_role("status")).to_have_text("This link is not known")
