"""Bad moments on real windows. In the rows of money taken: one charge, and the books have it once in the end."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.apps.bad_input import case
from tests.apps.counter import Shown, command
from tests.apps.desk_fixture import Desk
from tests.stand_ins.qt.eyes import Eyes, Node
from tillbridge.domain.errors import TillbridgeError
from tillbridge.strings import sentence
from tools.demo import parts

NUMBERS = itertools.count(1)
PAY = ("pay", "--terminal", "front-desk-1")


def _desk(request: pytest.FixtureRequest) -> Desk:
    """The desk whose terminals wait for a hand, on the clinic's first scene."""
    desk = request.getfixturevalue("manual")
    assert isinstance(desk, Desk)
    _leave_nothing_running(desk)
    desk.reset()
    desk.knob(ledger_delay_ms="300")
    desk.until("the invoice is on the screen", lambda: "trouble" not in desk.agent.post("/v1/invoice"))
    return desk


def _leave_nothing_running(desk: Desk) -> None:
    """What a row that failed left on the terminal must not spoil the next one."""
    for row in desk.agent.get("/v1/payments")["payments"]:
        if row["money_state"] in ("running", "unknown"):
            desk.press("cancel")
            desk.until("the terminal is free", lambda: _payment(desk, row["payment_id"])["finished"])  # noqa: B023


def _payment(desk: Desk, payment_id: str) -> dict[str, Any]:
    payment: dict[str, Any] = desk.agent.get(f"/v1/payments/{payment_id}")["payment"]
    return payment


# ---- before the card: nothing is charged ----


def _not_begun(row: str, act: Callable[[Desk], Shown]) -> None:
    @case(row, screen=True)
    def play(request: pytest.FixtureRequest) -> Shown:
        desk = _desk(request)
        before = len(desk.captures())
        shown = act(desk)
        assert len(desk.captures()) == before
        assert desk.truth() == []
        return shown


def _above_chargeable(desk: Desk) -> Shown:
    return command(desk.home, *PAY, "--amount", "300.00")


def _while_another_runs(desk: Desk) -> Shown:
    payment_id = _on_the_terminal(desk)
    shown = command(desk.home, "pay", "--terminal", "front-desk-2")
    desk.press("cancel")
    desk.until("it is over", lambda: _payment(desk, payment_id)["finished"])
    return shown


def _amount_moved(desk: Desk) -> Shown:
    body = {"payment_id": f"moved-{next(NUMBERS):04d}", "terminal_id": "front-desk-1", "expected_minor": 5550}
    with pytest.raises(TillbridgeError) as refused:
        desk.agent.post("/v1/payments", body)
    return Shown(sentence(refused.value.code, refused.value.facts), refused.value.code, 1)


def _trouble(desk: Desk) -> str:
    seen = desk.agent.post("/v1/invoice")
    return str(seen["trouble"]["code"]) if "trouble" in seen else ""


def _closed(desk: Desk) -> Shown:
    desk.world("close")
    desk.until("it is closed", lambda: _trouble(desk) == "software_closed")
    shown = command(desk.home, *PAY)
    desk.open_software()
    return shown


def _dialog(desk: Desk) -> Shown:
    desk.world("pop", dialog="unknown")
    desk.until("the question is open", lambda: _titles(desk).count("ImproMed") == 1)
    shown = command(desk.home, "rehearse")
    _answer(desk)
    return shown


def _other_version(desk: Desk) -> Shown:
    """The software was updated overnight: other names for what we know."""
    desk.world("close")
    desk.until("it is closed", lambda: _trouble(desk) == "software_closed")
    profile = parts.ROOT / "src/tillbridge/stand_ins/profiles/v6.toml"
    new = profile.read_text("utf-8").replace('"appButton"', '"startOrb"').replace('"I"', '"Start"')
    updated = desk.folder / "v7.toml"
    updated.write_text(new, "utf-8")
    desk.open_software(str(updated.with_suffix("")))
    desk.until("it is not known", lambda: _trouble(desk) == "unknown_version")
    shown = command(desk.home, *PAY)
    desk.world("close")
    desk.until("it is closed", lambda: _trouble(desk) == "software_closed")
    desk.open_software()
    return shown


def _window_changed(desk: Desk) -> Shown:
    """Another home, where the window was not tried today: its first charge is refused before the card is asked for."""
    desk.knob(method_hides_reference="1")
    shown = _elsewhere(desk, '"never"', '"auto"', *PAY)
    desk.knob(method_hides_reference="0")
    return shown


def _being_entered(desk: Desk) -> Shown:
    _open_window(desk)
    shown = command(desk.home, *PAY)
    _close_window(desk)
    return shown


def _misspelt(desk: Desk, right: str, wrong: str) -> Shown:
    return _elsewhere(desk, right, wrong, "rehearse")


