"""Card and bank account numbers go through a whole desk, and staff type them where they do not belong: is one left
anywhere on the clinic's side?

The client types on the processor's own page, in a real browser on the desk's own display; staff type numbers into the
search box, a payment window and a note, and offer them to the agent where a name or a code is asked for. Then
everything that the agent wrote, all that it holds in memory, and the pictures that it took are read through.

The scan proves itself first: the same scan must find every number of `canary_planted`. The simulator and the
stand-in are not scanned: a processor knows the card, and what staff type into other software stands there.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from playwright.sync_api import Page, sync_playwright

from tillbridge.screen.backend import (
    Act,
    Burst,
    Evidence,
    Found,
    Gone,
    Node,
    NotAnswering,
    Press,
    Role,
    SetText,
    Target,
)
from tillbridge.screen.backends.atspi.driver import connect
from tools.benches.canary_planted import planted
from tools.benches.canary_scan import Scan
from tools.benches.crash_campaign import fresh_folder
from tools.benches.crash_lane import Json, Lane, Undone, open_lane, until

PAGE_CARD = "4242424242424242"
LINK_CARD = "5555555555554444"
BANK = "000123456789"
NUMBERS = {
    "card on the processor's page": PAGE_CARD,
    "card on the link's page": LINK_CARD,
    "bank account on its page": BANK,
    "staff: search box": "4111111111111111",
    "staff: payment window": "4012888888881881",
    "staff: as a client's name": "6011111111111117",
    "staff: as an authorization code": "3530111333300000",
    "staff: as a reason": "378282246310005",
}
"""What is typed where. The first three are the simulator's own test numbers."""
BROWSER = ("--no-sandbox", "--force-device-scale-factor=1", "--window-size=700,600")
OTHERS = 50
"""So many other requests are answered before the memory is read."""
COME_BACK_S = 60.0


@dataclass(slots=True)
class Scene:
    """One desk on which numbers are typed."""

    lane: Lane
    page: Page
    chance: random.Random

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128)))


def run(quick: bool, seed: int) -> dict[str, object]:
    folder = fresh_folder("canary")
    wanted, found = planted(folder / "planted")
    print(f"  the scan finds {found} of {wanted} planted numbers", flush=True)
    with ExitStack() as stack:
        lane = open_lane(0, folder / "desk", seed, stack)
        scene = Scene(lane, _browser(lane, stack), random.Random(seed))
        for act in QUICK if quick else ACTS:
            act(scene)
            print(f"  {act.__name__.strip('_').replace('_', ' ')}", flush=True)
        scan = look(lane)
    for hit in scan.hits:
        print(f"  FOUND: {hit.name} ({hit.form}) in {hit.place}", flush=True)
    return figures(wanted, found, scan)


def figures(wanted: int, found: int, scan: Scan) -> dict[str, object]:
    return {
        "planted": wanted,
        "found_planted": found,
        "hits": len(scan.hits),
        "bytes_scanned": scan.bytes_scanned,
        "places": scan.places,
    }


def look(lane: Lane) -> Scan:
    """The agent's memory first: reading its files must not be what brings something into it."""
    scan = Scan(NUMBERS)
    scan.memory(lane.agent.pid, "the agent's memory")
    scan.folder(lane.agent.home)
    return scan


# ---- what people do -------------------------------------------------------------------------------


def _a_client_types_a_card_on_the_page(scene: Scene) -> None:
    _paid_on_page(scene, {"entry": "keyed_card", "page": True, "amount": "21.01"}, PAGE_CARD)


def _a_client_pays_a_link(scene: Scene) -> None:
    _paid_on_page(scene, {"entry": "link", "amount": "18.04"}, LINK_CARD)


def _a_client_types_a_bank_account(scene: Scene) -> None:
    _an_invoice(scene)
    consent = scene.new_id()
    words = {
        "kind": "TEL",
        "version": "1",
        "text": "I agree that 17.05 is debited from my bank account today.",
    }
    said = {"how": "on the telephone", "given_by": "Rosa Alvarez", "person": "Kim Tran"}
    scene.lane.agent.post("/v1/consents", {"consent_id": consent, **words, **said})
    _paid_on_page(scene, {"entry": "keyed_ach", "amount": "17.05", "consent_id": consent}, BANK)


def _staff_type_a_card_into_the_search_box_and_a_payment_is_looked_for_there(scene: Scene) -> None:
    """The client of a payment that waits is visited, and the search is put back as it was."""
    lane = scene.lane
    _, row = _an_invoice(scene)
    payment_id = _asked(scene, {"entry": "terminal", "amount": "5.00"})
    other = next(
        one["client"] for _, one in sorted(lane.open_invoices().items()) if one["client"] != row["client"]
    )
    lane.ledger("/world", {"act": "show", "client": other, "invoice": ""})
    _typed_into(lane, "txtFind", NUMBERS["staff: search box"])
    _at_rest(scene, payment_id)


def _staff_type_a_card_into_a_payment_window(scene: Scene) -> None:
    """It is read before a charge: is somebody typing the same payment?"""
    lane = scene.lane
    _an_invoice(scene)
    _pressed(lane, "btnPay")
    until(
        "the payment window",
        lambda: _typed_into(lane, "txtReference", NUMBERS["staff: payment window"]),
        20,
        0.2,
    )
    for _ in range(3):
        lane.agent.post("/v1/invoice")
    _pressed(lane, "btnCancel")


