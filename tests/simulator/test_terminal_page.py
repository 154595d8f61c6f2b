"""A payment tapped through by hand on the page of a terminal, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.simulator.test_process import Running

pytestmark = pytest.mark.browser
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    process = Running(Path(tmp_path_factory.mktemp("simulator")), "--processing-ms", "300")
    yield process
    process.end()


@pytest.fixture
def running(process: Running) -> Running:
    """The same process for all tests here, its terminals idle again."""
    for button in ("plug", "remove"):
        process.admin.post("/admin/press", json={"terminal": "front-desk-1", "button": button})
    process.admin.post("/admin/clock", json={"advance_ms": 600_000})
    return process


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{running.ready['url']}/terminal/front-desk-1")
    yield page
    page.close()
    assert problems == []


def state(running: Running, reference: str) -> object:
    return running.api.get(f"/v1/payments/{reference}").json()["payment"]["state"]


def start(running: Running, reference: str, amount: int, kind: str = "sale") -> None:
    body = {"reference": reference, "amount": amount, "currency": "USD", "kind": kind,
            "show": ["Pine Street Vet", "A"]}  # fmt: skip
    assert running.api.post("/v1/terminals/front-desk-1/start", json=body).status_code == 200


def test_a_person_taps_a_real_payment_through(page: Page, running: Running) -> None:
    screen = page.get_by_test_id("screen")
    expect(screen).to_contain_text("Welcome")
    start(running, "TBTAP01", 21240)
    for text in ("$212.40", "Pine Street Vet", "for A", "Tap or insert card"):
        expect(screen).to_contain_text(text)
    page.get_by_role("button", name="Tap card").click()
    expect(screen).to_contain_text("Approved")
    assert state(running, "TBTAP01") == "approved"
    books = [json.loads(line) for line in Path(str(running.ready["books"])).read_text().splitlines()]
    captures = [
        line["amount"] for line in books if line["kind"] == "capture" and line["reference"] == "TBTAP01"
    ]
    assert captures == [21240]
    expect(screen).to_contain_text("Welcome", timeout=10_000)


def test_an_inserted_card_must_be_taken_out(page: Page, running: Running) -> None:
    screen = page.get_by_test_id("screen")
    start(running, "TBCHIP01", 9620)
    page.get_by_role("button", name="Insert card").click()
    expect(screen).to_contain_text("Remove card")
    page.get_by_role("button", name="Take card out").click()
    expect(screen).to_contain_text("Welcome", timeout=10_000)
    assert state(running, "TBCHIP01") == "approved"


def test_the_red_key_cancels(page: Page, running: Running) -> None:
    start(running, "TBRED01", 1000)
    expect(page.get_by_test_id("screen")).to_contain_text("$10.00")
    page.get_by_role("button", name="Red key: cancel").click()
    expect(page.get_by_test_id("screen")).to_contain_text("Cancelled")
    assert state(running, "TBRED01") == "cancelled"


def test_a_card_declines_for_the_chosen_reason(page: Page, running: Running) -> None:
    start(running, "TBDECL01", 1000)
    page.get_by_label("The bank's reason").select_option("expired_card")
    page.get_by_role("button", name="Card that declines").click()
    expect(page.get_by_test_id("screen")).to_contain_text("Expired card")
    assert state(running, "TBDECL01") == "declined"


def test_a_card_with_half_the_money_pays_half(page: Page, running: Running) -> None:
    start(running, "TBHALF01", 10_000)
    page.get_by_role("button", name="Card with half the money").click()
    expect(page.get_by_test_id("screen")).to_contain_text("Part approved")
    expect(page.get_by_test_id("screen")).to_contain_text("$50.00")


def test_a_card_number_is_keyed_on_the_keypad(page: Page, running: Running) -> None:
    start(running, "TBKEY01", 5000, "keyed")
    expect(page.get_by_test_id("screen")).to_contain_text("Key card number")
    for digit in "4242424242424242":
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Green key: enter").click()
    expect(page.get_by_test_id("screen")).to_contain_text("Approved")
    assert "424242424242" not in Path(str(running.ready["books"])).read_text()


def test_a_pulled_cable_is_seen_and_mended(page: Page, running: Running) -> None:
    page.get_by_role("button", name="Pull the cable").click()
    expect(page.get_by_test_id("screen")).to_contain_text("No connection")
    assert running.api.get("/v1/terminals").json()["terminals"][0]["state"] == "offline"
    page.get_by_role("button", name="Plug the cable in").click()
    expect(page.get_by_test_id("screen")).to_contain_text("Welcome")


@pytest.mark.parametrize("path", ["/", "/terminal/front-desk-1"])
def test_a_page_fits_on_a_narrow_screen(page: Page, running: Running, path: str) -> None:
    running.take(f"TBWIDE{len(path)}")
    page.goto(f"{running.ready['url']}{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_entry_page_takes_a_test_card_once(page: Page, running: Running) -> None:
    body = {"reference": "TBENTRY1", "amount": 5000, "currency": "USD", "entry_kind": "card", "where": "page"}
    session = running.api.post("/v1/entries", json=body).json()["session"]
    page.goto(f"{running.ready['url']}{session['path']}")
    page.get_by_label("Card number").fill("4111 1111 1111 1111")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert")).to_contain_text("test numbers only")
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay").click()
    expect(page.locator("body")).to_contain_text("Paid. Thank you")
    assert state(running, "TBENTRY1") == "approved"


def test_a_tip_is_asked_first_and_told_with_the_amount(page: Page, running: Running) -> None:
    body = {"reference": "TBTIP", "amount": 10_000, "currency": "USD", "ask_tip": True}
    running.api.post("/v1/terminals/front-desk-1/start", json=body)
    expect(page.get_by_test_id("screen")).to_contain_text("Add a tip?")
    page.get_by_role("button", name="18%").click()
    expect(page.get_by_test_id("screen")).to_contain_text("with $18.00 tip")
    page.get_by_role("button", name="Tap card").click()
    expect(page.get_by_test_id("screen")).to_contain_text("Approved")
    payment = running.api.get("/v1/payments/TBTIP").json()["payment"]
    assert (payment["amount"], payment["tip"]) == (11_800, 1800)