def _elsewhere(desk: Desk, right: str, wrong: str, *arguments: str) -> Shown:
    """Another home with one other setting, and a command in it."""
    home = desk.folder / f"home-{next(NUMBERS)}"
    home.mkdir()
    for name in ("site.toml", "secrets.toml"):
        text = (desk.home / name).read_text("utf-8").replace(right, wrong)
        (home / name).write_text(text, "utf-8")
        (home / name).chmod(0o600)
    words = [sys.executable, "-m", "tillbridge.apps.cli.main", "--home", str(home), *arguments]
    env = {**desk.screen.env, "COLUMNS": "300"}
    ran = subprocess.run(
        words, env=env, cwd=parts.ROOT, capture_output=True, text=True, timeout=90, check=False
    )
    text = " ".join(f"{ran.stdout} {ran.stderr}".split())
    return Shown(text, text.rpartition("[")[2].rstrip("]"), ran.returncode)


_not_begun("amount-above-owed", _above_chargeable)
_not_begun("amount-taken-elsewhere", _while_another_runs)
_not_begun("amount-moved", _amount_moved)
_not_begun("software-closed", _closed)
_not_begun("question-open", _dialog)
_not_begun("version-new", _other_version)
_not_begun("window-changed", _window_changed)
_not_begun("being-entered", _being_entered)
_not_begun("method-misspelt", lambda desk: _misspelt(desk, '"Tillbridge"', '"Tilbridge"'))
_not_begun("employee-misspelt", lambda desk: _misspelt(desk, "Dana Brooks", "Dana Broks"))


# ---- the card is taken: it goes into the books when the trouble is over ----


def _on_the_terminal(desk: Desk) -> str:
    payment_id = f"on-the-terminal-{next(NUMBERS):04d}"
    desk.agent.post("/v1/payments", {"payment_id": payment_id, "terminal_id": "front-desk-1"})
    desk.until("it is on the terminal", lambda: _payment(desk, payment_id)["money_state"] == "running")
    return payment_id


def _taken(row: str, trouble: Callable[[Desk], None], end: Callable[[Desk, str], None]) -> None:
    """The trouble comes while the client taps; `end` takes it away, with the step that the row names."""

    @case(row, screen=True)
    def play(request: pytest.FixtureRequest) -> Shown:
        desk = _desk(request)
        before = len(desk.captures())
        payment_id = _on_the_terminal(desk)
        trouble(desk)
        desk.press("tap")
        desk.until("it waits", lambda: _waits(desk, payment_id))
        shown = command(desk.home, "show", payment_id)
        payment = _payment(desk, payment_id)
        assert payment["charged"] == "yes"
        end(desk, payment_id)
        desk.until("it is in the books", lambda: _payment(desk, payment_id)["finished"])
        assert len(desk.captures()) == before + 1, "charged exactly once"
        assert [act["amount_minor"] for act in desk.truth()] == [21240], "in the books exactly once"
        return Shown(shown.text, payment["postings"][-1]["reason"], 1)


def _waits(desk: Desk, payment_id: str) -> bool:
    postings = _payment(desk, payment_id)["postings"]
    return bool(postings) and postings[-1]["state"] == "waiting" and bool(postings[-1]["reason"])


def _by_itself(act: Callable[[Desk], None]) -> Callable[[Desk, str], None]:
    return lambda desk, _payment_id: act(desk)


def _then_resume(act: Callable[[Desk], None]) -> Callable[[Desk, str], None]:
    def end(desk: Desk, payment_id: str) -> None:
        act(desk)
        assert "Client can go." in command(desk.home, "resume", payment_id).text

    return end


def _close(desk: Desk) -> None:
    desk.world("close")
    desk.until("it is closed", lambda: _trouble(desk) == "software_closed")


def _minimise(desk: Desk) -> None:
    desk.world("minimise")
    desk.until("it is minimised", lambda: _trouble(desk) == "software_minimised")


def _next_client(desk: Desk) -> None:
    desk.world("show", client="10077")
    desk.until("the next client is open", lambda: any("10077" in title for title in _titles(desk)))


def _pop(desk: Desk) -> None:
    desk.world("pop", dialog="unknown")
    desk.until("the question is open", lambda: "ImproMed" in _titles(desk))


def _open_window(desk: Desk) -> None:
    """A person begins to enter something: another amount stands in the window."""
    with _eyes(desk) as eyes:
        main = next(w for w in eyes.windows() if eyes.name(w).startswith("ImproMed - "))
        eyes.press(eyes.find(main, "btnPay"))
        desk.until("it is open", lambda: any(title.startswith("Process") for title in eyes.titles()))
        window = next(w for w in eyes.windows() if eyes.name(w).startswith("Process"))
        eyes.write(eyes.find(window, "txtAmount"), "50.00")


def _close_window(desk: Desk) -> None:
    with _eyes(desk) as eyes:
        window = next(w for w in eyes.windows() if eyes.name(w).startswith("Process"))
        eyes.press(_button(eyes, window, "Cancel"))