def _staff_offer_cards_where_names_and_codes_belong(scene: Scene) -> None:
    """Each is refused. Afterwards the agent goes on with other things."""
    name, code = NUMBERS["staff: as a client's name"], NUMBERS["staff: as an authorization code"]
    paid = scene.lane.agent.get("/v1/payments")["payments"][0]["payment_id"]
    slip = ("--entry", "standalone", "--slip-last4", "4242", "--slip-code", code, "--person", "Kim")
    _refused(scene, "pay", "--typed", "--client", name, "--amount", "3.00")
    _refused(scene, "pay", "--typed", "--client", "Rosa Alvarez", "--amount", "3.00", *slip)
    _refused(scene, "give-back", paid, "--reason", NUMBERS["staff: as a reason"], "--person", "Kim")
    for number in range(OTHERS):
        scene.lane.agent.get("/v1/payments")
        scene.lane.agent.post("/v1/invoice", {"client": "x" * (number * 7 % 900)})


def _support_asks_for_everything(scene: Scene) -> None:
    for payment in scene.lane.agent.get("/v1/payments")["payments"]:
        scene.lane.agent.post(f"/v1/payments/{payment['payment_id']}/support")


QUICK: tuple[Callable[[Scene], None], ...] = (
    _a_client_types_a_card_on_the_page,
    _staff_offer_cards_where_names_and_codes_belong,
)
ACTS = (
    _a_client_types_a_card_on_the_page,
    _a_client_pays_a_link,
    _a_client_types_a_bank_account,
    _staff_type_a_card_into_the_search_box_and_a_payment_is_looked_for_there,
    _staff_type_a_card_into_a_payment_window,
    _staff_offer_cards_where_names_and_codes_belong,
    _support_asks_for_everything,
)


# ---- how they do it -------------------------------------------------------------------------------


def _browser(lane: Lane, stack: ExitStack) -> Page:
    """On the desk's own display, so that a picture of the screen could show it."""
    playwright = stack.enter_context(sync_playwright())
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", headless=False, args=BROWSER, env=dict(lane.screen.env)
    )
    stack.callback(browser.close)
    return browser.new_page()


def _paid_on_page(scene: Scene, wish: Mapping[str, object], number: str) -> None:
    _an_invoice(scene)
    payment_id = _asked(scene, wish)
    address = until("the page's address", lambda: _address(scene, payment_id), 30, 0.1)
    scene.page.goto(address)
    scene.page.locator("input[name=number]").press_sequentially(number, delay=20)
    scene.page.locator("button[type=submit]").click()
    scene.page.wait_for_load_state()
    _at_rest(scene, payment_id)
    scene.page.goto("about:blank")


def _address(scene: Scene, payment_id: str) -> str:
    attempts = scene.lane.agent.get(f"/v1/payments/{payment_id}")["payment"]["attempts"]
    return str(attempts[-1].get("url", "")) if attempts else ""


def _asked(scene: Scene, wish: Mapping[str, object]) -> str:
    payment_id = scene.new_id()
    body = {"payment_id": payment_id, "terminal_id": "front-desk-1", "person": "Kim Tran", **wish}
    scene.lane.agent.post("/v1/payments", body)
    return payment_id


def _at_rest(scene: Scene, payment_id: str) -> None:
    """Posted, or only the bank or a person is waited for. Raises Undone."""

    def rests() -> bool:
        payment = scene.lane.agent.get(f"/v1/payments/{payment_id}")["payment"]
        return bool(payment["posting_state"] == "posted" or "AskPerson" in payment["next"])

    until("the payment at rest", rests, COME_BACK_S, 0.1)


def _an_invoice(scene: Scene) -> tuple[str, Json]:
    """A client with something to pay is in front, and the agent sees it."""
    lane = scene.lane
    invoice, row = next(
        one for one in sorted(lane.open_invoices().items()) if one[1]["balance_minor"] > 8_000
    )
    lane.ledger("/world", {"act": "show", "client": row["client"], "invoice": invoice})
    until("the invoice", lambda: lane.agent.post("/v1/invoice").get("invoice_number") == invoice, 30, 0.1)
    return invoice, row


def _refused(scene: Scene, *words: str) -> None:
    """On the command line. Raises Undone where it was taken, or refused for another reason."""
    command = [sys.executable, "-m", "tillbridge.apps.cli.main", *words]
    told = subprocess.run(command, env=scene.lane.agent.env, capture_output=True, text=True, timeout=120)
    if told.returncode == 0 or "card number" not in told.stdout + told.stderr:
        raise Undone(f"{words[0]}: {told.returncode} {told.stdout[-200:]} {told.stderr[-200:]}")


def _typed_into(lane: Lane, control: str, text: str) -> bool:
    return _done(lane, control, "edit", lambda node: SetText(node, text))


def _pressed(lane: Lane, control: str) -> None:
    until(
        f"{control} pressed",
        lambda: _done(lane, control, "button", lambda node: Press(node, opens=True)),
        20,
        0.2,
    )


def _done(lane: Lane, control: str, role: Role, act: Callable[[Node], Act]) -> bool:
    """By accessibility, as another program would: the control is found in whichever window has it."""
    backend = connect(lane.screen.env)
    try:
        target = Target(control, role, (Evidence("id", control),))
        for program in backend.programs():
            for window in backend.windows(program):
                (found,) = backend.resolve(window.handle, [target])
                if isinstance(found, Found):
                    backend.burst(Burst(time.time_ns(), (act(found.node),)))
                    return True
        return False
    except (Gone, NotAnswering):
        return False
    finally:
        backend.close()
