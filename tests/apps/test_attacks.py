"""Two faces, a slow gateway, a screen that hangs, a hasty hand: what once got through between door and engine."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.engine.scripted_desk import ASKED, PAID, request, usd
from tests.engine.scripted_desk import Desk as Clinic
from tillbridge.apps.agent.desk import Asked, Desk
from tillbridge.apps.agent.ground import Ground
from tillbridge.apps.agent.pausing import Pause
from tillbridge.apps.agent.rehearsed import RehearsalMemory
from tillbridge.apps.agent.rehearsing import Circumstances, Rehearsals
from tillbridge.apps.agent.restored import Restored
from tillbridge.apps.agent.runner import READERS_MAX, Runner
from tillbridge.apps.agent.runs import Runs
from tillbridge.apps.agent.support import Support
from tillbridge.apps.agent.system import RandomIds, SystemClock
from tillbridge.domain.errors import OperatorError, SetupError, TillbridgeError
from tillbridge.domain.next_command import Send
from tillbridge.domain.outcome import Declined, Pending
from tillbridge.engine.policy import Policy
from tillbridge.ports.gateway import Listed
from tillbridge.ports.practice import InvoiceSeen, Trouble
from tillbridge.wiring import Site, build

SOON = 20.0
DAY_MS = 86_400_000


class House:
    """A desk's agent in this process: the real runner, engine and desk; gateway and program say what a test says."""

    def __init__(self) -> None:
        self.clinic = Clinic()
        self.runner = Runner(self.clinic.engine)
        self.accepted = 0
        self.restored = Restored(self.runner, False, self._accept)
        home = Path(tempfile.mkdtemp())
        never = Circumstances(set_up="", user="", name="", today=lambda: date(2026, 3, 4), by_itself=False)
        self.desk = Desk(
            Ground(
                runner=self.runner,
                currency="USD",
                on_stop=lambda: None,
                restored=self.restored,
                rehearsals=Rehearsals(self.runner, RehearsalMemory(home), never),
                pause=Pause(self.runner, home),
                support=Support(home, Runs(home), home),
                terminal="front-desk-1",
            )
        )
        self.runner.changed = self.desk.changed

    def _accept(self) -> None:
        self.accepted += 1

    def ask(self, name: str, payment_id: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request by its name in the table of routes."""
        return self.desk.answer(name, Asked(named={"payment_id": payment_id}, body=body or {}))

    def pay(self, payment_id: str = "payment-1", **body: Any) -> dict[str, Any]:
        told: dict[str, Any] = self.ask("pay", body={"payment_id": payment_id, **body})["payment"]
        return told

    def until(self, payment_id: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The payment as soon as something holds."""
        seen, payment = 0, {}
        for _ in range(200):
            told = self.desk.looking.show(payment_id, after=seen, wait_ms=200)
            seen, payment = len(told["story"]), dict(told["payment"])
            if true(payment):
                return payment
        raise AssertionError(f"did not happen: {payment}")

    def charged(self) -> int:
        return self.clinic.gateway.calls.count("start")


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    made.runner.start()
    yield made
    made.runner.stop()


def aside(act: Callable[[], Any]) -> Future[Any]:
    """Do it on another thread; the future holds what it gives or raises."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(act())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


# ---- two at once ----------------------------------------------------------------------------------


def test_one_press_that_arrives_twice_is_one_payment_for_both(house: House) -> None:
    """The second reads the screen when the first already holds the whole amount."""
    house.clinic.gateway.started = Pending(kind="terminal")
    reading, go_on, first = threading.Event(), threading.Event(), [True]
    read = house.clinic.practice.read_invoice

    def slowly() -> InvoiceSeen | Trouble:
        if first.pop() if first else False:
            reading.set()
            assert go_on.wait(SOON)
        return read()

    house.clinic.practice.read_invoice = slowly  # type: ignore[method-assign]
    one = aside(house.pay)
    assert reading.wait(SOON)
    two = aside(house.pay)
    go_on.set()
    assert one.result(SOON)["payment_id"] == two.result(SOON)["payment_id"] == "payment-1"
    assert one.result(SOON)["amount"] == two.result(SOON)["amount"]
    house.until("payment-1", lambda payment: payment["money_state"] == "running")
    assert house.charged() == 1


def test_a_balance_read_before_our_payment_went_in_is_not_charged(house: House) -> None:
    """The row appears while the old balance is still on its way to us."""
    stale: list[InvoiceSeen | Trouble] = []
    read = house.clinic.practice.read_invoice

    def late() -> InvoiceSeen | Trouble:
        if not stale:
            stale.append(read())
            house.pay_inside()  # type: ignore[attr-defined]
            return stale[0]
        return read()

    def pay_inside() -> None:
        clinic = house.clinic

        def book(engine: Any) -> None:
            clinic.begin(payment_id="payment-0")
            for _ in range(2):
                due = next(d for d in engine.due() if d.payment_id == "payment-0")
                engine.step("payment-0", due.command)

        house.runner.ask(book)

    house.pay_inside = pay_inside  # type: ignore[attr-defined]
    house.clinic.practice.read_invoice = late  # type: ignore[method-assign]
    with pytest.raises(OperatorError) as refused:
        house.pay()
    assert refused.value.code == "balance_changed"
    assert house.charged() == 1


# ---- what the face showed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        ({"client": "Brown, Kim"}, "other_client"),
        ({"account_id": "1042"}, "other_client"),
        ({"invoice_number": "10483"}, "other_invoice"),
    ],
)
def test_a_late_press_does_not_charge_the_newcomer(house: House, shown: dict[str, str], code: str) -> None:
    with pytest.raises(OperatorError) as refused:
        house.pay(expected_minor=ASKED, **shown)
    assert refused.value.code == code
    assert house.charged() == 0
    assert house.pay(client="Alvarez, Rosa", account_id="01042", invoice_number="10482")["client"]


# ---- another card ---------------------------------------------------------------------------------


def declined(house: House) -> None:
    house.clinic.gateway.started = Declined(category="x", retry="other_card")
    house.pay()
    house.until("payment-1", lambda payment: payment["money_state"] == "declined")
    house.clinic.gateway.started = PAID


def test_another_card_is_bound_by_the_balance_on_the_screen_now(house: House) -> None:
    declined(house)
    house.clinic.practice.balance = usd(11_240)
    with pytest.raises(OperatorError) as refused:
        house.ask("again", "payment-1", {})
    assert refused.value.code == "not_chargeable"
    assert house.charged() == 1


def test_another_card_is_taken_when_the_screen_cannot_be_read(house: House) -> None:
    declined(house)

    def dark() -> Trouble:
        return Trouble(who="operator", code="software_closed")

    house.clinic.practice.read_invoice = dark  # type: ignore[method-assign]
    house.ask("again", "payment-1", {})
    house.until("payment-1", lambda payment: payment["charged"] == "yes")


def test_another_card_waits_for_the_comparison_after_a_restore(house: House) -> None:
    declined(house)
    house.restored.closed = True
    with pytest.raises(OperatorError) as refused:
        house.ask("again", "payment-1", {})
    assert refused.value.code == "restored_first"
    assert house.charged() == 1


def test_another_card_is_refused_while_nothing_can_be_recorded(house: House) -> None:
    declined(house)
    house.runner.fatal = SetupError("engine_failed", why="x")
    with pytest.raises(SetupError, match="engine_failed"):
        house.ask("again", "payment-1", {})
    assert house.charged() == 1


def test_the_comparison_begins_before_the_last_payment_and_not_when_it_was_put_in_doubt(house: House) -> None:
    """The backup is a week old, and something was on the terminal when it was made."""
    since: list[int] = []

    def list_since(at: int) -> list[Listed]:
        since.append(at)
        return []

    house.clinic.gateway.list_since = list_since  # type: ignore[attr-defined]
    house.clinic.gateway.started = Pending(kind="terminal")
    house.clinic.clock.now_ms += 30 * DAY_MS
    made_at = house.clinic.clock.now_ms
    house.pay()
    reference = house.until("payment-1", lambda p: p["money_state"] == "running")["attempts"][0]["reference"]
    house.clinic.clock.now_ms += 7 * DAY_MS

    def doubt(engine: Any) -> None:
        house.clinic.tell_of("payment-1", "restarted", reference)

    house.runner.ask(doubt)
    house.restored.missing()
    assert 0 < since[0] <= made_at - DAY_MS


# ---- slow parts -----------------------------------------------------------------------------------


def test_a_slow_gateway_keeps_nobody_else_waiting(house: House) -> None:
    asked, go_on = threading.Event(), threading.Event()
    tell = house.clinic.gateway.capabilities

    def slowly() -> Any:
        asked.set()
        assert go_on.wait(SOON)
        return tell()

    house.clinic.gateway.capabilities = slowly  # type: ignore[method-assign]
    paying = aside(house.pay)
    assert asked.wait(SOON)
    looking = aside(lambda: house.ask("health"))
    assert looking.result(SOON)["ok"]
    assert not paying.done()
    go_on.set()
    assert paying.result(SOON)["payment_id"] == "payment-1"


def test_what_nobody_waits_for_any_longer_is_never_done(house: House) -> None:
    """The face was told that it failed: nothing may appear on the screen or on the terminal minutes later."""
    hangs, go_on = threading.Event(), threading.Event()
    done: list[str] = []

    def hang(_practice: object) -> bool:
        hangs.set()
        return go_on.wait(SOON)

    first = aside(lambda: house.runner.on_screen(hang))
    assert hangs.wait(SOON)
    with pytest.raises(SetupError) as refused:
        house.runner.on_screen(lambda _practice: done.append("typed"), within_s=0.05)
    assert refused.value.code == "failed"
    go_on.set()
    assert first.result(SOON)
    assert house.runner.on_screen(lambda _practice: "next") == "next"
    assert done == []


def test_a_screen_that_hangs_does_not_keep_typed_amounts_away(house: House) -> None:
    hangs, go_on = threading.Event(), threading.Event()

    def hang(_practice: object) -> bool:
        hangs.set()
        return go_on.wait(SOON)

    waiting = [aside(lambda: house.runner.on_screen(hang)) for _ in range(READERS_MAX)]
    assert hangs.wait(SOON)
    house_is_full = aside(lambda: [house.ask("invoice") for _ in range(READERS_MAX)])
    with pytest.raises(TillbridgeError, match="screen_failed"):
        house_is_full.result(SOON)
    assert house.pay(typed=True, client="Rosa", amount="212.40")["amount"]["minor"] == ASKED
    go_on.set()
    assert all(one.result(SOON) for one in waiting)


# ---- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["stop", "posted", "not_posted", "drop", "give_back"])
def test_a_blank_is_not_a_named_person(house: House, verb: str) -> None:
    house.clinic.gateway.started = replace(PAID, amount=usd(100))
    house.pay()
    with pytest.raises(OperatorError) as refused:
        house.ask(verb, "payment-1", {"person": "  ", "marker": "V-NONE"})
    assert refused.value.code == "person_missing"
    with pytest.raises(OperatorError, match="person_missing"):
        house.restored.settle(" ")
    assert house.accepted == 0


# ---- settings that change between two lives -------------------------------------------------------


def site_at(home: Path, **settings: str) -> Site:
    (home / "secrets.toml").write_text('api_key = "key"', "utf-8")
    (home / "secrets.toml").chmod(0o600)
    return Site(
        home=home, gateway="simulator", gateway_settings=settings, pack="impromed", software_name="ImproMed",
        policy=Policy(payment_method="Card"),
    )  # fmt: skip


def test_no_agent_starts_with_another_gateway_while_the_old_one_has_a_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILLBRIDGE_STATE", str(tmp_path / "state"))
    first = build(site_at(tmp_path, url="http://127.0.0.1:1"), SystemClock(), RandomIds())
    capabilities = Clinic().gateway.capabilities()
    payment = first.engine.begin(request(), capabilities)
    assert first.engine.start("p1", Send(payment.attempts[0].reference)) is not None
    first.close()
    with pytest.raises(SetupError) as refused:
        build(site_at(tmp_path, url="http://127.0.0.1:2"), SystemClock(), RandomIds())
    assert refused.value.code == "gateway_changed"
    again = site_at(tmp_path, url="http://127.0.0.1:1", read_timeout_ms="5000")
    build(again, SystemClock(), RandomIds()).close()