def _answer(desk: Desk) -> None:
    with _eyes(desk) as eyes:
        dialog = next(w for w in eyes.windows() if eyes.name(w) == "ImproMed")
        eyes.press(_button(eyes, dialog, ""))
        desk.until("it is answered", lambda: "ImproMed" not in eyes.titles())


def _button(eyes: Eyes, window: Node, name: str) -> Node:
    """The button of that name; the first one where no name is given."""
    roles = ("push button", "button")
    return next(n for n in eyes.all(window) if eyes.role(n) in roles and name in eyes.name(n))


def _titles(desk: Desk) -> list[str]:
    with _eyes(desk) as eyes:
        return eyes.titles()


def _eyes(desk: Desk) -> closing[Eyes]:
    assert desk.screen.virtual is not None
    return closing(Eyes(desk.screen.virtual))


_taken("paid-then-closed", _close, _by_itself(lambda desk: desk.open_software()))
_taken("paid-then-minimised", _minimise, _by_itself(lambda desk: desk.world("restore")))
_taken("paid-then-question", _pop, _by_itself(_answer))
_taken("paid-then-window", _open_window, _by_itself(_close_window))
_taken(
    "paid-field-hidden",
    lambda desk: desk.knob(method_hides_reference="1"),
    _then_resume(lambda desk: desk.knob(method_hides_reference="0")),
)
_taken(
    "paid-method-missing",
    lambda desk: desk.knob(method_missing="1"),
    _then_resume(lambda desk: desk.knob(method_missing="0")),
)


@case("paid-other-invoice", screen=True)
def paid_other_invoice(request: pytest.FixtureRequest) -> Shown:
    """Another invoice of the same client is picked during the tap: no trouble at all, ours is found by its number."""
    desk = _desk(request)
    before = len(desk.captures())
    payment_id = _on_the_terminal(desk)
    desk.world("show", client="01042", invoice="10467")
    desk.press("tap")
    desk.until("it is in the books", lambda: _payment(desk, payment_id)["finished"])
    assert len(desk.captures()) == before + 1
    assert [(act["invoice"], act["amount_minor"]) for act in desk.truth()] == [("10482", 21240)]
    return Shown(command(desk.home, "show", payment_id).text, "", 1)


@case("paid-then-next-client", screen=True)
def paid_then_next_client(request: pytest.FixtureRequest) -> Shown:
    """The next client is opened during the tap: no trouble at all. It goes in, and the next client is open again."""
    desk = _desk(request)
    before = len(desk.captures())
    payment_id = _on_the_terminal(desk)
    _next_client(desk)
    desk.press("tap")
    desk.until("it is in the books", lambda: _payment(desk, payment_id)["finished"])
    desk.until("the next client is open again", lambda: any("10077" in title for title in _titles(desk)))
    assert len(desk.captures()) == before + 1
    assert [(act["invoice"], act["amount_minor"]) for act in desk.truth()] == [("10482", 21240)]
    return Shown(command(desk.home, "show", payment_id).text, "", 1)


@case("paid-balance-changed", screen=True)
def paid_balance_changed(request: pytest.FixtureRequest) -> Shown:
    """A colleague takes cash for the same invoice during the tap: too much is never entered, a person decides."""
    desk = _desk(request)
    before = len(desk.captures())
    payment_id = _on_the_terminal(desk)
    desk.world("cash", invoice="10482", amount_minor=5000)
    desk.press("tap")
    payment = desk.rested(payment_id)
    shown = command(desk.home, "show", payment_id)
    assert "--do keep-rest (or give-rest-back, posted, drop)" in shown.text
    assert payment["posting_state"] == "needs_attention"
    assert len(desk.captures()) == before + 1
    assert [act["amount_minor"] for act in desk.truth()] == [5000], "only the cash"
    command(desk.home, "resume", payment_id, "--do", "drop", "--person", "Dana")
    assert _payment(desk, payment_id)["finished"]
    return Shown(shown.text, payment["postings"][-1]["reason"], 1)


@case("paid-typed", screen=True)
def paid_typed(request: pytest.FixtureRequest) -> Shown:
    """A typed amount without an account: taken, and entered by a person who says so."""
    desk = _desk(request)
    before, payment_id = len(desk.captures()), f"typed-payment-{next(NUMBERS):04d}"
    body = {"typed": True, "client": "Alvarez", "amount": "12.00", "terminal_id": "front-desk-1"}
    desk.agent.post("/v1/payments", {"payment_id": payment_id, **body})
    desk.until("it is on the terminal", lambda: _payment(desk, payment_id)["money_state"] == "running")
    desk.press("tap")
    desk.until("it waits", lambda: _waits(desk, payment_id))
    shown = command(desk.home, "show", payment_id)
    assert len(desk.captures()) == before + 1
    assert desk.truth() == [], "nothing was typed"
    command(desk.home, "resume", payment_id, "--do", "posted", "--person", "Dana")
    assert _payment(desk, payment_id)["finished"]
    return Shown(shown.text, "enter_yourself", 1)
